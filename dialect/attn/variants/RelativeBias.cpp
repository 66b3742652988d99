//===- RelativeBias.cpp - what `relative_bias` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

LogicalResult RelativeBiasOp::verify() { // (C1)
  ArrayRef<int64_t> table = dataShape(getTable().getType());
  Checks checks;
  if (table.size() != 2 || ShapedType::isDynamicShape(table) || table[1] % 2 == 0)
    checks.add(emitOpError() << "expects a table of (query heads, 2R + 1) with static sizes, but got "
                             << getTable().getType()
                             << "; the middle of each row is for distance 0: write an odd number of entries a row");
  int64_t heads = queryHeads(getScores());
  if (table.size() == 2 && !ShapedType::isDynamic(table[0]) && !ShapedType::isDynamic(heads) && table[0] != heads)
    checks.add(emitOpError() << "expects a table for " << heads << " query heads, but got " << getTable().getType()
                             << "; give one row for each query head");
  return checks;
}

void RelativeBiasOp::contribute(GenericBuilder &generic) {
  int64_t reach = dataShape(getTable().getType())[1] / 2;
  generic.changeScore([&](ScalarBuilder &b, Value score) -> Value {
    Value distance = arith::SubIOp::create(b, b.i, b.j);
    Value clipped = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, distance, b.i32(reach)), b.i32(-reach));
    Value entry = arith::AddIOp::create(b, clipped, b.i32(reach));
    return arith::AddFOp::create(b, score, b.load(getTable(), {b.h, entry}));
  });
}
