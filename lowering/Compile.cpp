//===- Compile.cpp - from a parsed module to IR text, code or an artefact ---===//

#include "lowering/Compile.h"

#include "dialect/tile/Tile.h"
#include "lowering/EmitArtifact.h"
#include "lowering/cpu/Object.h"
#include "lowering/cpu/Pipeline.h"
#include "lowering/nvptx/Pipeline.h"
#include "lowering/nvptx/Ptx.h"
#include "passes/Target.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// The report
//===----------------------------------------------------------------------===//

/// One line an implementation: what it implements, when, for which formats, its scratch, and whether it is fused.
static void printReport(ModuleOp module) {
  llvm::errs() << llvm::formatv("{0,-44} {1,-8} {2,10}  {3}\n", "kernel", "fused", "scratch", "launched");
  for (tile::KernelOp kernel : module.getOps<tile::KernelOp>()) {
    std::string conditions;
    llvm::SmallSetVector<StringRef, 2> formats;
    if (kernel.getFormats())
      formats.insert_range(kernel.getFormats()->getAsValueRange<StringAttr>());
    formats.remove("");
    for (StringRef format : formats)
      conditions += ("for " + format + " ").str();
    conditions += kernel.getWhen() ? ("when " + *kernel.getWhen()).str() : "always";
    auto why = kernel->getAttrOfType<StringAttr>("unfused");
    llvm::errs() << llvm::formatv("{0,-44} {1,-8} {2,10}  {3}\n", kernel.getSymName(), why ? "no" : "yes", kernel.getScratch().value_or(0),
                                  conditions);
    if (why)
      llvm::errs() << "  not fused: " << why.getValue() << "\n";
  }
}

static LogicalResult checkFused(ModuleOp module) {
  LogicalResult result = success();
  for (tile::KernelOp kernel : module.getOps<tile::KernelOp>())
    if (auto why = kernel->getAttrOfType<StringAttr>("unfused"))
      result = kernel.emitError() << "kernel @" << kernel.getSymName() << " is not fused, which --require-fused forbids: " << why.getValue();
  return result;
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static LogicalResult runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, TimingScope &timing, StringRef name) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
  TimingScope scope = timing.nest(name);
  passes.enableTiming(scope);
  if (failed(applyPassManagerCLOptions(passes)))
    return failure();
  build(passes);
  // The module was verified when it was read. Verifying again after each of thirty passes costs a third of the time of
  // a model; tests run the passes one by one, verified.
  passes.enableVerifier(false);
  return passes.run(module);
}

static ModuleOp findFunctions(ModuleOp module, StringRef name) {
  for (ModuleOp nested : module.getOps<ModuleOp>())
    if (nested.getName() == name)
      return nested;
  return nullptr;
}

static Outcome emitCode(ModuleOp module, const Target &target, const CompileOptions &options, TimingScope &timing, raw_ostream &output) {
  ModuleOp functions = findFunctions(module, "cpu");
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code;
  {
    TimingScope scope = timing.nest("LLVM");
    code = translateForCpu(functions, target, context);
  }
  if (!code)
    return Outcome::failed;
  TimingScope scope = timing.nest("code generation");
  if (options.emit == Emit::llvm) {
    code->print(output, nullptr);
    return Outcome::done;
  }
  if (options.emit == Emit::assembly) {
    FailureOr<std::string> text = emitAssembly(*code, target, module.getLoc());
    if (failed(text))
      return Outcome::failed;
    output << *text;
    return Outcome::done;
  }
  FailureOr<llvm::SmallVector<char, 0>> object = emitSharedObject(*code, target, module.getLoc());
  if (failed(object))
    return Outcome::failed;
  ArtifactEntry entry{"cpu.so", std::vector<char>(object->begin(), object->end())};
  FailureOr<std::vector<std::byte>> artifact = packArtifact(module, target, entry);
  if (failed(artifact))
    return Outcome::failed;
  output.write(reinterpret_cast<const char *>(artifact->data()), artifact->size());
  return Outcome::done;
}

/// For a GPU: its LLVM IR or its PTX.
static Outcome emitGpuCode(ModuleOp module, const Target &target, const CompileOptions &options, TimingScope &timing, raw_ostream &output) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code;
  {
    TimingScope scope = timing.nest("LLVM");
    code = translateForNvptx(findFunctions(module, "sm_80"), target, context);
  }
  if (!code)
    return Outcome::failed;
  if (options.emit == Emit::llvm) {
    code->print(output, nullptr);
    return Outcome::done;
  }
  TimingScope scope = timing.nest("code generation");
  FailureOr<std::string> text = emitPtx(*code, target, module.getLoc());
  if (failed(text))
    return Outcome::failed;
  output << *text;
  return Outcome::done;
}

/// What a target cannot be asked for, or nothing.
static StringRef refuse(const Target &target, const CompileOptions &options) {
  if (target.isCpu())
    return options.emit == Emit::ptx ? "PTX is for a GPU; add --target=sm_80" : "";
  if (options.reference)
    return "--lowering=reference is for cpu; leave it out for a GPU";
  if (options.emit == Emit::assembly || options.emit == Emit::artifact)
    return "for a GPU --emit is one of mlir, llvm and ptx";
  return "";
}

Outcome attn::compile(ModuleOp module, const CompileOptions &options, TimingScope &timing, raw_ostream &output) {
  std::string why;
  FailureOr<Target> target = Target::parse(options.target, &why);
  if (failed(target)) {
    emitError(module.getLoc()) << why;
    return Outcome::unsupported;
  }
  if (StringRef refusal = refuse(*target, options); !refusal.empty()) {
    emitError(module.getLoc()) << refusal;
    return Outcome::unsupported;
  }
  // What is wrong with the program is found on the way to kernels; what a target lacks, after that.
  CompileOptions graph = options;
  graph.until = std::min(options.until, Stage::fused);
  if (failed(runPasses(module, [&](OpPassManager &passes) { buildGraphPipeline(passes, graph); }, timing, "graph")))
    return Outcome::failed;
  if (options.until > Stage::fused) {
    auto build = [&](OpPassManager &passes) {
      buildKernelPipeline(passes, options);
      if (target->isCpu())
        buildCpuPipeline(passes, options);
      else
        buildNvptxPipeline(passes, options);
    };
    if (failed(runPasses(module, build, timing, "kernels")))
      return Outcome::unsupported;
  }
  if (options.requireFused && failed(checkFused(module)))
    return Outcome::unsupported;
  if (options.report)
    printReport(module);
  if (options.emit == Emit::mlir) {
    module.print(output);
    return Outcome::done;
  }
  return target->isCpu() ? emitCode(module, *target, options, timing, output) : emitGpuCode(module, *target, options, timing, output);
}
