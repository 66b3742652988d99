//===- Object.cpp - functions become machine code, in this process ---===//
//
// LLVM's -O1, its code generator and lld, all linked in. Kernels choose lanes, accumulators and unrolling themselves:
// -O3 gave the same speed in attention and linear layers and took twice the time. The object needs no library:
// functions are `no-builtins`, so that no loop becomes a call of memset, and the link refuses undefined symbols.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Object.h"

#include "lowering/MachineCode.h"
#include "lowering/cpu/Baseline.h"
#include "passes/Target.h"

#include "lld/Common/Driver.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

LLD_HAS_DRIVER(elf)

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// LLVM
//===----------------------------------------------------------------------===//

static std::unique_ptr<llvm::TargetMachine> makeMachine(const Target &target, Location location) {
  static const bool registered = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)registered;
  return makeTargetMachine(Target::triple, Target::llvmCpu, target.llvmFeatures(), llvm::Reloc::PIC_, location);
}

std::unique_ptr<llvm::Module> attn::translateForCpu(ModuleOp functions, const Target &target,
                                                    llvm::LLVMContext &context) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, functions.getLoc());
  if (!machine)
    return nullptr;
  std::unique_ptr<llvm::Module> module = translateFor(*machine, functions, "cpu", context);
  if (!module)
    return nullptr;
  expandMissingInstructions(*module, target);
  std::string features = target.llvmFeatures();
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", Target::llvmCpu);
    function.addFnAttr("target-features", features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBits));
    function.addFnAttr("no-builtins");
  }
  // What the kernels contain is vectorised by hand: unrolling and vectorising again would only grow it.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  optimize(*module, *machine, tuning, llvm::OptimizationLevel::O1);
  return module;
}

FailureOr<std::string> attn::emitAssembly(llvm::Module &module, const Target &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, location);
  return machine ? generateText(module, *machine, location) : FailureOr<std::string>(failure());
}

//===----------------------------------------------------------------------===//
// Linking
//===----------------------------------------------------------------------===//

FailureOr<llvm::SmallVector<char, 0>> attn::emitSharedObject(llvm::Module &module, const Target &target,
                                                             Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(target, location);
  if (!machine)
    return failure();

  // lld works on files.
  llvm::SmallString<128> objectPath, sharedPath;
  std::error_code code = llvm::sys::fs::createTemporaryFile("attn", "o", objectPath);
  if (!code)
    code = llvm::sys::fs::createTemporaryFile("attn", "so", sharedPath);
  if (code)
    return emitError(location) << "cannot create a temporary file: " << code.message()
                               << "; set TMPDIR to a folder with space";
  llvm::FileRemover removeObject(objectPath), removeShared(sharedPath);

  {
    llvm::raw_fd_ostream object(objectPath, code);
    if (code || failed(generateCode(module, *machine, llvm::CodeGenFileType::ObjectFile, object, location)))
      return emitError(location) << "cannot write " << objectPath << ": " << code.message();
    object.flush();
    if (object.has_error()) {
      code = object.error();
      object.clear_error();
      return emitError(location) << "cannot write " << objectPath << ": " << code.message();
    }
  }

  std::string output, errors;
  llvm::raw_string_ostream outputStream(output), errorStream(errors);
  const char *arguments[] = {"ld.lld",
                             "-shared",
                             "-z",
                             "defs",
                             "-z",
                             "noexecstack",
                             "--gc-sections",
                             "--build-id=none",
                             "--threads=1",
                             objectPath.c_str(),
                             "-o",
                             sharedPath.c_str()};
  lld::Result linked = lld::lldMain(arguments, outputStream, errorStream, {{lld::Gnu, &lld::elf::link}});
  if (linked.retCode != 0)
    return emitError(location) << "cannot link the kernels: " << errorStream.str();

  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> shared = llvm::MemoryBuffer::getFile(sharedPath);
  if (!shared)
    return emitError(location) << "cannot read " << sharedPath << ": " << shared.getError().message();
  llvm::StringRef bytes = (*shared)->getBuffer();
  return llvm::SmallVector<char, 0>(bytes.begin(), bytes.end());
}
