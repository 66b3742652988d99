//===- PairRegions.cpp - the regions of attn.generic as code of a task ---===//

#include "passes/PairRegions.h"

#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace attn;

namespace {
class RegionCopier {
public:
  RegionCopier(ImplicitLocOpBuilder &builder, GenericOp generic, const SequenceScalars &sequence)
      : b(builder), generic(generic), sequence(sequence) {}

  LogicalResult copy(Region &from, ScalarCode &to);
  void raise(ScalarCode &score, int64_t power);
  void multiply(ScalarCode &factor);

private:
  /// What stands for an attn.row, attn.key_row or attn.count inside a copy; null for any other op.
  Value replacementFor(Operation &op, ScalarCode &code);
  /// A scalar of the task as an argument of the copy.
  Value capture(ScalarCode &code, Value outside) {
    code.captures.push_back(b.createOrFold<arith::IndexCastOp>(b.getI32Type(), outside));
    return code.region.front().addArgument(b.getI32Type(), generic.getLoc());
  }

  ImplicitLocOpBuilder &b;
  GenericOp generic;
  const SequenceScalars &sequence;
};
} // namespace

Value RegionCopier::replacementFor(Operation &op, ScalarCode &code) {
  OpBuilder at(&op);
  auto plus = [&](Value value, Value outside) -> Value {
    return arith::AddIOp::create(at, op.getLoc(), value, capture(code, outside));
  };
  if (auto row = dyn_cast<RowOp>(op)) {
    Value inSequence = arith::SubIOp::create(at, op.getLoc(), row.getI(), capture(code, sequence.start));
    return sequence.packedQueries ? plus(inSequence, sequence.queryOrigin) : inSequence;
  }
  if (auto row = dyn_cast<KeyRowOp>(op))
    return sequence.packedKeys ? plus(row.getJ(), sequence.keyOrigin) : Value(row.getJ());
  if (auto count = dyn_cast<CountOp>(op))
    return capture(code, count.getKeys() ? sequence.keyCount : sequence.validRows);
  return Value();
}

LogicalResult RegionCopier::copy(Region &from, ScalarCode &to) {
  if (from.empty())
    return success();
  IRMapping mapping;
  from.cloneInto(&to.region, mapping);
  to.captures.assign(generic.getCaptures().begin(), generic.getCaptures().end());
  Block &block = to.region.front();
  // Regions over features have no coordinates, and so none that rows and counts could be asked of.
  unsigned numLeading = block.getNumArguments() - to.captures.size();
  Value ownSequence = numLeading >= 4 ? block.getArgument(numLeading - 4) : Value();
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (isa<RowOp, KeyRowOp, CountOp>(op) && op.getOperand(0) != ownSequence)
      return op.emitOpError() << "expects the pair's own sequence; no other one's lengths are at hand";
    if (auto yield = dyn_cast<YieldOp>(op)) {
      OpBuilder at(&op);
      tile::YieldOp::create(at, op.getLoc(), yield.getValue());
      op.erase();
    } else if (Value replacement = replacementFor(op, to)) {
      op.getResult(0).replaceAllUsesWith(replacement);
      op.erase();
    }
  }
  return success();
}

void RegionCopier::raise(ScalarCode &score, int64_t power) {
  if (power == 1)
    return;
  if (score.empty()) {
    Type f32 = b.getF32Type(), i32 = b.getI32Type();
    score.captures.assign(generic.getCaptures().begin(), generic.getCaptures().end());
    SmallVector<Type> arguments{f32, i32, i32, i32, i32};
    llvm::append_range(arguments, ValueRange(score.captures).getTypes());
    Block &block = score.region.emplaceBlock();
    for (Type type : arguments)
      block.addArgument(type, b.getLoc());
    OpBuilder inside(b.getContext());
    inside.setInsertionPointToEnd(&block);
    tile::YieldOp::create(inside, b.getLoc(), block.getArgument(0));
  }
  Operation *yield = score.region.front().getTerminator();
  ImplicitLocOpBuilder inside(b.getLoc(), yield);
  yield->setOperand(0, buildPower(inside, yield->getOperand(0), power));
}

void RegionCopier::multiply(ScalarCode &factor) {
  if (factor.empty())
    return;
  Block &body = factor.region.front();
  Value weight = body.insertArgument(0u, b.getF32Type(), b.getLoc());
  Operation *yield = body.getTerminator();
  OpBuilder inside(yield);
  yield->setOperand(0, arith::MulFOp::create(inside, b.getLoc(), weight, yield->getOperand(0)));
}

Value attn::buildPower(ImplicitLocOpBuilder &b, Value x, int64_t power) {
  Value square = x, result;
  for (int64_t rest = power; rest > 0; rest /= 2) {
    if (rest % 2 != 0)
      result = result ? Value(arith::MulFOp::create(b, result, square)) : square;
    if (rest > 1)
      square = arith::MulFOp::create(b, square, square);
  }
  return result;
}

LogicalResult attn::copyRegions(ImplicitLocOpBuilder &builder, GenericOp generic, const SequenceScalars &sequence,
                                PairRegions &to) {
  RegionCopier copier(builder, generic, sequence);
  if (failed(copier.copy(generic.getPair(), to.pair)) || failed(copier.copy(generic.getFeatures(), to.features)) ||
      failed(copier.copy(generic.getScore(), to.score)) || failed(copier.copy(generic.getMask(), to.mask)) ||
      failed(copier.copy(generic.getFactor(), to.factor)))
    return failure();
  copier.raise(to.score, generic.getPower().value_or(1));
  copier.multiply(to.factor);
  return success();
}

SmallVector<KeyRange> attn::emitKeyRanges(ImplicitLocOpBuilder &builder, ScalarCode &mask, const RowSpan &rows,
                                          int64_t step) {
  Operation *obstacle = nullptr;
  SmallVector<KeyRange> ranges =
      emitKeyRanges(builder, mask.empty() ? nullptr : &mask.region, mask.captures, rows, step, obstacle);
  if (obstacle)
    remark::missed(obstacle->getLoc(), remark::RemarkOpts::name("MaskRanges").category("attn-tile"))
        << ("the mask is evaluated for every pair of a range: '" + obstacle->getName().getStringRef() +
            "' is no comparison of j with an expression that is monotone in i")
               .str();
  return ranges;
}
