//===- Ptx.cpp - entries become PTX, in this process ---===//

#include "lowering/nvptx/Ptx.h"

#include "lowering/nvptx/Architecture.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace attn;

static constexpr const char *triple = "nvptx64-nvidia-cuda";

static std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target, Location location) {
  static const bool registered = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  (void)registered;
  std::string message;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), message);
  if (!backend) {
    emitError(location) << "no code generator for " << triple << ": " << message;
    return nullptr;
  }
  return std::unique_ptr<llvm::TargetMachine>(backend->createTargetMachine(
      llvm::Triple(triple), target.architecture, Architecture::find(target.architecture)->features,
      llvm::TargetOptions(), std::nullopt, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

/// Products and waits are executed by whole warps together, which inline assembly does not say of itself: without it
/// they could be moved under a branch. MLIR cannot say it.
static void markConvergent(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction); call && call->isInlineAsm())
        call->setConvergent();
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  // Tiles are unrolled already; what is a loop is meant to stay one.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

std::unique_ptr<llvm::Module> attn::translateForNvptx(ModuleOp functions, const Target &target,
                                                      llvm::LLVMContext &context) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target, functions.getLoc());
  if (!machine)
    return nullptr;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(functions, context, target.architecture);
  if (!module) {
    functions.emitError("cannot translate the kernels to LLVM IR");
    return nullptr;
  }
  module->setDataLayout(machine->createDataLayout());
  module->setTargetTriple(llvm::Triple(triple));
  markConvergent(*module);
  optimize(*module, *machine);
  return module;
}

FailureOr<std::string> attn::emitPtx(llvm::Module &module, const Target &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target, location);
  if (!machine)
    return failure();
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile)) {
    emitError(location) << "the code generator cannot write PTX";
    return failure();
  }
  passes.run(module);
  return std::string(text.begin(), text.end());
}
