//===- RowWisePositions.cpp - row-wise ops that depend on where a row stands ---===//
//
// Rotary: the angle i · base^(−2m/w) is counted in turns and in f64, so that whole turns fall away exactly at any
// position; sin and cos of a row's angles are computed once and serve all heads of queries and keys. A packed row finds
// its sequence by a scan over the offsets; a row past the last offset has none and is 0.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/RowWiseRows.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"
#include "runtime/artifact.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

/// The memref of a vector of lengths, offsets or starts.
static Value memoryBehind(Value vector) {
  auto enter = vector.getDefiningOp<bufferization::ToTensorOp>();
  return enter ? enter.getBuffer() : vector;
}

Value RowCode::elementAt(Value vector, Value place) {
  return arith::IndexCastOp::create(b, b.getIndexType(), memref::LoadOp::create(b, memoryBehind(vector), place));
}

FailureOr<RowCode::Place> RowCode::placeOf(Operation *op, Value sequences) {
  auto packed = sequences ? sequences.getDefiningOp<PackedOp>() : PackedOp();
  if (packed && row.size() != 1)
    return op->emitOpError() << "expects one row dimension at attn.packed, but got " << row.size()
                             << "; use attn.padded";
  if (packed)
    return packedPlace(packed);
  if (row.size() != 2)
    return op->emitOpError() << "expects rows by (sequence, position), but got " << row.size()
                             << " row dimensions; say by attn.packed where sequences begin";
  if (!sequences)
    return Place{row.front(), row.back(), {}};
  auto padded = sequences.getDefiningOp<PaddedOp>();
  if (!padded)
    return op->emitOpError("expects sequences that attn.padded or attn.packed makes in the kernel");
  return paddedPlace(op, padded);
}

FailureOr<RowCode::Place> RowCode::paddedPlace(Operation *op, PaddedOp padded) {
  auto from = [&](Value start) { return Place{row.front(), arith::AddIOp::create(b, start, row.back()), {}}; };
  if (Value start = padded.getStart())
    return from(lengthAt(start));
  if (padded.getAlignment().value_or(Alignment::top_left) == Alignment::top_left)
    return Place{row.front(), row.back(), {}};
  if (!padded.getQueryLengths() || !padded.getKeyLengths())
    return op->emitOpError(
        "expects lengths of queries and keys where rows start bottom_right; give them to attn.padded");
  return from(arith::SubIOp::create(b, lengthAt(padded.getKeyLengths()), lengthAt(padded.getQueryLengths())));
}

/// The n < count with offsets[n] <= row < offsets[n + 1], or `count` where there is none.
Value RowCode::packedSequence(Value offsets, Value count) {
  auto scan = [&](Value n, ValueRange found) -> SmallVector<Value> {
    Value begin = elementAt(offsets, n), end = elementAt(offsets, arith::AddIOp::create(b, n, index(1)));
    Value begun = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, begin, row.front());
    Value ended = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, end, row.front());
    Value before = arith::SelectOp::create(b, ended, found.front(), n);
    return {arith::SelectOp::create(b, begun, before, found.front())};
  };
  return makeLoop(b, index(0), count, 1, count, scan).front();
}

/// Offsets and starts are read for a row that has a sequence only: where there are no sequences, there are none.
RowCode::Place RowCode::packedPlace(PackedOp packed) {
  Value queries = packed.getQueryOffsets(), keys = packed.getKeyOffsets();
  Value size = memref::DimOp::create(b, memoryBehind(queries), 0), count = arith::SubIOp::create(b, size, index(1));
  Value n = packedSequence(queries, count);
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, n, count);
  auto choice = scf::IfOp::create(b, TypeRange(b.getIndexType()), exists, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, index(0));
  b.setInsertionPointToStart(choice.thenBlock());
  auto lengthIn = [&](Value offsets) -> Value {
    Value end = elementAt(offsets, arith::AddIOp::create(b, n, index(1)));
    return arith::SubIOp::create(b, end, elementAt(offsets, n));
  };
  Value position = arith::SubIOp::create(b, row.front(), elementAt(queries, n));
  if (Value start = packed.getStart())
    position = arith::AddIOp::create(b, position, elementAt(start, n));
  else if (packed.getAlignment() == Alignment::bottom_right)
    position = arith::AddIOp::create(b, position, arith::SubIOp::create(b, lengthIn(keys), lengthIn(queries)));
  scf::YieldOp::create(b, position);
  return {n, choice.getResult(0), exists};
}

/// A packed row says itself whether it is of a sequence, a padded one by the lengths.
Value RowCode::existsIn(Value sequences, const Place &place) {
  auto padded = sequences ? sequences.getDefiningOp<PaddedOp>() : PaddedOp();
  if (!padded || !padded.getQueryLengths())
    return place.exists;
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row.back(), lengthAt(padded.getQueryLengths()));
}

//===----------------------------------------------------------------------===//
// Learned positions
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitAddPositions(nn::AddPositionsOp op) {
  FailureOr<Place> place = placeOf(op, op.getSequences());
  if (failed(place))
    return failure();
  auto table = cast<MemRefType>(op.getTable().getType());
  int64_t width = segmentWidth(op.getInput());
  if (isBlockFormat(storageFormatOf(table)) && width % lanes() != 0)
    return op.emitOpError() << "expects heads of a multiple of " << lanes()
                            << " features with a table in blocks, but got " << width;
  Value position = arith::IndexCastOp::create(b, b.getI32Type(), place->position);
  Value learned = checkedRow(position, op.getTable(), existsIn(op.getSequences(), *place),
                             ATTN_KERNEL_POSITION_OUT_OF_RANGE, /*indices=*/Value());
  keepAll(op.getResult(), width, [&](const Part &part) -> Value {
    Value added = loadStored(op.getTable(), learned, flat(part), part.mask);
    return arith::AddFOp::create(b, evaluate(op.getInput(), part), added);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Append
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitAppend(AppendOp op) {
  FailureOr<Place> place = placeOf(op, op.getSequences());
  if (failed(place))
    return failure();
  OpBuilder::InsertionGuard insertion(b);
  if (Value exists = existsIn(op.getSequences(), *place))
    b.setInsertionPointToStart(scf::IfOp::create(b, exists, /*withElseRegion=*/false).thenBlock());
  // A start may be any number: what stands outside the cache is left out.
  Value capacity = memref::DimOp::create(b, op.getCache(), 1);
  Value fits = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place->position, capacity);
  b.setInsertionPointToStart(scf::IfOp::create(b, fits, /*withElseRegion=*/false).thenBlock());
  SmallVector<Value> leading = {place->sequence, place->position};
  int64_t width = std::gcd(segmentWidth(op.getRows()), cast<MemRefType>(op.getCache().getType()).getShape().back());
  forEachPart(featuresOf(op.getRows()), width, [&](const Part &part) {
    Value rows = evaluate(op.getRows(), part);
    numbers.store(rows, op.getCache(), indicesInto(op.getCache(), part, leading), part.mask);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Rotary
//===----------------------------------------------------------------------===//

static int64_t rotatedWidth(RotaryOp op) {
  return op.getWidth().value_or(cast<ShapedType>(op.getInput().getType()).getShape().back());
}

/// The table of an op's angles: that of an earlier op at the same sequences with the same base and width, or a new one.
RowCode::Angles &RowCode::anglesOf(RotaryOp op) {
  for (Angles &table : angles)
    if (table.owner.getSequences() == op.getSequences() && table.owner.getBase() == op.getBase() &&
        rotatedWidth(table.owner) == rotatedWidth(op))
      return table;
  return angles.emplace_back(Angles{op, {}, {}, {}});
}

void RowCode::fillAngles(RotaryOp op, const Angles &table, Value position) {
  int64_t width = rotatedWidth(op);
  auto type = VectorType::get(lanes(), b.getF64Type());
  Value number = arith::SIToFPOp::create(b, b.getF64Type(), arith::IndexCastOp::create(b, b.getI64Type(), position));
  number = splat(b, number, lanes());
  for (int64_t first = 0; first < width / 2; first += lanes()) {
    SmallVector<double> turns;
    for (int64_t m = first; m < first + lanes(); ++m)
      turns.push_back(std::pow(op.getBase().convertToDouble(), -2.0 * m / width) / (2 * M_PI));
    Value each = arith::ConstantOp::create(b, type, DenseElementsAttr::get(type, ArrayRef(turns)));
    SinCos result = sincosTurns(b, arith::MulFOp::create(b, number, each));
    numbers.store(result.cos, table.cos, index(first));
    numbers.store(result.sin, table.sin, index(first));
  }
}

/// The even or odd elements of the vectors x, y.
static Value everySecond(ImplicitLocOpBuilder &b, Value x, Value y, int64_t first, int64_t lanes) {
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < lanes; ++lane)
    order.push_back(first + 2 * lane);
  return vector::ShuffleOp::create(b, x, y, order);
}

/// x0 y0 x1 y1 …: the lanes from `first` on of the interleaved vectors.
static Value interleave(ImplicitLocOpBuilder &b, Value x, Value y, int64_t first, int64_t lanes) {
  SmallVector<int64_t> order;
  for (int64_t lane = first; lane < first + lanes; ++lane)
    order.push_back(lane / 2 + (lane % 2) * lanes);
  return vector::ShuffleOp::create(b, x, y, order);
}

void RowCode::rotateHead(RotaryOp op, const Angles &table, Value head) {
  Value input = op.getInput();
  int64_t d = cast<ShapedType>(input.getType()).getShape().back(), width = rotatedWidth(op), half = width / 2;
  bool halves = op.getLayout() == RotaryLayout::halves;
  auto part = [&](int64_t offset, int64_t end) {
    return Part{head, index(offset), firstLanes(b, end - offset, lanes()), d};
  };
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(lanes(), b.getF32Type())));
  for (int64_t m = 0; m < half; m += lanes()) {
    // Pairs m … as two vectors: of the two halves, or of 2·lanes neighbours.
    Part first = halves ? part(m, half) : part(2 * m, width);
    bool hasSecond = halves || 2 * m + lanes() < width;
    Part second = !hasSecond ? first : halves ? part(half + m, width) : part(2 * m + lanes(), width);
    Value x = evaluate(input, first), y = hasSecond ? evaluate(input, second) : none;
    if (!halves) {
      Value even = everySecond(b, x, y, 0, lanes());
      y = everySecond(b, x, y, 1, lanes());
      x = even;
    }
    Value cos = numbers.load(table.cos, index(m), lanes()), sin = numbers.load(table.sin, index(m), lanes());
    auto mul = [&](Value l, Value r) -> Value { return arith::MulFOp::create(b, l, r); };
    Value u = arith::SubFOp::create(b, mul(x, cos), mul(y, sin)),
          v = arith::AddFOp::create(b, mul(x, sin), mul(y, cos));
    if (!halves) {
      Value lower = interleave(b, u, v, 0, lanes());
      v = interleave(b, u, v, lanes(), lanes());
      u = lower;
    }
    keep(op.getResult(), u, first);
    if (hasSecond)
      keep(op.getResult(), v, second);
  }
  for (int64_t offset = width; offset < d; offset += lanes())
    keep(op.getResult(), evaluate(input, part(offset, d)), part(offset, d));
}

LogicalResult RowCode::emitRotary(RotaryOp op) {
  Angles &table = anglesOf(op);
  if (table.owner == op) {
    FailureOr<Place> place = placeOf(op, op.getSequences());
    if (failed(place))
      return failure();
    fillAngles(op, table, place->position);
    table.exists = place->exists;
  }
  OpBuilder::InsertionGuard insertion(b);
  if (table.exists) {
    auto choice = scf::IfOp::create(b, table.exists, /*withElseRegion=*/true);
    b.setInsertionPointToStart(choice.elseBlock());
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(lanes(), b.getF32Type())));
    keepAll(op.getResult(), featuresOf(op.getResult()), [&](const Part &) { return zero; });
    b.setInsertionPointToStart(choice.thenBlock());
  }
  int64_t heads = featuresOf(op.getInput()) / cast<ShapedType>(op.getInput().getType()).getShape().back();
  makeLoop(b, 0, heads, 1, {}, [&](Value head, ValueRange) {
    rotateHead(op, table, head);
    return SmallVector<Value>();
  });
  return success();
}
