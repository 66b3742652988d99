//===- List.cpp - attn-run --list and --check -*- C++ -*-===//

#include "runtime/Generate.h"
#include "runtime/Implementations.h"
#include "runtime/Plan.h"
#include "tools/run/Modes.h"

#include <algorithm>
#include <cstdio>

namespace attn::run {

static void printTensors(const char *title, const std::vector<TensorDeclaration> &tensors) {
  for (const TensorDeclaration &tensor : tensors)
    std::printf("  %-8s %s: %s %s\n", title, tensor.name.c_str(), elementTypeName(tensor.type),
                describeShape(tensor.shape).c_str());
}

static void printFunction(const Function &function) {
  std::printf("function %s%s\n", function.name.c_str(), function.task ? " (language model: --prompt runs it)" : "");
  for (const Symbol &symbol : function.symbols)
    std::printf("  symbol   %s: %lld to %s\n", symbol.name.c_str(), static_cast<long long>(symbol.min),
                symbol.max ? std::to_string(*symbol.max).c_str() : "any");
  printTensors("argument", function.arguments);
  printTensors("result", function.results);
}

/// Memory beside arguments, results, states and weights, which are the caller's: none of it is of the size of T · S.
static Status printMemory(const Program &program, const Function &function,
                          const std::map<std::string, int64_t> &sizes) {
  std::vector<int64_t> symbols;
  std::string at;
  for (const Symbol &symbol : function.symbols) {
    auto given = sizes.find(symbol.name);
    if (given == sizes.end())
      return failure(Code::invalid_argument,
                     "the memory of function '%s' depends on %s, which has no value; pass --size=%s=N",
                     function.name.c_str(), symbol.name.c_str(), symbol.name.c_str());
    if (given->second < symbol.min || (symbol.max && given->second > *symbol.max))
      return failure(Code::invalid_argument, "%s of function '%s' is from %lld to %s, but --size says %lld",
                     symbol.name.c_str(), function.name.c_str(), static_cast<long long>(symbol.min),
                     symbol.max ? std::to_string(*symbol.max).c_str() : "any", static_cast<long long>(given->second));
    symbols.push_back(given->second);
    at += (at.empty() ? " at " : ", ") + symbol.name + " = " + std::to_string(given->second);
  }
  ATTN_ASSIGN_OR_RETURN(temporaries, temporaryBytes(function, symbols));
  uint64_t scratch = 0;
  for (const Block &block : function.blocks)
    for (const Command &command : block.commands)
      if (command.kernel >= 0)
        for (const Implementation &implementation : program.kernels[command.kernel].implementations)
          if (implementation.device == "cpu")
            scratch = std::max<uint64_t>(scratch, implementation.scratch);
  std::printf("  memory   temporaries %llu bytes, scratch %llu bytes a thread of the CPU%s\n",
              static_cast<unsigned long long>(temporaries), static_cast<unsigned long long>(scratch), at.c_str());
  return Status();
}

/// Sizes of symbols that no function has would be ignored.
static Status checkSizes(const Program &program, const std::map<std::string, int64_t> &sizes) {
  for (const auto &[name, value] : sizes) {
    bool isKnown = std::any_of(program.functions.begin(), program.functions.end(),
                               [&name = name](const Function &function) { return function.findSymbol(name) >= 0; });
    if (!isKnown)
      return failure(Code::invalid_argument, "no function has a symbol '%s'; --list without --size names them",
                     name.c_str());
  }
  return Status();
}

static void printKernel(const Program &program, const Kernel &kernel) {
  const KernelReport *report = program.findReport(kernel.name);
  std::string fused = !report ? "" : report->fused ? " fused" : " not fused: " + report->why;
  std::printf("kernel %s:%s\n", kernel.name.c_str(), fused.c_str());
  for (const Implementation &implementation : kernel.implementations) {
    std::string formats;
    for (const auto &[argument, format] : implementation.formats)
      formats += ", argument " + std::to_string(argument) + " as " + formatName(format);
    for (const TensorMapUse &use : implementation.tensorMaps)
      formats += ", argument " + std::to_string(use.argument) + " as tensor map";
    std::string launch = implementation.device == "cuda"
                             ? implementation.arch + ", " + std::to_string(implementation.block) + " threads, shared " +
                                   std::to_string(implementation.shared)
                             : "scratch " + std::to_string(implementation.scratch);
    std::printf("  %-4s %s, %s bytes%s\n", implementation.device.c_str(), implementation.symbol.c_str(), launch.c_str(),
                formats.c_str());
  }
  if (report)
    for (const auto &[target, why] : report->leftOut)
      std::printf("  left out of %s: %s\n", target.c_str(), why.c_str());
}

Status listProgram(const Opened &opened, const Options &options) {
  const Program &program = opened.artifact->program();
  ATTN_RETURN_IF_ERROR(checkSizes(program, options.sizes));
  std::printf("%s: '%s', compiled by %s\n", opened.artifact->name().c_str(), program.name.c_str(),
              program.compiler.c_str());
  for (const Target &target : program.targets) {
    std::string features = target.arch;
    for (const std::string &feature : target.features)
      features += (features.empty() ? "" : " ") + feature;
    std::printf("target %s: %s, %llu bytes%s%s\n", target.device.c_str(), target.entry.c_str(),
                static_cast<unsigned long long>(opened.artifact->entry(target.entry).size),
                features.empty() ? "" : ", ", features.c_str());
  }
  for (const Function &function : program.functions) {
    printFunction(function);
    if (!options.sizes.empty())
      ATTN_RETURN_IF_ERROR(printMemory(program, function, options.sizes));
  }
  for (const StateDeclaration &state : program.states)
    std::printf("state %s: %s %s%s%s\n", state.name.c_str(), elementTypeName(state.type),
                describeShape(state.shape).c_str(), state.isSum() ? ", sums over all positions" : "",
                state.foldsAt ? (", emptied at " + std::to_string(state.foldsAt) + " positions").c_str() : "");
  for (const WeightDeclaration &weight : program.weights)
    std::printf(
        "weight %s: %s%s\n", weight.name.c_str(), describeShape(weight.shape.data(), weight.shape.size()).c_str(),
        weight.index.empty() ? "" : (" for " + weight.index + " below " + std::to_string(weight.count)).c_str());
  for (const Kernel &kernel : program.kernels)
    printKernel(program, kernel);
  return Status();
}

/// Says of each function that this device has no whole code for why it is refused; whether any is left that runs.
static bool checkFunctions(const Program &program, const Device &device) {
  bool anyRuns = program.functions.empty();
  for (const Function &function : program.functions) {
    Status status;
    for (const Block &block : function.blocks)
      for (const Command &command : block.commands)
        if (status.ok() && command.kernel >= 0)
          status = checkHasCode(program, program.kernels[command.kernel], device);
    anyRuns |= status.ok();
    if (!status.ok())
      std::printf("function '%s' does not run here: %s\n", function.name.c_str(), status.message().c_str());
  }
  return anyRuns;
}

/// All that a run would find before its first launch, at once.
Status checkProgramAndWeights(const Opened &opened, const Options &options) {
  const Program &program = opened.artifact->program();
  ATTN_ASSIGN_OR_RETURN(device, makeDevice(options.device, options.threads));
  ATTN_ASSIGN_OR_RETURN(code, device->load(*opened.artifact));
  if (opened.weights) {
    Status model = checkMetadata(program, opened.weights.get());
    Status formats = chooseFormats(*opened.artifact, opened.weights.get(), *device).status();
    if (!model.ok() && !formats.ok())
      return Status(formats.code(), model.message() + "\n" + formats.message());
    ATTN_RETURN_IF_ERROR(model);
    ATTN_RETURN_IF_ERROR(formats);
  }
  if (!checkFunctions(program, *device))
    return failure(Code::unsupported, "%s: none of its functions runs on device '%s'; compile it for that",
                   opened.artifact->name().c_str(), device->target());
  std::printf("%s: good%s\n", opened.artifact->name().c_str(), opened.weights ? ", and the weights fit" : "");
  return Status();
}

} // namespace attn::run
