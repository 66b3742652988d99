//===- TextVariants.cpp - variants written as text, on the command line ---===//

#include "tools/TextVariants.h"

#include "dialect/attn/Checks.h"
#include "tools/VariantList.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

LogicalResult attn::addVariants(ModuleOp module, ModuleOp other) {
  SymbolTable symbols(module);
  Checks checks;
  for (VariantOp variant : llvm::make_early_inc_range(other.getOps<VariantOp>())) {
    if (Operation *same = symbols.lookup(variant.getSymName())) {
      InFlightDiagnostic error = variant.emitError() << "@" << variant.getSymName()
                                                     << " is declared twice; rename one of them, or bring in one";
      error.attachNote(same->getLoc()) << "it is declared here, too";
      checks.add(error);
      continue;
    }
    variant->remove();
    symbols.insert(variant, module.getBody()->begin());
  }
  return checks;
}

//===----------------------------------------------------------------------===//
// The list
//===----------------------------------------------------------------------===//

static void printLine(raw_ostream &out, StringRef name, StringRef kind, StringRef summary, StringRef source) {
  out << llvm::formatv("{0,-18} {1,-9} {2} ({3})\n", name, kind, summary, source);
}

void attn::listBuiltInVariants(raw_ostream &out) {
  for (const ListedVariant &variant : listedVariants)
    printLine(out, variant.name, variant.kind, variant.summary, variant.source);
}

/// What a variant without a summary is: the regions that it gives.
static std::string describeRegions(attn::VariantOp variant) {
  SmallVector<StringRef> names;
  for (const attn::RegionForm &form : attn::variantRegionForms())
    if (!variant.regionOf(form.kind).empty())
      names.push_back(form.name);
  return "a variant written as text: " + llvm::join(names, " and ");
}

LogicalResult attn::listTextVariants(ModuleOp module, StringRef path, raw_ostream &out) {
  Checks checks;
  for (VariantOp variant : module.getOps<VariantOp>()) {
    LogicalResult isRight = verify(variant);
    checks.add(isRight);
    if (failed(isRight))
      continue;
    std::string summary = variant.getSummary() ? variant.getSummary()->str() : describeRegions(variant);
    std::string source = variant.getSource() ? (*variant.getSource() + "; " + path).str() : path.str();
    printLine(out, ("@" + variant.getSymName()).str(), "modifier", summary, source);
  }
  return checks;
}
