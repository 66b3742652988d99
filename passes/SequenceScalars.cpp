//===- SequenceScalars.cpp - lengths and places of one sequence, in scalar code ---===//

#include "passes/SequenceScalars.h"

#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

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
  Value alignedStart(std::optional<Alignment> alignment, Value validRows, Value keyCount) {
    return alignment == Alignment::bottom_right ? subtract(keyCount, validRows) : constant(0);
  }
  /// vector[n], or 0 where `exists` does not hold: then n may lie outside the vector.
  Value elementIf(Value exists, Value vector);

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
  Value start = op.getStart() ? element(op.getStart(), n) : alignedStart(op.getAlignment(), valid, keys);
  return {n, n, rows, valid, keys, start, false, false};
}

Value ScalarEmitter::elementIf(Value exists, Value vector) {
  auto choice = scf::IfOp::create(b, TypeRange(b.getIndexType()), exists, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  Value found = element(vector, n);
  scf::YieldOp::create(b, found);
  b.setInsertionPointToStart(choice.elseBlock());
  Value none = constant(0);
  scf::YieldOp::create(b, none);
  return choice.getResult(0);
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
  Value queries = generic.getQueries()[0], keys = generic.getKeys()[0];
  SequenceScalars result;
  result.packedQueries = isPacked(queries);
  result.packedKeys = isPacked(keys);
  Value rows = extent(op.getQueryOffsets(), queries, result.queryOrigin);
  rows = clamp(rows, size(queries, 0));
  result.rowCount = unlessLast(rows, subtract(size(queries, 0), result.queryOrigin));
  result.validRows = unlessLast(rows, constant(0));
  if (op.getStart())
    result.start = elementIf(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, n, documents), op.getStart());
  Value count;
  if (result.packedKeys) {
    count = clamp(extent(op.getKeyOffsets(), keys, result.keyOrigin), size(keys, 0));
  } else {
    count = op.getKeyOffsets() ? subtract(element(op.getKeyOffsets(), next), element(op.getKeyOffsets(), n))
                               : add(result.start, result.validRows);
    // A sequence that the keys do not have has none.
    Value hasKeys = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, n, size(keys, 0));
    result.keyOrigin = n;
    count = b.createOrFold<arith::SelectOp>(hasKeys, clamp(count, size(keys, 1)), constant(0));
  }
  result.keyCount = unlessLast(count, constant(0));
  if (!op.getStart())
    result.start = alignedStart(op.getAlignment(), result.validRows, result.keyCount);
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
