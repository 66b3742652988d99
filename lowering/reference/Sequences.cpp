//===- Sequences.cpp - which rows and keys belong together, said plainly ---===//

#include "lowering/reference/Sequences.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;
using namespace attn::reference;

static Value constant(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

static Value elementAt(ImplicitLocOpBuilder &b, Value vector, Value index) {
  return arith::IndexCastOp::create(b, b.getIndexType(), memref::LoadOp::create(b, vector, index));
}

static Value clamp(ImplicitLocOpBuilder &b, Value value, Value most) {
  return arith::MinSIOp::create(b, arith::MaxSIOp::create(b, value, constant(b, 0)), most);
}

Sequences::Sequences(ImplicitLocOpBuilder &builder, GenericOp generic)
    : b(builder), query(generic.getQueries().front()), key(generic.getKeys().front()) {
  if (Value sequences = generic.getSequences()) {
    padded = sequences.getDefiningOp<PaddedOp>();
    packed = sequences.getDefiningOp<PackedOp>();
  }
}

Sequence Sequences::at(Value n) { return packed ? packedAt(n) : paddedAt(n); }

/// T_n, S_n and start_n as attn.padded describes them; without it every row and key is valid and start is 0.
Sequence Sequences::paddedAt(Value n) {
  Value zero = constant(b, 0);
  Value rows = memref::DimOp::create(b, query, 1), capacity = memref::DimOp::create(b, key, 1);
  if (!padded)
    return {zero, rows, zero, capacity, zero};
  Value start = padded.getStart() ? elementAt(b, padded.getStart(), n) : Value();
  if (Value lengths = padded.getQueryLengths())
    rows = clamp(b, elementAt(b, lengths, n), rows);
  Value keys = capacity;
  if (Value lengths = padded.getKeyLengths())
    keys = clamp(b, elementAt(b, lengths, n), capacity);
  else if (start)
    keys = clamp(b, arith::AddIOp::create(b, start, rows), capacity);
  if (!start)
    start = padded.getAlignment() == Alignment::bottom_right ? Value(arith::SubIOp::create(b, keys, rows)) : zero;
  return {zero, rows, zero, keys, start};
}

Sequence Sequences::packedAt(Value n) {
  Value zero = constant(b, 0), one = constant(b, 1);
  Value last = arith::SubIOp::create(b, memref::DimOp::create(b, packed.getQueryOffsets(), 0), one);
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, n, last);
  // Sequence N, the rows past the last offset, begins where the others end.
  Value begin = clamp(b, n, last), end = clamp(b, arith::AddIOp::create(b, n, one), last);
  auto extent = [&](Value offsets, Value data, bool areRows) -> std::pair<Value, Value> {
    Value first = elementAt(b, offsets, begin);
    Value count = arith::SubIOp::create(b, elementAt(b, offsets, end), first);
    Value size = memref::DimOp::create(b, data, areRows ? 0 : 1);
    if (areRows)
      size = arith::SubIOp::create(b, size, first);
    return {areRows ? first : zero, clamp(b, count, size)};
  };
  auto isPackedData = [](Value data) { return dataShape(data.getType()).size() == 3; };
  auto [firstRow, rows] = extent(packed.getQueryOffsets(), query, isPackedData(query));
  Value start = packed.getStart() ? elementIf(exists, packed.getStart(), n) : zero, firstKey = zero, keys;
  if (packed.getKeyOffsets())
    std::tie(firstKey, keys) = extent(packed.getKeyOffsets(), key, isPackedData(key));
  else
    keys = clamp(b, arith::AddIOp::create(b, start, rows), memref::DimOp::create(b, key, 1));
  if (packed.getAlignment() == Alignment::bottom_right)
    start = arith::SubIOp::create(b, keys, rows);
  if (!isPackedData(key)) {
    Value isInBatch = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, n, memref::DimOp::create(b, key, 0));
    exists = arith::AndIOp::create(b, exists, isInBatch);
  }
  return {firstRow, rows, firstKey, arith::SelectOp::create(b, exists, keys, zero), start};
}

/// vector[n], or 0 where `exists` does not hold: the rows past the last offset have no element of their own.
Value Sequences::elementIf(Value exists, Value vector, Value n) {
  auto choice = scf::IfOp::create(b, TypeRange(b.getIndexType()), exists, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(b, elementAt(b, vector, n));
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, constant(b, 0));
  return choice.getResult(0);
}

/// How many of offsets[1…N] are at most `row`.
Value Sequences::find(Value row) {
  Value one = constant(b, 1), zero = constant(b, 0);
  Value size = memref::DimOp::create(b, packed.getQueryOffsets(), 0);
  auto loop = scf::ForOp::create(b, one, size, one, ValueRange(zero));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value offset = elementAt(b, packed.getQueryOffsets(), loop.getInductionVar());
  Value begun = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, offset, row);
  Value passed = arith::AddIOp::create(b, loop.getRegionIterArg(0), arith::SelectOp::create(b, begun, one, zero));
  scf::YieldOp::create(b, passed);
  return loop.getResult(0);
}
