//===- Compile.cpp - from a parsed module to IR text, code or an artefact ---===//

#include "lowering/Compile.h"

#include "lowering/Declarations.h"
#include "lowering/EmitArtifact.h"
#include "lowering/LibraryFree.h"
#include "lowering/Report.h"
#include "lowering/VerifyProgram.h"
#include "lowering/cpu/Object.h"
#include "lowering/cpu/Pipeline.h"
#include "lowering/nvptx/Pipeline.h"
#include "lowering/nvptx/Ptx.h"
#include "passes/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/LLVMContext.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static LogicalResult runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, TimingScope &timing,
                               StringRef name) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
  TimingScope scope = timing.nest(name);
  passes.enableTiming(scope);
  if (failed(applyPassManagerCLOptions(passes)))
    return failure();
  build(passes);
  // The module is verified when it is read, and again as a graph of generic ops. Verifying after each of thirty passes
  // costs a third of the time of a model; tests run the passes one by one, verified.
  passes.enableVerifier(false);
  return passes.run(module);
}

static ModuleOp findFunctions(ModuleOp module, StringRef name) {
  for (ModuleOp nested : module.getOps<ModuleOp>())
    if (nested.getName() == name)
      return nested;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// One target
//===----------------------------------------------------------------------===//

/// Plans and lowers the launched kernels of `lowered.module`, as far as `options.until`.
static LogicalResult lowerKernels(const LoweredTarget &lowered, const CompileOptions &options, TimingScope &timing) {
  PipelineOptions own = options;
  own.target = lowered.target.name;
  auto build = [&](OpPassManager &passes) {
    buildKernelPipeline(passes, own);
    if (lowered.target.isCpu())
      buildCpuPipeline(passes, own);
    else
      buildNvptxPipeline(passes, own);
  };
  return runPasses(lowered.module, build, timing, "kernels");
}

/// Leaves `text` in the object that is made of the module.
static void embed(llvm::Module &module, StringRef text) {
  llvm::Constant *data = llvm::ConstantDataArray::getString(module.getContext(), text);
  new llvm::GlobalVariable(module, data->getType(), /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage, data,
                           "attn_program");
}

/// Writes the target's code: LLVM IR, or assembly, PTX or a shared object, as `emit` and the target say. What goes into
/// an artefact contains `digest`.
static LogicalResult generateCode(const LoweredTarget &lowered, Emit emit, StringRef digest, TimingScope &timing,
                                  raw_ostream &output) {
  const Target &target = lowered.target;
  ModuleOp module = lowered.module;
  Location location = module.getLoc();
  ModuleOp functions = findFunctions(module, target.functionsModule());
  if (!functions)
    return emitError(location) << "has no function for target '" << target.name << "'";
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code;
  {
    TimingScope scope = timing.nest("LLVM");
    code = target.isCpu() ? translateForCpu(functions, target, context) : translateForNvptx(functions, target, context);
  }
  if (!code)
    return failure();
  TimingScope scope = timing.nest("code generation");
  if (emit == Emit::llvm) {
    code->print(output, nullptr);
    return success();
  }
  if (target.isCpu() && emit == Emit::artifact) {
    embed(*code, digest);
    FailureOr<llvm::SmallVector<char, 0>> object = emitSharedObject(*code, target, location);
    if (succeeded(object))
      output.write(object->data(), object->size());
    return object;
  }
  FailureOr<std::string> text =
      target.isCpu() ? emitAssembly(*code, target, location) : emitPtx(*code, target, location);
  if (succeeded(text) && emit == Emit::artifact)
    output << "// " << digest << "\n";
  if (succeeded(text))
    output << *text;
  return text;
}

//===----------------------------------------------------------------------===//
// All targets
//===----------------------------------------------------------------------===//

std::string attn::findMisuse(const CompileOptions &options) {
  std::string why;
  FailureOr<std::vector<Target>> targets = Target::parseList(options.targets, &why);
  if (failed(targets))
    return why;
  if (targets->size() > 1 && options.emit != Emit::artifact)
    return "an artefact holds code for several targets, text does not; add --emit=artifact, or name one of " +
           options.targets;
  bool hasGpu = !targets->back().isCpu();
  if (hasGpu && options.reference)
    return "--lowering=reference is for cpu; leave it out for a GPU";
  if (hasGpu && options.emit == Emit::assembly)
    return "assembly is for cpu; ask for --emit=ptx for a GPU";
  if (!hasGpu && options.emit == Emit::ptx)
    return "PTX is for a GPU; add --target=sm_80";
  return "";
}

static Outcome emitArtifact(ArrayRef<LoweredTarget> targets, TimingScope &timing, raw_ostream &output) {
  SmallVector<ArtifactEntry> entries;
  FailureOr<std::string> program = writeProgram(targets);
  if (failed(program))
    return Outcome::failed;
  for (const LoweredTarget &lowered : targets) {
    TimingScope scope = timing.nest(lowered.target.name);
    SmallVector<char, 0> bytes;
    llvm::raw_svector_ostream stream(bytes);
    if (failed(generateCode(lowered, Emit::artifact, digestText(*program), scope, stream)))
      return Outcome::failed;
    entries.push_back({lowered.target.entry(), std::vector<char>(bytes.begin(), bytes.end())});
  }
  FailureOr<std::vector<std::byte>> artifact =
      packArtifact(*program, entries, ModuleOp(targets.front().module).getLoc());
  if (failed(artifact))
    return Outcome::failed;
  output.write(reinterpret_cast<const char *>(artifact->data()), artifact->size());
  return Outcome::done;
}

/// Whether there is anything that a program could be asked to run, by callers who can.
static LogicalResult checkFunctions(ModuleOp module) {
  if (llvm::any_of(module.getOps<func::FuncOp>(), [](func::FuncOp function) { return function.isPublic(); }))
    return verifySignatures(module);
  return emitError(module.getLoc()) << "expects a public function, which the program would run, but the module has "
                                       "none; write one as models/variants/causal.mlir does: func.func @main(…)";
}

Outcome attn::compile(ModuleOp module, const CompileOptions &options, TimingScope &timing, raw_ostream &output) {
  if (std::string why = findMisuse(options); !why.empty()) {
    emitError(module.getLoc()) << why;
    return Outcome::misused;
  }
  auto isVerified = [&](llvm::function_ref<LogicalResult(ModuleOp)> check) {
    TimingScope scope = timing.nest("verify");
    return succeeded(check(module));
  };
  if (!isVerified(verifyProgram) || (options.emit != Emit::mlir && failed(checkFunctions(module))))
    return Outcome::failed;
  std::vector<Target> parsed = *Target::parseList(options.targets);
  // What is wrong with the program is found on the way to kernels; what a target lacks, after that.
  CompileOptions own = options;
  own.until = std::min(options.until, Stage::fused);
  if (failed(runPasses(
          module, [&](OpPassManager &passes) { buildGraphPipeline(passes, own); }, timing, "graph")) ||
      !isVerified([](ModuleOp graph) { return verify(graph); }) ||
      (options.weights && failed(checkWeights(module, *options.weights))))
    return Outcome::failed;
  own.until = options.until;
  own.partial = parsed.size() > 1;

  if (options.until > Stage::fused && failed(checkRegions(module, parsed.front().device)))
    return Outcome::unsupported;

  // Functions are the same for all targets; kernels are planned and lowered once for each, in a module of its own.
  SmallVector<LoweredTarget> targets{{parsed.front(), module}};
  SmallVector<OwningOpRef<ModuleOp>> copies;
  if (options.until > Stage::fused) {
    if (failed(runPasses(
            module, [&](OpPassManager &passes) { buildLaunchPipeline(passes); }, timing, "launches")) ||
        failed(Declarations().gather(module)))
      return Outcome::failed;
    if (options.weights && failed(recordStorage(module, *options.weights)))
      return Outcome::unsupported;
    for (const Target &target : ArrayRef(parsed).drop_front()) {
      copies.push_back(module.clone());
      targets.push_back({target, *copies.back()});
    }
    for (const LoweredTarget &lowered : targets) {
      TimingScope scope = timing.nest(lowered.target.name);
      if (failed(lowerKernels(lowered, own, scope)))
        return Outcome::unsupported;
    }
  }
  if (options.report)
    printReport(targets);
  if (failed(checkCarried(targets)) || (options.requireFused && failed(checkFused(targets))))
    return Outcome::unsupported;
  if (options.emit == Emit::artifact)
    return emitArtifact(targets, timing, output);
  if (options.emit != Emit::mlir) {
    TimingScope scope = timing.nest(parsed.front().name);
    return succeeded(generateCode(targets.front(), options.emit, "", scope, output)) ? Outcome::done : Outcome::failed;
  }
  module.print(output);
  return Outcome::done;
}
