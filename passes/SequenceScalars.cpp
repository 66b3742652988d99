//===- SequenceScalars.cpp - lengths and places of one sequence, in scalar code ---===//

#include "passes/SequenceScalars.h"

#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

namespace {
class ScalarEmitter {
public:
  ScalarEmitter(ImplicitLocOpBuilder &builder, GenericOp generic, Value n) : b(builder), generic(generic), n(n) {}

  SequenceScalars unbounded();
  SequenceScalars padded(PaddedOp op);
  SequenceScalars packed(PackedOp op);

private:
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value subtract(Value x, Value y) { return b.createOrFold<arith::SubIOp>(x, y); }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); }
  /// At least 0 and at most `limit`.
  Value clamp(Value value, Value limit) {
    return b.createOrFold<arith::MinSIOp>(b.createOrFold<arith::MaxSIOp>(value, constant(0)), limit);
  }
  Value size(Value data, int64_t dimension) { return tile::SizeOp::create(b, b.getIndexType(), data, dimension); }
  Value element(Value vector, Value index) {
    Value loaded = memref::LoadOp::create(b, vector, index);
    return b.createOrFold<arith::IndexCastOp>(b.getIndexType(), loaded);
  }
  bool isPacked(Value data) { return dataShape(data.getType()).size() == 3; }
  Value startOf(std::optional<Alignment> alignment, Value start, Value index, Value validRows, Value keyCount) {
    if (start)
      return element(start, index);
    return alignment == Alignment::bottom_right ? subtract(keyCount, validRows) : constant(0);
  }

  ImplicitLocOpBuilder &b;
  GenericOp generic;
  Value n;
};
} // namespace

SequenceScalars ScalarEmitter::unbounded() {
  Value rows = size(generic.getQueries()[0], 1), keys = size(generic.getKeys()[0], 1);
  return {n, n, rows, rows, keys, constant(0), false, false};
}

SequenceScalars ScalarEmitter::padded(PaddedOp op) {
  Value rows = size(generic.getQueries()[0], 1), capacity = size(generic.getKeys()[0], 1);
  Value valid = op.getQueryLengths() ? clamp(element(op.getQueryLengths(), n), rows) : rows;
  Value keys = capacity;
  if (op.getKeyLengths())
    keys = clamp(element(op.getKeyLengths(), n), capacity);
  else if (op.getStart())
    keys = clamp(add(element(op.getStart(), n), valid), capacity);
  return {n, n, rows, valid, keys, startOf(op.getAlignment(), op.getStart(), n, valid, keys), false, false};
}

/// Offsets are read at n and n + 1, held within their vector: the sequence past the last one begins where that ends.
SequenceScalars ScalarEmitter::packed(PackedOp op) {
  Value one = constant(1), documents = subtract(size(op.getQueryOffsets(), 0), one);
  Value isLast = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge, n, documents);
  Value next = b.createOrFold<arith::MinSIOp>(add(n, one), documents);
  auto extent = [&](Value offsets, Value data, Value &origin) {
    Value total = size(data, 0);
    origin = clamp(element(offsets, n), total);
    return subtract(clamp(element(offsets, next), total), origin);
  };
  auto unlessLast = [&](Value value, Value atLast) { return b.createOrFold<arith::SelectOp>(isLast, atLast, value); };
  Value held = b.createOrFold<arith::MinSIOp>(n, subtract(documents, one));
  Value queries = generic.getQueries()[0], keys = generic.getKeys()[0];
  SequenceScalars result;
  result.packedQueries = isPacked(queries);
  result.packedKeys = isPacked(keys);
  Value rows = extent(op.getQueryOffsets(), queries, result.queryOrigin);
  rows = clamp(rows, size(queries, 0));
  result.rowCount = unlessLast(rows, subtract(size(queries, 0), result.queryOrigin));
  result.validRows = unlessLast(rows, constant(0));
  if (result.packedKeys) {
    Value count = extent(op.getKeyOffsets(), keys, result.keyOrigin);
    result.keyCount = unlessLast(clamp(count, size(keys, 0)), constant(0));
  } else {
    Value count = subtract(element(op.getKeyOffsets(), next), element(op.getKeyOffsets(), n));
    result.keyOrigin = held;
    result.keyCount = unlessLast(clamp(count, size(keys, 1)), constant(0));
  }
  result.start = startOf(op.getAlignment(), op.getStart(), held, result.validRows, result.keyCount);
  return result;
}

SequenceScalars attn::emitSequenceScalars(ImplicitLocOpBuilder &builder, GenericOp generic, Value n) {
  ScalarEmitter emitter(builder, generic, n);
  Operation *sequences = generic.getSequences() ? generic.getSequences().getDefiningOp() : nullptr;
  if (auto padded = dyn_cast_or_null<PaddedOp>(sequences))
    return emitter.padded(padded);
  if (auto packed = dyn_cast_or_null<PackedOp>(sequences))
    return emitter.packed(packed);
  return emitter.unbounded();
}
