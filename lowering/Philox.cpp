//===- Philox.cpp - counter-based random numbers ---===//

#include "lowering/Philox.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attn;

Value attn::emitPhilox(ImplicitLocOpBuilder &b, Value seed, ValueRange counter) {
  VectorType lanes;
  for (Value word : counter)
    if (auto vector = dyn_cast<VectorType>(word.getType()))
      lanes = vector;
  auto spread = [&](Value scalar) -> Value {
    return !lanes || isa<VectorType>(scalar.getType()) ? scalar : vector::BroadcastOp::create(b, lanes, scalar);
  };
  auto word = [&](uint32_t value) {
    return spread(arith::ConstantOp::create(b, b.getI32IntegerAttr(static_cast<int32_t>(value))));
  };
  auto exclusiveOr = [&](Value x, Value y) -> Value { return arith::XOrIOp::create(b, x, y); };
  Value high = arith::ShRUIOp::create(b, seed, arith::ConstantOp::create(b, b.getI64IntegerAttr(32)));
  Value key0 = spread(arith::TruncIOp::create(b, b.getI32Type(), seed)),
        key1 = spread(arith::TruncIOp::create(b, b.getI32Type(), high));
  SmallVector<Value, 4> x = llvm::map_to_vector<4>(counter, spread);
  for (int round = 0; round < 10; ++round) {
    auto first = arith::MulUIExtendedOp::create(b, x[0], word(0xD2511F53));
    auto second = arith::MulUIExtendedOp::create(b, x[2], word(0xCD9E8D57));
    x = {exclusiveOr(exclusiveOr(second.getHigh(), x[1]), key0), second.getLow(),
         exclusiveOr(exclusiveOr(first.getHigh(), x[3]), key1), first.getLow()};
    key0 = arith::AddIOp::create(b, key0, word(0x9E3779B9));
    key1 = arith::AddIOp::create(b, key1, word(0xBB67AE85));
  }
  Type f32 = lanes ? Type(VectorType::get(lanes.getShape(), b.getF32Type())) : Type(b.getF32Type());
  // The last words would be rounded to 2^32, which is 1 and not below it.
  Value uniform = arith::UIToFPOp::create(b, f32, arith::MinUIOp::create(b, x[0], word(0xFFFFFF7F)));
  Value unit = arith::ConstantOp::create(b, b.getF32FloatAttr(0x1p-32f));
  return arith::MulFOp::create(b, uniform, lanes ? Value(vector::BroadcastOp::create(b, f32, unit)) : unit);
}
