//===- RowWiseRows.cpp - one row of a row-wise kernel at a time ---===//

#include "lowering/cpu/RowWiseRows.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"
#include "runtime/artifact.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Values: from memory, kept, or lazy
//===----------------------------------------------------------------------===//

static bool isElementwise(Operation *op) { return isa_and_nonnull<nn::AddOp, nn::MulOp, nn::SiluOp, nn::CastOp>(op); }

/// The value behind views, which are the same row.
static Value behindViews(Value value) {
  while (isa_and_nonnull<nn::SplitHeadsOp, nn::MergeHeadsOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// The memref that a value is loaded from; null where it is computed.
static Value memoryOf(Value value) {
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
  while (isa<nn::SplitHeadsOp, nn::MergeHeadsOp>(user) && user->hasOneUse())
    user = *user->user_begin();
  return isElementwise(user) || isa<nn::QuantizeOp, AppendOp>(user) ||
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
  bool isKept =
      isa<nn::EmbedOp, nn::RmsNormOp, nn::LastOp, RotaryOp>(op) || (isElementwise(op) && !isLazy(op->getResult(0)));
  if (isKept)
    kept[op->getResult(0)] = makeScratch(b, {featuresOf(op->getResult(0))}, b.getF32Type());
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
  Value x = evaluate(op->getOperand(0), part);
  if (isa<nn::SiluOp>(op))
    return arith::MulFOp::create(b, x, sigmoid(b, x));
  if (isa<nn::CastOp>(op))
    return x; // the result's type rounds
  Value y = evaluate(op->getOperand(1), part);
  if (isa<nn::AddOp>(op))
    return arith::AddFOp::create(b, x, y);
  return arith::MulFOp::create(b, x, y);
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
  if (auto embed = dyn_cast<nn::EmbedOp>(op))
    return emitEmbed(embed);
  if (auto norm = dyn_cast<nn::RmsNormOp>(op))
    return emitRmsNorm(norm);
  if (auto quantize = dyn_cast<nn::QuantizeOp>(op))
    return emitQuantize(quantize);
  if (auto last = dyn_cast<nn::LastOp>(op))
    return emitLast(last);
  if (auto rotary = dyn_cast<RotaryOp>(op))
    return emitRotary(rotary);
  if (auto append = dyn_cast<AppendOp>(op))
    return emitAppend(append);
  // Descriptions, which the ops above read.
  if (isa<bufferization::ToTensorOp, bufferization::MaterializeInDestinationOp, nn::SplitHeadsOp, nn::MergeHeadsOp,
          PaddedOp, PackedOp>(op) ||
      op->hasTrait<OpTrait::ConstantLike>())
    return success();
  return op->emitOpError("cannot stand in a row-wise kernel; attn-outline makes kernels of row-wise ops only");
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

LogicalResult RowCode::emitEmbed(nn::EmbedOp op) {
  Value token = memref::LoadOp::create(b, memoryOf(op.getTokens()), row);
  int64_t vocabulary = cast<MemRefType>(op.getTable().getType()).getShape().front();
  // Unsigned: a negative token is outside too. The row of token 0 stands in, and the task says that it failed.
  Value known =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, token, arith::ConstantIntOp::create(b, vocabulary, 32));
  Value zero = arith::ConstantIntOp::create(b, 0, 32);
  code = arith::SelectOp::create(b, known, code, arith::ConstantIntOp::create(b, ATTN_KERNEL_INDEX_OUT_OF_RANGE, 32));
  Value place = arith::IndexCastOp::create(b, b.getIndexType(), arith::SelectOp::create(b, known, token, zero));
  keepAll(op.getResult(), featuresOf(op.getResult()),
          [&](const Part &part) { return loadStored(op.getTable(), place, flat(part), part.mask); });
  return success();
}

LogicalResult RowCode::emitRmsNorm(nn::RmsNormOp op) {
  Value input = op.getInput();
  int64_t features = featuresOf(input), width = segmentWidth(input);
  auto vectorType = VectorType::get(lanes(), b.getF32Type());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(vectorType));
  Value squares = forEachPart(features, width, zero, [&](const Part &part, ValueRange sum) -> SmallVector<Value> {
                    Value x = evaluate(input, part);
                    return {vector::FMAOp::create(b, x, x, sum.front())};
                  }).front();
  Value sum = sumLanes(b, squares);
  Value mean = arith::DivFOp::create(b, sum, constantLike(b, sum, features));
  Value root =
      math::SqrtOp::create(b, arith::AddFOp::create(b, mean, arith::ConstantOp::create(b, op.getEpsilonAttr())));
  Value factor = splat(b, arith::DivFOp::create(b, constantLike(b, root, 1.0), root), lanes());
  keepAll(op.getResult(), width, [&](const Part &part) -> Value {
    Value gain = loadStored(op.getGain(), {}, flat(part), part.mask);
    return arith::MulFOp::create(b, arith::MulFOp::create(b, evaluate(input, part), factor), gain);
  });
  return success();
}

LogicalResult RowCode::emitQuantize(nn::QuantizeOp op) {
  int64_t width = segmentWidth(op.getInput());
  if (width % lanes() != 0)
    return op.emitOpError() << "expects heads of a multiple of " << lanes() << " features, but got " << width;
  SmallVector<Value> destinations;
  for (Operation *user : op.getResult().getUsers()) {
    auto result = dyn_cast<bufferization::MaterializeInDestinationOp>(user);
    if (!result)
      return op.emitOpError("expects its result to be a result of the kernel; no row-wise op reads quantised rows");
    destinations.push_back(result.getDest());
  }
  auto bytes = [&](Value scalar) {
    Value one = vector::BroadcastOp::create(b, VectorType::get(1, scalar.getType()), scalar);
    return vector::BitCastOp::create(b, VectorType::get(4, b.getI8Type()), one).getResult();
  };
  makeLoop(b, 0, featuresOf(op.getInput()) / blockElements, 1, {}, [&](Value block, ValueRange) {
    SmallVector<Value> parts;
    Value greatest;
    for (int64_t first = 0; first < blockElements; first += lanes()) {
      parts.push_back(evaluate(op.getInput(), {block, index(first), {}, blockElements}));
      Value absolute = math::AbsFOp::create(b, parts.back());
      Value above =
          greatest ? arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, greatest, absolute).getResult() : Value();
      greatest = greatest ? arith::SelectOp::create(b, above, greatest, absolute).getResult() : absolute;
    }
    Value bound = maxLanes(b, greatest);
    Value scale = arith::DivFOp::create(b, bound, constantLike(b, bound, 127.0));
    Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, scale, constantLike(b, scale, 0.0));
    Value divisor = splat(b, arith::SelectOp::create(b, isZero, constantLike(b, scale, 1.0), scale), lanes());
    Value sum;
    for (Value &part : parts) {
      part = roundEven(b, arith::DivFOp::create(b, part, divisor));
      sum = sum ? arith::AddFOp::create(b, sum, part).getResult() : part;
    }
    Value weighted = arith::MulFOp::create(b, scale, sumLanes(b, sum));
    for (Value destination : destinations) {
      auto store = [&](Value vector, int64_t offset) {
        SmallVector<Value> indices(row);
        indices.append({block, index(offset)});
        vector::StoreOp::create(b, vector, destination, indices);
      };
      store(bytes(scale), 0);
      store(bytes(weighted), 4);
      for (auto [number, part] : llvm::enumerate(parts)) {
        Value integers = arith::FPToSIOp::create(b, VectorType::get(lanes(), b.getI32Type()), part);
        store(arith::TruncIOp::create(b, VectorType::get(lanes(), b.getI8Type()), integers), 8 + number * lanes());
      }
    }
    return SmallVector<Value>();
  });
  return success();
}

LogicalResult RowCode::emitLast(nn::LastOp op) {
  Value memory = memoryOf(op.getInput());
  if (!memory)
    return op.emitOpError("expects its input to come from memory; its rows are not those of this kernel");
  Value length = lengthAt(op.getLengths()), zero = index(0);
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, length, zero);
  Value position = arith::MaxSIOp::create(b, arith::SubIOp::create(b, length, index(1)), zero);
  SmallVector<Value> leading = {row.front(), position};
  Value mask = splat(b, exists, lanes());
  keepAll(op.getResult(), featuresOf(op.getResult()), [&](const Part &part) {
    Value existing = part.mask ? arith::AndIOp::create(b, mask, part.mask).getResult() : mask;
    return numbers.load(memory, indicesInto(memory, part, leading), lanes(), existing);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// Results of equal features go in one loop, which computes all of a part before it stores any: a destination may be
/// an input. Results that differ in features are all kept before.
void RowCode::store() {
  SmallVector<bufferization::MaterializeInDestinationOp> rest;
  for (bufferization::MaterializeInDestinationOp result : results)
    if (!result.getSource().getDefiningOp<nn::QuantizeOp>())
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
