//===- RowWisePositions.cpp - row-wise ops that depend on where a row stands ---===//
//
// Rotary: the angle i · base^(−2m/w) is counted in turns and in f64, so that whole turns fall away exactly at any
// position; sin and cos of a row's angles are computed once and serve all heads of queries and keys.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/RowWiseRows.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value RowCode::lengthAt(Value lengths) {
  Value memory = lengths;
  if (auto enter = lengths.getDefiningOp<bufferization::ToTensorOp>())
    memory = enter.getBuffer();
  return arith::IndexCastOp::create(b, b.getIndexType(), memref::LoadOp::create(b, memory, ValueRange(row.front())));
}

FailureOr<Value> RowCode::position(Operation *op, Value sequences) {
  if (row.size() != 2)
    return op->emitOpError() << "expects rows by (sequence, position) on the CPU, but got " << row.size()
                             << " row dimensions; use attn.padded";
  if (!sequences)
    return row.back();
  auto padded = sequences.getDefiningOp<PaddedOp>();
  if (!padded)
    return op->emitOpError("expects sequences of attn.padded on the CPU; packed rows have no position by themselves");
  if (Value start = padded.getStart())
    return Value(arith::AddIOp::create(b, lengthAt(start), row.back()));
  if (padded.getAlignment().value_or(Alignment::top_left) == Alignment::top_left)
    return row.back();
  if (!padded.getQueryLengths() || !padded.getKeyLengths())
    return op->emitOpError(
        "expects lengths of queries and keys where rows start bottom_right; give them to attn.padded");
  Value start = arith::SubIOp::create(b, lengthAt(padded.getKeyLengths()), lengthAt(padded.getQueryLengths()));
  return Value(arith::AddIOp::create(b, start, row.back()));
}

//===----------------------------------------------------------------------===//
// Append
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitAppend(AppendOp op) {
  FailureOr<Value> place = position(op, op.getSequences());
  if (failed(place))
    return failure();
  Value lengths = op.getSequences().getDefiningOp<PaddedOp>().getQueryLengths();
  Value exists = lengths
                     ? arith::CmpIOp::create(b, arith::CmpIPredicate::slt, row.back(), lengthAt(lengths)).getResult()
                     : arith::ConstantIntOp::create(b, 1, 1).getResult();
  auto guard = scf::IfOp::create(b, exists, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(guard.thenBlock());
  SmallVector<Value> leading = {row.front(), *place};
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
  return angles.emplace_back(Angles{op, {}, {}});
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
  FailureOr<Value> place = position(op, op.getSequences());
  if (failed(place))
    return failure();
  Angles &table = anglesOf(op);
  if (table.owner == op)
    fillAngles(op, table, *place);
  int64_t heads = featuresOf(op.getInput()) / cast<ShapedType>(op.getInput().getType()).getShape().back();
  makeLoop(b, 0, heads, 1, {}, [&](Value head, ValueRange) {
    rotateHead(op, table, head);
    return SmallVector<Value>();
  });
  return success();
}
