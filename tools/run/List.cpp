//===- List.cpp - attn-run --list and --check -*- C++ -*-===//

#include "runtime/Generate.h"
#include "tools/run/Modes.h"

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

Status listProgram(const Opened &opened) {
  const Program &program = opened.artifact->program();
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
  for (const Function &function : program.functions)
    printFunction(function);
  for (const StateDeclaration &state : program.states)
    std::printf("state %s: %s %s\n", state.name.c_str(), elementTypeName(state.type),
                describeShape(state.shape).c_str());
  for (const WeightDeclaration &weight : program.weights)
    std::printf(
        "weight %s: %s%s\n", weight.name.c_str(), describeShape(weight.shape.data(), weight.shape.size()).c_str(),
        weight.index.empty() ? "" : (" for " + weight.index + " below " + std::to_string(weight.count)).c_str());
  for (const Kernel &kernel : program.kernels)
    printKernel(program, kernel);
  return Status();
}

Status checkProgramAndWeights(const Opened &opened, const Options &options) {
  ATTN_ASSIGN_OR_RETURN(device, makeDevice(options.device, options.threads));
  ATTN_ASSIGN_OR_RETURN(code, device->load(*opened.artifact));
  if (opened.weights) {
    ATTN_RETURN_IF_ERROR(checkMetadata(opened.artifact->program(), opened.weights.get()));
    ATTN_RETURN_IF_ERROR(BoundWeights::bind(*opened.artifact, opened.weights.get(), *device).status());
  }
  std::printf("%s: good%s\n", opened.artifact->name().c_str(), opened.weights ? ", and the weights fit" : "");
  return Status();
}

} // namespace attn::run
