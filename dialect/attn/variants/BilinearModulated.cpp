//===- BilinearModulated.cpp - what `bilinear_modulated` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace attn;

/// The name that the function gives to a dimension of its argument, or null.
static Attribute nameOfDimension(Value value, unsigned dimension) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto function = argument ? dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp()) : FunctionOpInterface();
  auto names = function ? function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "nn.dims") : ArrayAttr();
  return names && dimension < names.size() ? names[dimension] : Attribute();
}

LogicalResult BilinearModulatedOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, {getQuery(), getValue(), getOutput()}));
  ArrayRef<int64_t> query = getQuery().getType().getShape(), value = getValue().getType().getShape();
  ArrayRef<int64_t> output = getOutput().getType().getShape();
  auto crosses = [&]() -> InFlightDiagnostic { // (C1)
    return emitOpError() << "expects query and value of the same positions, but got " << getQuery().getType() << " and "
                         << getValue().getType()
                         << "; there is no query at key positions in cross-attention, use attn.query_modulated";
  };
  if (query.size() != value.size() || query.size() < 3) {
    checks.add(crosses());
    return checks;
  }
  if (!sizesFit(query.drop_back(2), value.drop_back(2)))
    checks.add(crosses());
  for (unsigned row = 0; row + 2 < query.size(); ++row) {
    Attribute a = nameOfDimension(getQuery(), row), b = nameOfDimension(getValue(), row);
    if (a && b && a != b)
      checks.add(crosses() << " (" << a << " is not " << b << ")");
  }
  checks.add(verifyHeadMatrices(*this, getQuery(), getWeight(), value.back())); // (C3)
  int64_t heads = query.rbegin()[1], valueHeads = value.rbegin()[1];
  if (!ShapedType::isDynamic(heads) &&
      (ShapedType::isDynamic(valueHeads) || valueHeads == 0 || heads % valueHeads != 0)) // (C2)
    checks.add(emitOpError() << "expects query heads, a multiple of the value's, but got " << heads << " and "
                             << valueHeads
                             << "; write heads as numbers, equally many query heads for each of the value's");
  if (output.size() != query.size() || !sizesFit(output.drop_back(), query.drop_back()) ||
      output.back() != value.back()) // (C3)
    checks.add(emitOpError() << "expects a result with the query's rows and heads and the value's width, but got "
                             << getOutput().getType() << "; give the result these sizes");
  return checks;
}

FailureOr<SmallVector<Value>> BilinearModulatedOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  return SmallVector<Value>{gateHeads(b, getQuery(), getWeight(), getValue(), getOutput().getType())};
}
