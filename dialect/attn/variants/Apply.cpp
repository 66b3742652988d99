//===- Apply.cpp - what `apply` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attn;

/// What else the name might have been.
static std::string listDeclared(Operation *op) {
  std::string names;
  for (VariantOp variant : SymbolTable::getNearestSymbolTable(op)->getRegion(0).getOps<VariantOp>())
    names += (names.empty() ? "" : ", ") + ("@" + variant.getSymName()).str();
  return names.empty() ? "none is declared; bring a file of them in by --with=FILE" : "declared are " + names;
}

LogicalResult ApplyOp::verifySymbolUses(SymbolTableCollection &symbols) { // (C1)
  auto variant = symbols.lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (!variant)
    return emitOpError() << "expects @" << getVariant() << " to name an attn.variant, but " << listDeclared(*this);
  TypeRange expected = variant.getParameterTypes(), given = getParameters().getTypes();
  if (expected == given)
    return success();
  InFlightDiagnostic error = emitOpError() << "expects parameters of type (" << expected << ") for @" << getVariant()
                                           << ", but got (" << given << ")";
  error.attachNote(variant.getLoc()) << "the variant is declared here";
  return error;
}

/// Copies the ops of a variant's region behind what the builder has built; `fixed` stand for the region's own
/// arguments.
static Value inlineScalars(ScalarBuilder &b, Region &region, ValueRange fixed, ValueRange parameters) {
  IRMapping mapping;
  Block &block = region.front();
  mapping.map(block.getArguments().take_front(fixed.size()), fixed);
  for (auto [argument, parameter] : llvm::zip_equal(block.getArguments().drop_front(fixed.size()), parameters))
    if (!argument.use_empty())
      mapping.map(argument, b.capture(parameter));
  for (Operation &op : block.without_terminator())
    b.clone(op, mapping);
  return mapping.lookup(cast<YieldOp>(block.getTerminator()).getValue());
}

void ApplyOp::contribute(GenericBuilder &generic) {
  auto variant = SymbolTable::lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (variant.getWeighting()) // (C2)
    generic.expectWeighting(*variant.getWeighting(), *variant.getNormalizer(), variant.getLoc());
  for (const RegionForm &form : variantRegionForms()) {
    Region &region = variant.regionOf(form.kind);
    if (!region.empty()) // (C3) is the builder's: it knows the other pair region
      generic.grow(form.kind, [&](ScalarBuilder &b, ValueRange fixed) {
        return inlineScalars(b, region, fixed, getParameters());
      });
  }
}
