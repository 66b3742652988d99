//===- GraphBuilder.cpp - builds the small graphs that layers stand for ---===//

#include "dialect/nn/GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;
using namespace attn::nn;

SmallVector<AffineExpr, 4> GraphBuilder::loopRange(unsigned first, unsigned count) {
  return llvm::map_to_vector<4>(llvm::seq(first, first + count), [&](unsigned number) { return loop(number); });
}

Value GraphBuilder::generic(RankedTensorType result, unsigned loops, TypedAttr init, ArrayRef<LoopInput> inputs,
                            Code code) {
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  for (const LoopInput &input : inputs) {
    values.push_back(input.value);
    maps.push_back(AffineMap::get(loops, 0, input.indices, getContext()));
  }
  auto op = nn::GenericOp::create(*this, result, values, getAffineMapArrayAttr(maps), init, /*destination=*/Value());
  OpBuilder::InsertionGuard guard(*this);
  Block *body = createBlock(&op.getBody());
  auto scalarFor = [&](Type type) -> Type {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && shaped.getElementType().isInteger() ? shaped.getElementType() : getF32Type();
  };
  for (Value value : values)
    body->addArgument(scalarFor(value.getType()), getLoc());
  if (init)
    body->addArgument(scalarFor(result), getLoc());
  for (unsigned loop = 0; loop != loops; ++loop)
    body->addArgument(getI32Type(), getLoc());
  SmallVector<Value> arguments(body->getArguments());
  ArrayRef<Value> all = arguments;
  Value yielded = code({all.take_front(values.size()), init ? all[values.size()] : Value(), all.take_back(loops)});
  nn::YieldOp::create(*this, ValueRange(yielded));
  return op.getResult();
}

Value GraphBuilder::map(RankedTensorType result, ArrayRef<LoopInput> inputs, Code code) {
  return generic(result, result.getRank(), TypedAttr(), inputs, code);
}

Value GraphBuilder::fold(RankedTensorType result, unsigned reductions, TypedAttr init, ArrayRef<LoopInput> inputs,
                         Code code) {
  return generic(result, result.getRank() + reductions, init, inputs, code);
}

Value GraphBuilder::sumOfProducts(RankedTensorType result, unsigned reductions, ArrayRef<LoopInput> inputs) {
  return fold(result, reductions, getF32FloatAttr(0), inputs, [&](const LoopScalars &at) -> Value {
    Value product = at.elements.front();
    for (Value element : at.elements.drop_front())
      product = arith::MulFOp::create(*this, product, element);
    return arith::AddFOp::create(*this, at.accumulator, product);
  });
}

Value GraphBuilder::linear(Value input, Value weight, Value bias, Type element) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<int64_t> sizes(type.getShape());
  sizes.back() = cast<WeightType>(weight.getType()).getShape().front();
  return LinearOp::create(*this, tensorOf(sizes, element ? element : type.getElementType()), input, weight, bias);
}

Value GraphBuilder::f32(double value) { return arith::ConstantOp::create(*this, getF32FloatAttr(value)); }
Value GraphBuilder::i32(int64_t value) { return arith::ConstantOp::create(*this, getI32IntegerAttr(value)); }

Value GraphBuilder::sigmoid(Value x) {
  Value power = math::ExpOp::create(*this, arith::NegFOp::create(*this, x)), one = f32(1);
  return arith::DivFOp::create(*this, one, arith::AddFOp::create(*this, one, power));
}
