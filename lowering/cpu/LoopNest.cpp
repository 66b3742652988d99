//===- LoopNest.cpp - lower nn.generic to loops, the innermost in lanes where that can be ---===//
//
//     nn.generic ins(%x, %w) maps [(n, o, i) -> (n, i), (n, o, i) -> (i, o)] init 0 into(%y) { a + x·w }
//   →
//     for n in task: for o in vectors: a = 0; for i: a += splat(x[n, i]) · w[i, o]; y[n, o] = a
//                    for the rest of o: the same on scalars
//
//===----------------------------------------------------------------------===//

#include "lowering/ExpandMath.h"
#include "lowering/Passes.h"
#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"
#include "lowering/cpu/VectorRegions.h"
#include "passes/TargetOption.h"

#include "dialect/nn/NN.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace attn {
#define GEN_PASS_DEF_CPULOOPNEST
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Whether an index may lie outside
//===----------------------------------------------------------------------===//

/// Whether the expression never falls where an index grows.
static bool isMonotone(AffineExpr expression) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expression);
  if (!binary)
    return true;
  if (expression.getKind() == AffineExprKind::Add)
    return isMonotone(binary.getLHS()) && isMonotone(binary.getRHS());
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return expression.getKind() != AffineExprKind::Mod && constant && constant.getValue() >= 0 &&
         isMonotone(binary.getLHS());
}

/// The value of the expression where each index is its loop's size less 1, or 0; nothing where a size is not known.
static std::optional<int64_t> evaluateAt(AffineExpr expression, ArrayRef<int64_t> sizes, bool atEnd) {
  SmallVector<AffineExpr> indices;
  for (auto [loop, size] : llvm::enumerate(sizes)) {
    if (atEnd && expression.isFunctionOfDim(loop) && ShapedType::isDynamic(size))
      return std::nullopt;
    indices.push_back(getAffineConstantExpr(atEnd ? size - 1 : 0, expression.getContext()));
  }
  auto value = dyn_cast<AffineConstantExpr>(expression.replaceDims(indices));
  return value ? std::optional(value.getValue()) : std::nullopt;
}

/// Whether an index of a dimension of `size` has to be compared with it. Dynamic sizes along one loop agree.
static bool mayBeOutside(AffineExpr index, int64_t size, ArrayRef<int64_t> sizes) {
  if (auto alone = dyn_cast<AffineDimExpr>(index); alone && ShapedType::isDynamic(size))
    return !ShapedType::isDynamic(sizes[alone.getPosition()]);
  std::optional<int64_t> least = evaluateAt(index, sizes, false), most = evaluateAt(index, sizes, true);
  return ShapedType::isDynamic(size) || !isMonotone(index) || !least || !most || *least < 0 || *most >= size;
}

//===----------------------------------------------------------------------===//
// Folds on lanes
//===----------------------------------------------------------------------===//

namespace {
/// How the accumulators of lanes become one.
struct LaneFold {
  vector::CombiningKind kind;
  TypedAttr neutral;
};
} // namespace

/// The fold, where the region ends in a sum or maximum that alone uses the accumulator.
static std::optional<LaneFold> findLaneFold(nn::GenericOp op) {
  if (!op.getInit())
    return std::nullopt;
  Block &body = op.getBody().front();
  BlockArgument accumulator = body.getArgument(op.getInputs().size());
  Operation *last = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!last || !accumulator.hasOneUse() || *accumulator.user_begin() != last)
    return std::nullopt;
  Builder builder(op.getContext());
  if (isa<arith::AddFOp>(last))
    return LaneFold{vector::CombiningKind::ADD, builder.getF32FloatAttr(0)};
  if (isa<arith::MaximumFOp>(last))
    return LaneFold{vector::CombiningKind::MAXIMUMF, builder.getF32FloatAttr(-std::numeric_limits<float>::infinity())};
  if (isa<arith::AddIOp>(last))
    return LaneFold{vector::CombiningKind::ADD, builder.getI32IntegerAttr(0)};
  if (isa<arith::OrIOp>(last) && last->getResult(0).getType().isInteger(32))
    return LaneFold{vector::CombiningKind::OR, builder.getI32IntegerAttr(0)};
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

namespace {
class LoopNestCode {
public:
  LoopNestCode(tile::KernelOp kernel, nn::GenericOp op, const Target &target)
      : kernel(kernel), op(op), b(op, target), rank(op.getOutputType().getRank()), loops(op.getNumLoops()),
        laneFold(findLaneFold(op)) {}

  LogicalResult emit();

private:
  void findShapes();
  bool runsOnLanes(unsigned loop);
  /// The loops of the result from `loop` on, and what they store.
  void emitLoops(unsigned loop);
  /// The element at the indices, or a vector of them along `onLanes`.
  void emitElement(std::optional<unsigned> onLanes);
  Value fold(unsigned loop, Value accumulator, std::optional<unsigned> onLanes);
  Value foldLanes(Value accumulator);
  Value evaluate(Value accumulator, std::optional<unsigned> onLanes);
  Value load(unsigned input, std::optional<unsigned> onLanes);
  /// The multiple of the lanes in the loop's size.
  Value wholeVectors(unsigned loop) { return b.mul(b.divide(extents[loop], b.lanes), b.lanes); }
  bool hasRest(unsigned loop) const { return ShapedType::isDynamic(sizes[loop]) || sizes[loop] % b.lanes != 0; }

  tile::KernelOp kernel;
  nn::GenericOp op;
  VectorBuilder b;
  const unsigned rank, loops;
  const std::optional<LaneFold> laneFold;
  SmallVector<SmallVector<int64_t>> shapes; ///< of the inputs, logical
  SmallVector<int64_t> sizes;               ///< of the loops; dynamic where not known
  SmallVector<Value> extents, at;           ///< of the loops: sizes, and the indices where code is built
  bool isCarried = true;
};
} // namespace

/// What types say is read before weights become memory.
void LoopNestCode::findShapes() {
  for (unsigned input = 0, e = op.getInputs().size(); input != e; ++input)
    shapes.emplace_back(op.getInputShape(input));
  for (unsigned loop = 0; loop != loops; ++loop) {
    if (loop < rank) {
      sizes.push_back(op.getOutputType().getDimSize(loop));
      continue;
    }
    auto [input, dimension] = *op.findIndexedAlone(loop);
    sizes.push_back(shapes[input][dimension]);
  }
}

bool LoopNestCode::runsOnLanes(unsigned loop) {
  if (!ShapedType::isDynamic(sizes[loop]) && sizes[loop] < b.lanes)
    return false;
  if (loop < rank && op.getOutputType().getElementType().isInteger(1))
    return false;
  for (unsigned input = 0, e = shapes.size(); input != e; ++input) {
    auto isBits = [&] { return op.getBody().getArgument(input).getType().isInteger(1); };
    for (auto [dimension, index] : llvm::enumerate(op.getMap(input).getResults())) {
      if (!index.isFunctionOfDim(loop))
        continue;
      bool liesAlong = isa<AffineDimExpr>(index) && dimension + 1 == shapes[input].size();
      if (!liesAlong || isBits() || mayBeOutside(index, shapes[input][dimension], sizes))
        return false;
    }
  }
  return true;
}

/// An index outside reads 0.
Value LoopNestCode::load(unsigned input, std::optional<unsigned> onLanes) {
  Value memref = op.getInputs()[input];
  AffineMap map = op.getMap(input);
  SmallVector<Value> indices;
  Value isInside;
  for (auto [dimension, expression] : llvm::enumerate(map.getResults())) {
    indices.push_back(affine::expandAffineExpr(b, b.getLoc(), expression, at, {}));
    if (!mayBeOutside(expression, shapes[input][dimension], sizes))
      continue;
    // Unsigned: what is negative is outside, too.
    Value size = memref::DimOp::create(b, memref, dimension);
    Value holds = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, indices.back(), size);
    isInside = isInside ? Value(arith::AndIOp::create(b, isInside, holds)) : holds;
  }
  bool isVector = onLanes && map.isFunctionOfDim(*onLanes);
  auto read = [&] {
    Value element = isVector ? b.loadVector(memref, indices, b.lanes) : b.load(memref, indices);
    return isa<FloatType>(getElementTypeOrSelf(element.getType())) ? b.toF32(element) : element;
  };
  if (!isInside)
    return read();
  Type scalar = op.getBody().getArgument(input).getType();
  Type type = isVector ? Type(b.vectorOf(scalar)) : scalar;
  auto branch = scf::IfOp::create(b, type, isInside, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, read());
  b.setInsertionPointToStart(branch.elseBlock());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  scf::YieldOp::create(b, zero);
  return branch.getResult(0);
}

Value LoopNestCode::evaluate(Value accumulator, std::optional<unsigned> onLanes) {
  SmallVector<Value> arguments;
  for (unsigned input = 0, e = shapes.size(); input != e; ++input)
    arguments.push_back(load(input, onLanes));
  if (accumulator)
    arguments.push_back(accumulator);
  for (unsigned loop = 0; loop != loops; ++loop) {
    Value index = b.i32(at[loop]);
    if (onLanes == loop)
      index = arith::AddIOp::create(b, b.splat(index), b.laneNumbers());
    arguments.push_back(index);
  }
  FailureOr<Value> value = inlineOnLanes(b, op.getBody().front(), arguments);
  isCarried &= succeeded(value);
  Value result = succeeded(value) ? *value : arguments.front();
  return onLanes && !isa<VectorType>(result.getType()) ? b.splat(result) : result;
}

/// Lanes have accumulators of their own, which join that of before when the loop is done.
Value LoopNestCode::foldLanes(Value accumulator) {
  unsigned loop = loops - 1;
  Value neutral = arith::ConstantOp::create(b, laneFold->neutral), whole = wholeVectors(loop);
  Value lanes = b.loop(b.index(0), whole, b.lanes, b.splat(neutral), [&](Value index, ValueRange carried) {
                   at[loop] = index;
                   return VectorBuilder::Carried{evaluate(carried.front(), loop)};
                 }).front();
  bool isFloatSum = laneFold->kind == vector::CombiningKind::ADD && isa<FloatType>(neutral.getType());
  Value joined = isFloatSum ? sumLanes(b, lanes) : Value(vector::ReductionOp::create(b, laneFold->kind, lanes));
  Value result = vector::makeArithReduction(b, b.getLoc(), laneFold->kind, accumulator, joined);
  if (!hasRest(loop))
    return result;
  return b
      .loop(whole, extents[loop], 1, result,
            [&](Value index, ValueRange carried) {
              at[loop] = index;
              return VectorBuilder::Carried{evaluate(carried.front(), std::nullopt)};
            })
      .front();
}

Value LoopNestCode::fold(unsigned loop, Value accumulator, std::optional<unsigned> onLanes) {
  if (loop == loops)
    return evaluate(accumulator, onLanes);
  if (loop + 1 == loops && !onLanes && laneFold && runsOnLanes(loop))
    return foldLanes(accumulator);
  return b
      .loop(b.index(0), extents[loop], 1, accumulator,
            [&](Value index, ValueRange carried) {
              at[loop] = index;
              return VectorBuilder::Carried{fold(loop + 1, carried.front(), onLanes)};
            })
      .front();
}

void LoopNestCode::emitElement(std::optional<unsigned> onLanes) {
  Value value;
  if (op.getInit()) {
    Value init = arith::ConstantOp::create(b, *op.getInit());
    value = fold(rank, onLanes ? b.splat(init) : init, onLanes);
  } else {
    value = evaluate(Value(), onLanes);
  }
  Type element = op.getOutputType().getElementType();
  if (isa<FloatType>(element))
    value = b.fromF32(value, element);
  ArrayRef<Value> indices = ArrayRef(at).take_front(rank);
  if (onLanes)
    b.storeVector(value, op.getDestination(), indices);
  else
    b.store(value, op.getDestination(), indices);
}

void LoopNestCode::emitLoops(unsigned loop) {
  if (loop == rank)
    return emitElement(std::nullopt);
  auto onScalars = [&](Value index) {
    at[loop] = index;
    emitLoops(loop + 1);
  };
  if (loop + 1 < rank || !runsOnLanes(loop))
    return b.loop(b.index(0), extents[loop], 1, onScalars);
  Value whole = wholeVectors(loop);
  b.loop(b.index(0), whole, b.lanes, [&](Value index) {
    at[loop] = index;
    emitElement(loop);
  });
  if (hasRest(loop))
    b.loop(whole, extents[loop], 1, onScalars);
}

LogicalResult LoopNestCode::emit() {
  if (!kernel.getPlan())
    return kernel.emitOpError("expects a plan; run attn-plan first");
  findShapes();
  if (failed(lowerArgumentTypes(kernel)))
    return failure();
  for (unsigned loop = 0; loop != loops; ++loop) {
    Value source = op.getDestination();
    unsigned dimension = loop;
    if (loop >= rank) {
      auto indexed = *op.findIndexedAlone(loop);
      source = op.getInputs()[indexed.input];
      dimension = indexed.dimension;
    }
    extents.push_back(ShapedType::isDynamic(sizes[loop]) ? Value(memref::DimOp::create(b, source, dimension))
                                                         : b.index(sizes[loop]));
  }
  at.resize(loops);

  // Round x of the grid's last dimension has its indices x·R … x·R + R − 1, those that exist.
  unsigned last = kernel.getGridIndices().size() - 1;
  for (unsigned loop = 0; loop < last; ++loop)
    at[loop] = kernel.getGridIndices()[loop];
  int64_t rounds = kernel.getPlan()->getRows();
  Value begin = b.mul(kernel.getGridIndices()[last], rounds);
  Value end = b.minimum(b.add(begin, rounds), extents[last]);
  b.loop(begin, end, 1, [&](Value index) {
    at[last] = index;
    emitLoops(last + 1);
  });
  if (!isCarried)
    return failure();
  op.erase();
  return expandMath(kernel);
}

namespace {
struct CpuLoopNest : attn::impl::CpuLoopNestBase<CpuLoopNest> {
  using CpuLoopNestBase::CpuLoopNestBase;

  void runOnOperation() override {
    FailureOr<Target> machine = parseTargetOption(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      auto nests = kernel.getBody().getOps<nn::GenericOp>();
      if (!nests.empty() && failed(LoopNestCode(kernel, *nests.begin(), *machine).emit()))
        return signalPassFailure();
    }
  }
};
} // namespace
