//===- AttentionSweep.cpp - the parts of a forward sweep ---===//

#include "lowering/AttentionSweep.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

static LogicalResult outOfPlace(Operation *op, StringRef expected) {
  return op->emitOpError() << "is no part of a forward sweep: expects " << expected;
}

/// The products, from the last to the first.
static LogicalResult matchProducts(Value scores, AttentionSweep &sweep) {
  while (scores) {
    auto dot = scores.getDefiningOp<tile::DotOp>();
    if (!dot || !dot.getTransposeB() || dot.getTransposeA())
      return outOfPlace(sweep.sweep, "scores that are a sum of products with transposed keys");
    auto viewBehind = [](Value tile, tile::MapOp &map) {
      map = tile.getDefiningOp<tile::MapOp>();
      bool isOfFeatures = map && map.getTiles().size() == 1 && !map.getRows();
      return (isOfFeatures ? map.getTiles()[0] : tile).getDefiningOp<tile::ViewOp>();
    };
    AttentionSweep::Part part;
    part.dot = dot;
    part.query = viewBehind(dot.getA(), part.queryMap);
    part.key = viewBehind(dot.getB(), part.keyMap);
    if (!part.query || !part.query.getRows() || !part.key || !part.key.getKey())
      return outOfPlace(dot, "a view of rows and a view of keys");
    sweep.parts.insert(sweep.parts.begin(), part);
    scores = dot.getAcc();
  }
  return success();
}

/// `x · y` of the accumulator and the normaliser's rescale.
static bool isRescale(tile::MapOp map, tile::NormalizeOp normalize, Value carried) {
  if (!map || map.getTiles().size() != 2 || map.getTiles()[0] != carried || map.getTiles()[1] != normalize.getRescale())
    return false;
  Block &body = map.getBody().front();
  auto product = dyn_cast<arith::MulFOp>(body.front());
  return product && product->getNextNode() == body.getTerminator() &&
         llvm::is_contained(product.getOperands(), body.getArgument(0)) &&
         llvm::is_contained(product.getOperands(), body.getArgument(1)) &&
         body.getTerminator()->getOperand(0) == product.getResult();
}

Type AttentionSweep::weightType() {
  Value weights = factor ? factor.getResult() : normalize.getWeights();
  return cast<tile::TileType>(weights.getType()).getElementType();
}

FailureOr<AttentionSweep> AttentionSweep::match(tile::KernelOp kernel) {
  AttentionSweep found;
  found.kernel = kernel;
  for (Operation &op : kernel.getBody().front()) {
    if (auto sweep = dyn_cast<tile::SweepOp>(op))
      found.sweep = sweep;
    else if (auto rows = dyn_cast<tile::RowsOp>(op))
      found.rows = rows;
    else if (auto finish = dyn_cast<tile::FinishOp>(op))
      found.finish = finish;
    else if (auto store = dyn_cast<tile::StoreOp>(op))
      (cast<tile::TileType>(store.getTile().getType()).getShape().size() == 2 ? found.output : found.logSumExp) = store;
  }
  if (!found.sweep || !found.rows || !found.finish || !found.output || found.sweep.getInits().size() != 3)
    return outOfPlace(kernel, "rows, a sweep with maximum, sum and accumulator, a finish and a store");

  if (Value sink = found.finish.getSink()) {
    found.sink = sink.getDefiningOp<tile::MapOp>();
    if (!found.sink || !found.sink.getTiles().empty() || !found.sink.getRows())
      return outOfPlace(found.finish, "a sink that is mapped from rows alone");
  }
  Block &body = found.sweep.getBody().front();
  auto added = body.getTerminator()->getOperand(2).getDefiningOp<tile::DotOp>();
  if (!added || added.getTransposeA() || added.getTransposeB() || added.getScale())
    return outOfPlace(found.sweep, "an accumulator that grows by weights times values");
  Value weights = added.getA();
  found.factor = weights.getDefiningOp<tile::MapOp>();
  if (found.factor) {
    if (found.factor.getTiles().size() != 1 || !found.factor.getRows())
      return outOfPlace(found.factor, "one tile of weights, at rows");
    weights = found.factor.getTiles()[0];
  }
  found.normalize = weights.getDefiningOp<tile::NormalizeOp>();
  found.value = added.getB().getDefiningOp<tile::ViewOp>();
  if (!found.normalize || !found.value || !found.value.getKey())
    return outOfPlace(added, "normalised weights and a view of keys");
  if (found.isExp() && found.normalize.getNormalizer() != Normalizer::sum)
    return outOfPlace(found.normalize, "a sum with exponential weights");
  if (!added.getAcc() || !isRescale(added.getAcc().getDefiningOp<tile::MapOp>(), found.normalize, body.getArgument(3)))
    return outOfPlace(added, "the accumulator times the normaliser's rescale");
  found.mask = found.normalize.getScores().getDefiningOp<tile::MaskOp>();
  if (!found.mask)
    return outOfPlace(found.normalize, "masked scores");
  found.score = found.mask.getTile().getDefiningOp<tile::MapOp>();
  Value products = found.mask.getTile();
  if (found.score) {
    if (found.score.getTiles().size() != 1 || !found.score.getRows())
      return outOfPlace(found.score, "one tile of scores, at rows");
    products = found.score.getTiles()[0];
  }
  if (failed(matchProducts(products, found)))
    return failure();
  return found;
}
