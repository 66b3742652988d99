//===- Apply.cpp - what `apply` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attn;

LogicalResult ApplyOp::verifySymbolUses(SymbolTableCollection &symbols) { // (C1)
  auto variant = symbols.lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (!variant)
    return emitOpError() << "expects `" << getVariant() << "` to name an attn.variant of this module";
  TypeRange expected = variant.getParameterTypes(), given = getParameters().getTypes();
  if (expected == given)
    return success();
  InFlightDiagnostic error = emitOpError() << "expects parameters of type (" << expected << ") for @" << getVariant()
                                           << ", but got (" << given << ")";
  error.attachNote(variant.getLoc()) << "the variant is declared here";
  return error;
}

/// Copies the ops of a variant's region behind what the builder has built; `arguments` stand for the region's own.
static Value inlineScalars(ScalarBuilder &b, Region &region, ArrayRef<Value> coordinates, ValueRange parameters) {
  IRMapping mapping;
  Block &block = region.front();
  size_t numFixed = coordinates.size();
  mapping.map(block.getArguments().take_front(numFixed), coordinates);
  for (auto [argument, parameter] : llvm::zip_equal(block.getArguments().drop_front(numFixed), parameters))
    if (!argument.use_empty())
      mapping.map(argument, b.capture(parameter));
  for (Operation &op : block.without_terminator())
    b.clone(op, mapping);
  return mapping.lookup(cast<YieldOp>(block.getTerminator()).getValue());
}

void ApplyOp::contribute(GenericBuilder &generic) {
  auto variant = SymbolTable::lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (!variant.getScore().empty())
    generic.changeScore([&](ScalarBuilder &b, Value score) {
      return inlineScalars(b, variant.getScore(), {score, b.n, b.h, b.i, b.j}, getParameters());
    });
  if (!variant.getMask().empty())
    generic.narrowMask([&](ScalarBuilder &b) {
      return inlineScalars(b, variant.getMask(), {b.n, b.h, b.i, b.j}, getParameters());
    });
}
