//===- Ptx.cpp - entries become PTX, in this process ---===//

#include "lowering/nvptx/Ptx.h"

#include "lowering/MachineCode.h"
#include "lowering/nvptx/Architecture.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace attn;

static constexpr const char *triple = "nvptx64-nvidia-cuda";

static std::unique_ptr<llvm::TargetMachine> makeMachine(const Target &target, Location location) {
  static const bool registered = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  (void)registered;
  return makeTargetMachine(triple, target.architecture, Architecture::find(target.architecture)->features, std::nullopt,
                           location);
}

/// Products and waits are executed by whole warps together, which inline assembly does not say of itself: without it
/// they could be moved under a branch. MLIR cannot say it.
static void markConvergent(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction); call && call->isInlineAsm())
        call->setConvergent();
}

std::unique_ptr<llvm::Module> attn::translateForNvptx(ModuleOp functions, const Target &target,
                                                      llvm::LLVMContext &context) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, functions.getLoc());
  if (!machine)
    return nullptr;
  std::unique_ptr<llvm::Module> module = translateFor(*machine, functions, target.architecture, context);
  if (!module)
    return nullptr;
  // Tiles are unrolled already; what is a loop is meant to stay one.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  markConvergent(*module);
  optimize(*module, *machine, tuning, llvm::OptimizationLevel::O2);
  return module;
}

FailureOr<std::string> attn::emitPtx(llvm::Module &module, const Target &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, location);
  return machine ? generateText(module, *machine, location) : FailureOr<std::string>(failure());
}
