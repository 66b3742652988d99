//===- attn-opt.cpp - rewrites attention programs, from the model down to the machine ---===//
//
// Two tools in one: with --emit, --until or a compile option it compiles a model; otherwise it is mlir-opt with our
// dialects and passes.
//
//===----------------------------------------------------------------------===//

#include "dialect/Dialects.h"
#include "lowering/Compile.h"
#include "lowering/Passes.h"
#include "passes/Parameters.h"
#include "passes/Passes.h"
#include "passes/Target.h"
#include "runtime/files/WeightFile.h"
#include "tools/TextVariants.h"

#include "mlir/IR/AsmState.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

#include <functional>

using namespace mlir;
namespace cl = llvm::cl;

namespace {

constexpr int wrongUsage = 2;

/// The options of DESIGN §8; LLVM's own and the passes' are shown by --help-hidden.
struct Options {
  cl::OptionCategory category{"attn-opt"};
  cl::list<std::string> inputs{cl::Positional, cl::desc("<model.mlir>"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("where the result goes (default: standard output)"), cl::value_desc("file"),
                              cl::init("-"), cl::cat(category)};
  cl::opt<std::string> emit{"emit", cl::desc("what is written: mlir, llvm, asm, ptx, artifact"), cl::value_desc("kind"),
                            cl::cat(category)};
  cl::opt<std::string> until{
      "until", cl::desc("stop when this holds: generic, fused, planned, tiles, vectors (a GPU: fragments), llvm"),
      cl::value_desc("stage"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("one or more of cpu (this machine), cpu:F+F (baseline x86-64 plus features), sm_80 and sm_90a "
               "(default: cpu)"),
      cl::value_desc("T[,T]"), cl::init("cpu"), cl::cat(category)};
  cl::opt<std::string> lowering{
      "lowering",
      cl::desc("attention as fused sweeps, or as the plain loops of its definition: fused, reference (default: fused)"),
      cl::value_desc("how"), cl::init("fused"), cl::cat(category)};
  cl::opt<std::string> activations{"activations", cl::desc("what linear layers read: f32, bf16, int8 (default: f32)"),
                                   cl::value_desc("type"), cl::init("f32"), cl::cat(category)};
  cl::list<std::string> with{"with", cl::desc("the variants written as text in a file, added to the model"),
                             cl::value_desc("variants.mlir"), cl::cat(category)};
  cl::list<std::string> set{"set", cl::desc("a compile-time parameter of the model"), cl::value_desc("name=value"),
                            cl::cat(category)};
  cl::opt<std::string> weights{"weights", cl::desc("compile for the storage formats of this file, and check it"),
                               cl::value_desc("file"), cl::cat(category)};
  cl::opt<bool> listVariants{"list-variants",
                             cl::desc("list the variants: built in, and those written as text in the files given"),
                             cl::cat(category)};
  cl::opt<bool> report{"report", cl::desc("print the kernels, whether they are fused, and their scratch"),
                       cl::cat(category)};
  cl::opt<bool> requireFused{"require-fused", cl::desc("a kernel that is not fused is an error"), cl::cat(category)};
  cl::opt<bool> timing{"timing", cl::desc("print where the time went"), cl::cat(category)};

  std::string input() const { return inputs.empty() ? "-" : inputs.front(); }
};

int usage(const Twine &message) {
  llvm::errs() << "attn-opt: " << message << "\n";
  return wrongUsage;
}

/// Looks `text` up among the names; an unknown one is a usage error that lists them.
template <typename T>
std::optional<T> choose(StringRef option, StringRef text, std::initializer_list<std::pair<const char *, T>> names) {
  std::string list;
  for (auto [name, value] : names) {
    if (text == name)
      return value;
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  usage("--" + option + "=" + text + " is not known; choose one of " + list);
  return std::nullopt;
}

} // namespace

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// The bytes of a file, or null after an error.
static std::unique_ptr<llvm::MemoryBuffer> readInput(StringRef path) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(path, &message);
  if (!buffer)
    llvm::errs() << "attn-opt: " << message << "\n";
  return buffer;
}

/// Where the parser does not know an op: the one of its dialect whose name is nearest.
static void suggestName(Diagnostic &diagnostic, MLIRContext &context) {
  std::string text = diagnostic.str();
  StringRef name = text, nearest;
  if (!name.consume_front("custom op '"))
    return;
  name = name.take_until([](char c) { return c == '\''; });
  unsigned least = 4; // more is another word
  for (RegisteredOperationName known : context.getRegisteredOperations()) {
    if (known.getDialectNamespace() != name.split('.').first)
      continue;
    unsigned distance = known.getStringRef().edit_distance(name, /*AllowReplacements=*/true, least);
    if (distance < least) {
      least = distance;
      nearest = known.getStringRef();
    }
  }
  if (!nearest.empty())
    diagnostic.attachNote() << "did you mean '" << nearest << "'?";
}

/// Parses without verifying, so that variants of other files can still be added.
static OwningOpRef<ModuleOp> parse(StringRef path, MLIRContext &context, llvm::SourceMgr &sources) {
  std::unique_ptr<llvm::MemoryBuffer> buffer = readInput(path);
  if (!buffer)
    return nullptr;
  sources.AddNewSourceBuffer(std::move(buffer), SMLoc());
  unsigned id = sources.getNumBuffers();
  llvm::SourceMgr single;
  single.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(sources.getMemoryBuffer(id)->getMemBufferRef()), SMLoc());
  ScopedDiagnosticHandler suggesting(&context, [&](Diagnostic &diagnostic) {
    suggestName(diagnostic, context);
    return failure(); // to be printed by the one before
  });
  return parseSourceFile<ModuleOp>(single, ParserConfig(&context, /*verifyAfterParse=*/false));
}

/// What a weight file says of its tensors.
static LogicalResult readWeights(const std::string &path, attn::StoredWeights &weights) {
  attn::Result<std::unique_ptr<attn::WeightFile>> file = attn::WeightFile::open(path);
  if (!file.ok()) {
    llvm::errs() << "attn-opt: " << file.status().message() << "\n";
    return failure();
  }
  weights.file = path;
  for (const attn::WeightTensor &tensor : (*file)->tensors())
    weights.tensors[tensor.name] = {attn::formatName(tensor.format), {tensor.shape.begin(), tensor.shape.end()}};
  return success();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Writes the result; false after an error, which leaves no file.
static bool writeOutput(const std::string &path, StringRef bytes) {
  std::error_code error;
  llvm::ToolOutputFile file(path, error, llvm::sys::fs::OF_None);
  if (!error) {
    file.os() << bytes;
    file.os().flush();
    error = file.os().error();
    file.os().clear_error();
  }
  if (error) {
    llvm::errs() << "attn-opt: cannot write " << path << ": " << error.message()
                 << "; free some space or name another file with -o\n";
    return false;
  }
  file.keep();
  return true;
}

static void printVersion(llvm::raw_ostream &out) {
  FailureOr<attn::Target> host = attn::Target::parse("cpu");
  out << "attn " ATTN_VERSION ", LLVM " LLVM_VERSION_STRING "\n"
      << "default target: cpu, here " << attn::Target::triple << " with " << llvm::join(host->features, "+") << "\n";
}

//===----------------------------------------------------------------------===//
// Modes
//===----------------------------------------------------------------------===//

/// --list-variants [FILE…]: each file by itself, so that two may give one name to different variants.
static int listVariants(const Options &options, DialectRegistry &registry) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  std::string text;
  llvm::raw_string_ostream lines(text);
  attn::listBuiltInVariants(lines);
  bool areListed = true; // what is wrong is said of each file
  for (const std::string &path : llvm::concat<const std::string>(options.inputs, options.with)) {
    OwningOpRef<ModuleOp> module = parse(path, context, sources);
    areListed &= module && succeeded(attn::listTextVariants(*module, path, lines));
  }
  if (!areListed)
    return 1;
  return writeOutput(options.output, text) ? 0 : 1;
}

/// Sets what --set gives; what is wrong is said of each parameter.
static LogicalResult setParameters(ModuleOp module, const Options &options) {
  llvm::StringSet<> assigned;
  bool areSet = true;
  for (StringRef assignment : options.set) {
    auto [name, value] = assignment.split('=');
    if (value.empty()) {
      usage("--set=" + assignment + " needs the form name=value");
      areSet = false;
    } else if (!assigned.insert(name).second) {
      usage("--set gives '" + name + "' twice; leave one out");
      areSet = false;
    } else {
      areSet &= succeeded(attn::setParameter(module, name, value));
    }
  }
  return success(areSet);
}

static int compileModel(const Options &options, DialectRegistry &registry) {
  using attn::Emit;
  using attn::Stage;
  attn::CompileOptions compile;
  auto emit = choose<Emit>("emit", options.emit.empty() ? "mlir" : StringRef(options.emit),
                           {{"mlir", Emit::mlir},
                            {"llvm", Emit::llvm},
                            {"asm", Emit::assembly},
                            {"ptx", Emit::ptx},
                            {"artifact", Emit::artifact}});
  auto until = options.until.empty() ? std::optional(Stage::all)
                                     : choose<Stage>("until", options.until,
                                                     {{"generic", Stage::generic},
                                                      {"fused", Stage::fused},
                                                      {"planned", Stage::planned},
                                                      {"tiles", Stage::tiles},
                                                      {"vectors", Stage::vectors},
                                                      {"fragments", Stage::vectors},
                                                      {"llvm", Stage::llvm}});
  auto reference = choose<bool>("lowering", options.lowering, {{"fused", false}, {"reference", true}});
  auto activations = choose<bool>("activations", options.activations, {{"f32", true}, {"bf16", true}, {"int8", true}});
  if (!emit || !until || !reference || !activations)
    return wrongUsage;
  if (*emit != Emit::mlir && !options.until.empty())
    return usage("--until stops at IR text; it goes with --emit=mlir only");
  if (*emit == Emit::artifact && options.output == "-" && llvm::sys::Process::StandardOutIsDisplayed())
    return usage("an artefact is binary; name a file with -o");
  if (*emit != Emit::artifact && StringRef(options.output).ends_with(".attn"))
    return usage("-o " + options.output + " names an artefact, but text would be written; add --emit=artifact");
  compile.emit = *emit;
  compile.until = *until;
  compile.reference = *reference;
  compile.activations = options.activations;
  compile.targets = options.target;
  compile.report = options.report;
  compile.requireFused = options.requireFused;
  bool isCpu = StringRef(options.target).starts_with("cpu");
  if (options.until == (isCpu ? "fragments" : "vectors"))
    return usage(isCpu ? "--until=fragments is a stage of a GPU; for a CPU it is --until=vectors"
                       : "--until=vectors is a stage of a CPU; for a GPU it is --until=fragments");
  if (std::string why = attn::findMisuse(compile); !why.empty())
    return usage(why);
  // lld, linked in, resets all command-line options when it runs: what is read after compiling is copied before.
  const std::string output = options.output;

  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false); // the source line and the caret say where; an op's generic form buries them
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  DefaultTimingManager timingManager;
  timingManager.setEnabled(options.timing);
  TimingScope timing = timingManager.getRootScope();

  TimingScope parsing = timing.nest("parse");
  OwningOpRef<ModuleOp> module = parse(options.input(), context, sources);
  if (!module)
    return 1;
  bool areAdded = true; // what is wrong is said of each file
  for (const std::string &path : options.with) {
    OwningOpRef<ModuleOp> other = parse(path, context, sources);
    areAdded &= other && succeeded(attn::addVariants(*module, *other));
  }
  if (!areAdded)
    return 1;
  if (failed(setParameters(*module, options)))
    return wrongUsage;
  parsing.stop();
  attn::StoredWeights weights;
  if (!options.weights.empty()) {
    if (failed(readWeights(options.weights, weights)))
      return 1;
    compile.weights = &weights;
  }

  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  attn::Outcome outcome = attn::compile(*module, compile, timing, stream);
  if (outcome != attn::Outcome::done)
    return static_cast<int>(outcome);

  return writeOutput(output, StringRef(bytes.data(), bytes.size())) ? 0 : 1;
}

/// As mlir-opt: the passes that are named, on what may be several modules.
static int runPasses(int argc, char **argv, const Options &options, DialectRegistry &registry) {
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return asMainReturnCode(MlirOptMain(argc, argv, options.input(), options.output, registry));
  std::unique_ptr<llvm::MemoryBuffer> buffer = readInput(options.input());
  if (!buffer)
    return 1;
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (failed(MlirOptMain(stream, std::move(buffer), registry, config)))
    return 1;
  return writeOutput(options.output, text) ? 0 : 1;
}

//===----------------------------------------------------------------------===//
// Main
//===----------------------------------------------------------------------===//

/// Leaves our own options in --help; everything else is in --help-hidden.
static void hideOtherOptions(const Options &options) {
  for (auto &[name, option] : cl::getRegisteredOptions()) {
    bool own = llvm::is_contained(option->Categories, &options.category);
    if (!own && name != "help" && name != "help-hidden" && name != "version" && !name.starts_with("attn-"))
      option->setHiddenFlag(cl::Hidden);
  }
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  attn::registerAttnDialects(registry);
  registerAllPasses();
  attn::registerAttnPasses();
  attn::registerAttnLoweringPasses();

  static Options options;
  MlirOptMainConfig::registerCLOptions(registry);
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  hideOtherOptions(options);

  const char *overview =
      "attn-opt: rewrites attention programs, from the model down to the machine\n\n"
      "  attn-opt --emit=artifact --target=cpu models/smollm2.mlir -o smollm2.attn   compile a model\n"
      "  attn-opt --until=tiles models/variants/causal.mlir                          look at a stage\n"
      "  attn-opt --attn-generalize model.mlir                                       run one pass, like mlir-opt\n";
  cl::SetVersionPrinter(printVersion);
  std::string errors;
  llvm::raw_string_ostream errorStream(errors);
  if (!cl::ParseCommandLineOptions(argc, argv, overview, &errorStream)) {
    llvm::errs() << errors;
    return wrongUsage;
  }
  if (options.listVariants)
    return listVariants(options, registry);
  if (options.inputs.size() > 1)
    return usage("reads one model, but got " + Twine(options.inputs.size()) + " files: " +
                 llvm::join(options.inputs, ", ") + "; variants in other files are brought in by --with=FILE");
  bool compiles =
      !options.emit.empty() || !options.until.empty() || options.report || options.requireFused || options.timing;
  if (compiles)
    return compileModel(options, registry);
  for (const cl::Option &option : std::initializer_list<std::reference_wrapper<const cl::Option>>{
           options.target, options.lowering, options.activations, options.weights, options.with, options.set})
    if (option.getNumOccurrences())
      return usage("--" + option.ArgStr +
                   " needs --emit or --until: without them attn-opt runs only the passes that are named");
  return runPasses(argc, argv, options, registry);
}
