//===- Report.cpp - what became of each kernel on each target ---===//

#include "lowering/Report.h"

#include "passes/AttentionRoles.h"
#include "passes/Carried.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// When an implementation is launched: for which formats of weights, at which sizes.
static std::string conditionsOf(tile::KernelOp kernel) {
  std::string conditions;
  llvm::SmallSetVector<StringRef, 2> formats;
  if (kernel.getFormats())
    formats.insert_range(kernel.getFormats()->getAsValueRange<StringAttr>());
  formats.remove("");
  for (StringRef format : formats)
    conditions += ("for " + format + " ").str();
  if (kernel->hasAttr(twinOfAttr))
    return conditions + "to look at weights";
  return conditions + (kernel.getWhen() ? ("when " + *kernel.getWhen()).str() : "always");
}

/// Bytes of a task's scratch, or of the shared memory of a block.
static int64_t memoryOf(tile::KernelOp kernel) {
  auto shared = kernel->getAttrOfType<IntegerAttr>("shared");
  return shared ? shared.getInt() : kernel.getScratch().value_or(0);
}

void attn::printReport(ArrayRef<LoweredTarget> targets) {
  const char *line = "{0,-44} {1,-8} {2,-8} {3,10}  {4}\n";
  llvm::errs() << llvm::formatv(line, "kernel", "target", "fused", "memory", "launched");
  for (const LoweredTarget &lowered : targets) {
    StringRef target = lowered.target.functionsModule();
    for (tile::KernelOp kernel : lowered.kernels()) {
      if (StringAttr why = getLeftOut(kernel)) {
        llvm::errs() << llvm::formatv(line, kernel.getSymName(), target, "-", "-", "never")
                     << "  left out: " << why.getValue() << "\n";
        continue;
      }
      auto why = kernel->getAttrOfType<StringAttr>("unfused");
      llvm::errs() << llvm::formatv(line, kernel.getSymName(), target, why ? "no" : "yes", memoryOf(kernel),
                                    conditionsOf(kernel));
      if (why)
        llvm::errs() << "  not fused: " << why.getValue() << "\n";
    }
  }
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult attn::checkFused(ArrayRef<LoweredTarget> targets) {
  LogicalResult result = success();
  for (const LoweredTarget &lowered : targets)
    for (tile::KernelOp kernel : lowered.kernels())
      if (auto why = kernel->getAttrOfType<StringAttr>("unfused"))
        result = kernel.emitError() << "kernel @" << kernel.getSymName()
                                    << " is not fused, which --require-fused forbids: " << why.getValue();
  return result;
}

LogicalResult attn::checkCarried(ArrayRef<LoweredTarget> targets) {
  LogicalResult result = success();
  llvm::MapVector<StringRef, SmallVector<std::pair<const LoweredTarget *, StringAttr>>> reasons;
  llvm::StringSet<> carried;
  for (const LoweredTarget &lowered : targets) {
    bool carriesAny = lowered.kernels().empty();
    for (tile::KernelOp kernel : lowered.kernels()) {
      if (StringAttr why = getLeftOut(kernel)) {
        reasons[kernel.getImplemented()].push_back({&lowered, why});
        continue;
      }
      carried.insert(kernel.getImplemented());
      carriesAny = true;
    }
    if (carriesAny)
      continue;
    // Each of its kernels is left out; the first reason stands for them all.
    auto kernel = *lowered.kernels().begin();
    result = kernel.emitError() << "target '" << lowered.target.name
                                << "' carries no kernel of this program; leave it out of --target: "
                                << getLeftOut(kernel).getValue();
  }
  for (auto &[name, why] : reasons) {
    if (carried.contains(name))
      continue;
    auto kernel = cast<tile::KernelOp>(SymbolTable::lookupSymbolIn(why.front().first->module, name));
    InFlightDiagnostic error = kernel.emitError() << "no target carries kernel @" << name;
    for (auto [lowered, reason] : why)
      error.attachNote() << "for " << lowered->target.name << ": " << reason.getValue();
    result = failure();
  }
  return result;
}
