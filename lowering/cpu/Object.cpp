//===- Object.cpp - functions become machine code, in this process ---===//
//
// LLVM's -O1, its code generator and lld, all linked in. Kernels choose lanes, accumulators and unrolling themselves:
// -O3 gave the same speed in attention and linear layers and took twice the time. The object needs no library: functions are `no-builtins`, so
// that no loop becomes a call of memset, and the link refuses undefined symbols.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Object.h"

#include "passes/Target.h"

#include "lld/Common/Driver.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

LLD_HAS_DRIVER(elf)

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// LLVM
//===----------------------------------------------------------------------===//

static std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const Target &target, Location location) {
  static const bool registered = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)registered;
  std::string message;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(llvm::Triple(Target::triple), message);
  if (!backend) {
    emitError(location) << "no code generator for " << Target::triple << ": " << message;
    return nullptr;
  }
  return std::unique_ptr<llvm::TargetMachine>(backend->createTargetMachine(
      llvm::Triple(Target::triple), Target::llvmCpu, target.llvmFeatures(), llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  // What the kernels contain is vectorised by hand: unrolling and vectorising again would only grow it.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O1).run(module, modules);
}

std::unique_ptr<llvm::Module> attn::translateForCpu(ModuleOp functions, const Target &target,
                                                    llvm::LLVMContext &context) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target, functions.getLoc());
  if (!machine)
    return nullptr;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(functions, context, "cpu");
  if (!module) {
    functions.emitError("cannot translate the kernels to LLVM IR");
    return nullptr;
  }
  module->setDataLayout(machine->createDataLayout());
  module->setTargetTriple(llvm::Triple(Target::triple));
  std::string features = target.llvmFeatures();
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", Target::llvmCpu);
    function.addFnAttr("target-features", features);
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorBits));
    function.addFnAttr("no-builtins");
  }
  optimize(*module, *machine);
  return module;
}

static LogicalResult generate(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                              llvm::raw_pwrite_stream &stream, Location location) {
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return emitError(location, "the code generator cannot write this kind of file");
  passes.run(module);
  return success();
}

FailureOr<std::string> attn::emitAssembly(llvm::Module &module, const Target &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target, location);
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  if (!machine || failed(generate(module, *machine, llvm::CodeGenFileType::AssemblyFile, stream, location)))
    return failure();
  return std::string(text.begin(), text.end());
}

//===----------------------------------------------------------------------===//
// Linking
//===----------------------------------------------------------------------===//

FailureOr<llvm::SmallVector<char, 0>> attn::emitSharedObject(llvm::Module &module, const Target &target,
                                                             Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target, location);
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
    if (code || failed(generate(module, *machine, llvm::CodeGenFileType::ObjectFile, object, location)))
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
