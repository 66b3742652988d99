//===- RowWiseRows.cpp - one row of a row-wise kernel at a time ---===//

#include "lowering/cpu/RowWiseRows.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/ScalarCode.h"

#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Values: from memory, kept, or lazy
//===----------------------------------------------------------------------===//

static bool isElementwise(Operation *op) { return isa_and_nonnull<ElementwiseOpInterface>(op); }

/// The value behind views, which are the same row.
static Value behindViews(Value value) {
  while (nn::isRowView(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

Value RowCode::memoryOf(Value value) {
  auto enter = behindViews(value).getDefiningOp<bufferization::ToTensorOp>();
  return enter ? Value(enter.getBuffer()) : Value();
}

RowCode::RowCode(ImplicitLocOpBuilder &builder, const Target &target, unsigned rowRank, Results results)
    : b(builder), target(target), numbers(builder, target), rowRank(rowRank), results(results) {
  resultsAreEqual = llvm::all_of(results, [&](bufferization::MaterializeInDestinationOp result) {
    return featuresOf(result.getSource()) == featuresOf(this->results.front()->getOperand(0));
  });
}

int64_t RowCode::featuresOf(Value value) const {
  int64_t features = 1;
  for (int64_t size : cast<ShapedType>(value.getType()).getShape().drop_front(rowRank))
    features *= size;
  return features;
}

bool RowCode::isLazy(Value value) const {
  if (!isElementwise(value.getDefiningOp()) || !value.hasOneUse())
    return false;
  Operation *user = *value.user_begin();
  while (nn::isRowView(user) && user->hasOneUse())
    user = *user->user_begin();
  return isElementwise(user) || isa<nn::QuantizeOp, nn::AddPositionsOp, AppendOp>(user) ||
         (isa<bufferization::MaterializeInDestinationOp>(user) && resultsAreEqual);
}

void RowCode::reserve(Operation *op) {
  if (auto rotary = dyn_cast<RotaryOp>(op)) {
    Angles &table = anglesOf(rotary);
    if (table.owner == rotary) {
      int64_t pairs = rotary.getWidth().value_or(cast<ShapedType>(op->getResult(0).getType()).getShape().back()) / 2;
      SmallVector<int64_t> size = {static_cast<int64_t>(llvm::alignTo(pairs, lanes()))};
      table.cos = makeScratch(b, size, b.getF32Type());
      table.sin = makeScratch(b, size, b.getF32Type());
    }
  }
  if (!isa<RowWiseOpInterface>(op) || isa<nn::QuantizeOp>(op))
    return;
  for (Value result : op->getResults())
    if (!isLazy(result)) {
      Type element = cast<ShapedType>(result.getType()).getElementType();
      kept[result] = makeScratch(b, {featuresOf(result)}, element.isInteger() ? element : b.getF32Type());
    }
}

//===----------------------------------------------------------------------===//
// Parts of a row
//===----------------------------------------------------------------------===//

SmallVector<Value> RowCode::forEachPart(int64_t features, int64_t width, ValueRange inits, PartCode code) {
  int64_t whole = width / lanes() * lanes();
  return makeLoop(b, 0, features / width, 1, inits, [&](Value segment, ValueRange carried) {
    SmallVector<Value> next = makeLoop(b, 0, whole, lanes(), carried, [&](Value offset, ValueRange inner) {
      return code({segment, offset, {}, width}, inner);
    });
    if (whole < width)
      next = code({segment, index(whole), firstLanes(b, width - whole, lanes()), width}, next);
    return next;
  });
}

void RowCode::forEachPart(int64_t features, int64_t width, function_ref<void(const Part &)> code) {
  forEachPart(features, width, {}, [&](const Part &part, ValueRange) {
    code(part);
    return SmallVector<Value>();
  });
}

Value RowCode::flat(const Part &part) const {
  Value begin = arith::MulIOp::create(b, part.segment, arith::ConstantIndexOp::create(b, part.width));
  return arith::AddIOp::create(b, begin, part.offset);
}

/// The greatest width such that parts lie in one head of every value.
int64_t RowCode::segmentWidth(ValueRange values) const {
  int64_t width = 0;
  for (Value value : values) {
    if (!isa<RankedTensorType>(value.getType()))
      continue; // a weight, whose elements are taken as they come
    Value memory = memoryOf(value), inner = behindViews(value);
    if (memory)
      width = std::gcd(width, cast<MemRefType>(memory.getType()).getShape().back());
    else if (isLazy(inner))
      width = std::gcd(width, segmentWidth(inner.getDefiningOp()->getOperands()));
    else
      width = std::gcd(width, featuresOf(inner));
  }
  return width;
}

/// A part in a memref whose last one or two dimensions are the features.
SmallVector<Value> RowCode::indicesInto(Value memref, const Part &part, ValueRange leading) const {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<Value> indices(leading);
  if (type.getRank() == static_cast<int64_t>(leading.size()) + 1) {
    indices.push_back(flat(part));
  } else if (type.getShape().back() == part.width) {
    indices.append({part.segment, part.offset});
  } else {
    Value head = arith::ConstantIndexOp::create(b, type.getShape().back()), feature = flat(part);
    indices.push_back(arith::DivUIOp::create(b, feature, head));
    indices.push_back(arith::RemUIOp::create(b, feature, head));
  }
  return indices;
}

void RowCode::keep(Value value, Value vector, const Part &part) {
  Value rounded = numbers.roundedTo(vector, cast<ShapedType>(value.getType()).getElementType());
  numbers.store(rounded, kept.lookup(value), flat(part), part.mask);
}

void RowCode::keepAll(Value value, int64_t width, function_ref<Value(const Part &)> code) {
  forEachPart(featuresOf(value), width, [&](const Part &part) { keep(value, code(part), part); });
}

Value RowCode::evaluate(Value value, const Part &part) {
  if (Value memory = memoryOf(value))
    return numbers.load(memory, indicesInto(memory, part, row), lanes(), part.mask);
  value = behindViews(value);
  if (Value scratch = kept.lookup(value))
    return numbers.load(scratch, flat(part), lanes(), part.mask);
  Value result = evaluateOp(value.getDefiningOp(), part);
  return numbers.roundedTo(result, cast<ShapedType>(value.getType()).getElementType());
}

Value RowCode::evaluateOp(Operation *op, const Part &part) {
  Block scalars;
  SmallVector<Value> vectors;
  for (Value operand : op->getOperands()) {
    scalars.addArgument(b.getF32Type(), op->getLoc());
    vectors.push_back(isa<RankedTensorType>(operand.getType()) ? evaluate(operand, part)
                                                               : loadStored(operand, {}, flat(part), part.mask));
  }
  OpBuilder inside(b.getContext());
  inside.setInsertionPointToEnd(&scalars);
  Value result = cast<ElementwiseOpInterface>(op).buildScalar(inside, scalars.getArguments());
  FailureOr<Value> vector = inlineScalars(b, scalars, vectors, result, lanes());
  assert(succeeded(vector) && "buildScalar uses what kernels have on vectors");
  return *vector;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emit(Operation *op, ValueRange indices) {
  row.assign(indices.begin(), indices.end());
  for (Value result : op->getResults())
    if (auto type = dyn_cast<RankedTensorType>(result.getType());
        type && isa<nn::NNDialect>(op->getDialect()) &&
        ShapedType::isDynamicShape(type.getShape().drop_front(std::min<int64_t>(rowRank, type.getRank()))))
      return op->emitOpError("expects features of static size in a row-wise kernel");
  if (isElementwise(op))
    return emitElementwise(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<nn::EmbedOp>([&](auto op) { return emitEmbed(op); })
      .Case<nn::RmsNormOp>([&](auto op) { return emitRmsNorm(op); })
      .Case<nn::LayerNormOp>([&](auto op) { return emitLayerNorm(op); })
      .Case<nn::L2NormOp>([&](auto op) { return emitL2Norm(op); })
      .Case<nn::SoftmaxOp, nn::LogSoftmaxOp>([&](auto op) { return emitSoftmax(op); })
      .Case<nn::ArgmaxOp>([&](nn::ArgmaxOp op) {
        emitGreatest(op.getInput(), 1, Value(), op.getIndices());
        return success();
      })
      .Case<nn::TopKOp>([&](nn::TopKOp op) {
        emitGreatest(op.getInput(), featuresOf(op.getValues()), op.getValues(), op.getIndices());
        return success();
      })
      .Case<nn::QuantizeOp>([&](auto op) { return emitQuantize(op); })
      .Case<nn::PoolOp>([&](auto op) { return emitPool(op); })
      .Case<nn::PrependOp>([&](auto op) { return emitPrepend(op); })
      .Case<nn::PatchifyOp>([&](auto op) { return emitPatchify(op); })
      .Case<nn::AddPositionsOp>([&](auto op) { return emitAddPositions(op); })
      .Case<RotaryOp>([&](auto op) { return emitRotary(op); })
      .Case<AppendOp>([&](auto op) { return emitAppend(op); })
      // Descriptions, which the ops above read.
      .Case<bufferization::ToTensorOp, bufferization::MaterializeInDestinationOp, nn::SplitHeadsOp, nn::MergeHeadsOp,
            PaddedOp, PackedOp>([](auto) { return success(); })
      .Default([](Operation *op) -> LogicalResult {
        if (op->hasTrait<OpTrait::ConstantLike>())
          return success();
        return op->emitOpError("cannot stand in a row-wise kernel; attn-outline makes kernels of row-wise ops only");
      });
}

LogicalResult RowCode::emitElementwise(Operation *op) {
  Value result = op->getResult(0);
  if (!isLazy(result))
    keepAll(result, segmentWidth(op->getOperands()), [&](const Part &part) { return evaluateOp(op, part); });
  return success();
}

/// A vector of a stored row of a weight.
Value RowCode::loadStored(Value weight, ValueRange leading, Value feature, Value mask) {
  auto type = cast<MemRefType>(weight.getType());
  StorageFormat format = storageFormatOf(type);
  SmallVector<Value> indices(leading);
  if (!isBlockFormat(format)) {
    indices.push_back(feature);
    return numbers.load(weight, indices, lanes(), mask);
  }
  Value size = index(blockElements);
  indices.push_back(arith::DivUIOp::create(b, feature, size));
  NumberLoader::Header header = numbers.loadHeader(format, weight, indices);
  return numbers.loadBlockPart(format, weight, indices, header, arith::RemUIOp::create(b, feature, size), lanes());
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void RowCode::storeIndices(bufferization::MaterializeInDestinationOp result) {
  Value scratch = kept.lookup(result.getSource()), destination = result.getDest();
  bool isScalar = cast<MemRefType>(destination.getType()).getRank() == static_cast<int64_t>(rowRank);
  makeLoop(b, 0, featuresOf(result.getSource()), 1, {}, [&](Value feature, ValueRange) {
    SmallVector<Value> place(row);
    if (!isScalar)
      place.push_back(feature);
    memref::StoreOp::create(b, memref::LoadOp::create(b, scratch, feature), destination, place);
    return SmallVector<Value>();
  });
}

/// Results of equal features go in one loop, which computes all of a part before it stores any: a destination may be
/// an input. Results that differ in features are all kept before.
void RowCode::store() {
  SmallVector<bufferization::MaterializeInDestinationOp> rest;
  for (bufferization::MaterializeInDestinationOp result : results)
    if (cast<ShapedType>(result.getSource().getType()).getElementType().isInteger(32))
      storeIndices(result);
    else if (!result.getSource().getDefiningOp<nn::QuantizeOp>())
      rest.push_back(result);
  while (!rest.empty()) {
    int64_t features = featuresOf(rest.front().getSource());
    SmallVector<bufferization::MaterializeInDestinationOp> group;
    llvm::erase_if(rest, [&](bufferization::MaterializeInDestinationOp result) {
      bool joins = featuresOf(result.getSource()) == features;
      if (joins)
        group.push_back(result);
      return joins;
    });
    int64_t width = 0;
    for (bufferization::MaterializeInDestinationOp result : group)
      width = std::gcd(std::gcd(width, segmentWidth(Value(result.getSource()))),
                       cast<MemRefType>(result.getDest().getType()).getShape().back());
    forEachPart(features, width, [&](const Part &part) {
      SmallVector<Value> vectors;
      for (bufferization::MaterializeInDestinationOp result : group)
        vectors.push_back(evaluate(result.getSource(), part));
      for (auto [result, vector] : llvm::zip_equal(group, vectors))
        numbers.store(vector, result.getDest(), indicesInto(result.getDest(), part, row), part.mask);
    });
  }
}
