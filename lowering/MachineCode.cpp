//===- MachineCode.cpp - what both targets ask of LLVM's back ends ---===//

#include "lowering/MachineCode.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"

using namespace mlir;
using namespace attn;

std::unique_ptr<llvm::TargetMachine> attn::makeTargetMachine(StringRef triple, StringRef cpu, StringRef features,
                                                             std::optional<llvm::Reloc::Model> relocation,
                                                             Location location) {
  std::string message;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), message);
  if (!backend) {
    emitError(location) << "no code generator for " << triple << ": " << message;
    return nullptr;
  }
  return std::unique_ptr<llvm::TargetMachine>(
      backend->createTargetMachine(llvm::Triple(triple), cpu, features, llvm::TargetOptions(), relocation, std::nullopt,
                                   llvm::CodeGenOptLevel::Aggressive));
}

std::unique_ptr<llvm::Module> attn::translateFor(const llvm::TargetMachine &machine, ModuleOp functions, StringRef name,
                                                 llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(functions, context, name);
  if (!module) {
    functions.emitError("cannot translate the kernels to LLVM IR");
    return nullptr;
  }
  module->setDataLayout(machine.createDataLayout());
  module->setTargetTriple(machine.getTargetTriple());
  return module;
}

void attn::optimize(llvm::Module &module, llvm::TargetMachine &machine, const llvm::PipelineTuningOptions &tuning,
                    llvm::OptimizationLevel level) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(level).run(module, modules);
}

LogicalResult attn::generateCode(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                                 llvm::raw_pwrite_stream &stream, Location location) {
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return emitError(location) << "the code generator for " << machine.getTargetTriple().str()
                               << " cannot write this kind of file";
  passes.run(module);
  return success();
}

FailureOr<std::string> attn::generateText(llvm::Module &module, llvm::TargetMachine &machine, Location location) {
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  if (failed(generateCode(module, machine, llvm::CodeGenFileType::AssemblyFile, stream, location)))
    return failure();
  return std::string(text.begin(), text.end());
}
