//===- Apply.cpp - what `apply` adds to the generic form ---===//

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attn;

/// Integer divisions trap where the divisor is 0, and signed ones at −1 for the least integer; that arith calls some of
/// them pure is a promise which only the divisor can keep.
static bool mayTrap(Operation *scalar) {
  if (!isa<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp, arith::RemSIOp,
           arith::RemUIOp>(scalar))
    return false;
  Value divisor = scalar->getOperand(1);
  APInt constant;
  if (matchPattern(divisor, m_ConstantInt(&constant)))
    return constant.isZero() || constant.isAllOnes();
  auto larger = divisor.getDefiningOp<arith::MaxSIOp>();
  return !larger || llvm::none_of(larger->getOperands(), [&](Value operand) {
    return matchPattern(operand, m_ConstantInt(&constant)) && constant.isStrictlyPositive();
  });
}

LogicalResult ApplyOp::verifySymbolUses(SymbolTableCollection &symbols) { // (C1)
  auto variant = symbols.lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (!variant)
    return emitOpError() << "expects `" << getVariant() << "` to name an attn.variant of this module";
  Operation *trap = nullptr;
  variant->walk([&](Operation *scalar) { trap = !trap && mayTrap(scalar) ? scalar : trap; });
  if (trap) { // (C2)
    InFlightDiagnostic error = emitOpError() << "expects regions that cannot fault, but @" << getVariant() << " has '"
                                             << trap->getName() << "' by what may be 0";
    error.attachNote(trap->getLoc()) << "a divisor is a constant other than 0 and -1, or arith.maxsi of any value and "
                                        "a positive constant";
    return error;
  }
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
