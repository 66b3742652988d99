//===- ContractTile.cpp - a few rows by a few output features of a linear layer ---===//

#include "lowering/cpu/ContractTile.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// The choice of tile
//===----------------------------------------------------------------------===//

/// The greatest power of two that is at most `value`, at least 1.
static int64_t floorPowerOfTwo(int64_t value) { return value < 1 ? 1 : int64_t(1) << llvm::Log2_64(value); }

ContractTile::ContractTile(ImplicitLocOpBuilder &builder, const Target &target, Value input, ValueRange weights,
                           nn::WeightType shape, StorageFormat format, Task task)
    : b(builder), target(target), numbers(builder, target), input(input), weights(weights),
      outputs(shape.getShape()[0]), inputs(shape.getShape()[1]), format(format), task(task) {
  Type element = cast<MemRefType>(input.getType()).getElementType();
  inputIsQuantized = element.isInteger(8);
  product = Product::f32;
  if (target.avx512bf16 && ((element.isBF16() && (task.isMatrix() || format == StorageFormat::bf16)) ||
                            (inputIsQuantized && task.isMatrix())))
    product = Product::bf16;
  else if (inputIsQuantized && isBlockFormat(format))
    product = Product::int8;
  else if (!task.isMatrix() && isBlockFormat(format))
    product = Product::blocks;

  // Accumulators take most of the registers; what remains holds one input vector and the weights' vectors.
  int64_t count = weights.size();
  bool many = target.vectorRegisters >= 32;
  if (!task.isMatrix()) {
    tileRows = 1;
    tileFeatures = 4; // whose lanes are summed together
  } else {
    int64_t accumulators = product == Product::int8 ? (many ? 16 : 6) : (many ? 24 : 12);
    int64_t wanted = product == Product::int8 ? (many ? 4 : 3) : (many ? 6 : 3);
    tileFeatures = floorPowerOfTwo(accumulators / wanted / count);
    tileRows = std::clamp<int64_t>(accumulators / (tileFeatures * count), 1, wanted);
  }

  int64_t width = llvm::alignTo(inputs, blockElements);
  bool isStoredSo = product == Product::f32 ? format == StorageFormat::f32 : format == StorageFormat::bf16;
  if (task.isMatrix() && product != Product::int8 && !isStoredSo)
    panel = makeScratch(b, {count * task.features, width},
                        product == Product::f32 ? Type(b.getF32Type()) : Type(b.getBF16Type()));
  if (inputIsQuantized && product == Product::bf16)
    inputPanel = makeScratch(b, {task.rows, width}, b.getBF16Type());
  bool readsNibbles = product == Product::blocks && format != StorageFormat::q8_0;
  nibblesInPairs = readsNibbles && target.avx512bf16 && element.isBF16();
  if (product == Product::blocks && !nibblesInPairs && !element.isF32())
    inputPanel = makeScratch(b, {tileRows, width}, b.getF32Type());
  if (readsNibbles)
    inputSums = makeScratch(b, {tileRows, width / blockElements * lanes()}, b.getF32Type());
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

ContractTile::Values ContractTile::at(const Values &leading, Value last) const {
  Values indices = leading;
  indices.push_back(last);
  return indices;
}

Value ContractTile::elementOf(const Step &step, int64_t offset) {
  Value begin = arith::MulIOp::create(b, step.block, numbers.index(blockElements));
  return arith::AddIOp::create(b, begin, numbers.index(offset));
}

/// The output feature, which in the last tile of a layer may lie beyond its end: the last one stands in.
Value ContractTile::featureIndex(Value first, Value local) {
  Value feature = arith::AddIOp::create(b, first, local);
  return outputs % tileFeatures == 0 ? feature
                                     : arith::MinSIOp::create(b, feature, numbers.index(outputs - 1)).getResult();
}

/// How many rows of weights are fetched ahead: without it the machine loses the stream at the end of each row, which is
/// only some hundred bytes.
static constexpr int64_t rowsAhead = 8;

SmallVector<ContractTile::Place> ContractTile::places(Value first, Value local) {
  SmallVector<Place> result;
  for (auto [w, weight] : llvm::enumerate(weights)) {
    for (int64_t f = 0; f < tileFeatures; ++f) {
      Value feature = arith::AddIOp::create(b, local, numbers.index(f));
      if (panel) {
        result.push_back({panel, {arith::AddIOp::create(b, feature, numbers.index(w * task.features))}, {}});
        continue;
      }
      result.push_back({weight, {featureIndex(first, feature)}, {}});
      if (!task.isMatrix()) {
        Value later = arith::AddIOp::create(b, arith::AddIOp::create(b, first, feature), numbers.index(rowsAhead));
        result.back().ahead = {arith::MinSIOp::create(b, later, numbers.index(outputs - 1))};
      }
    }
  }
  return result;
}

void ContractTile::fetchAhead(const Step &step, const Place &place) {
  if (place.ahead.empty())
    return;
  auto type = cast<MemRefType>(place.memref.getType());
  int64_t perLine = 64 * 8 / type.getElementTypeBitWidth();
  for (int64_t offset = 0; offset < (isBlockFormat(format) ? 1 : step.count); offset += perLine) {
    Values indices = at(place.ahead, isBlockFormat(format) ? step.block : elementOf(step, offset));
    if (isBlockFormat(format))
      indices.push_back(numbers.index(0));
    memref::PrefetchOp::create(b, place.memref, indices, /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
  }
}

/// for each weight, feature of the task, block of 32: panel[feature, …] = stored[first + feature, …]
void ContractTile::prepareWeights(Value first, Value count) {
  if (!panel)
    return;
  Value size = numbers.index(tileFeatures);
  Value rounded = arith::MulIOp::create(b, arith::CeilDivUIOp::create(b, count, size), size);
  for (auto [w, weight] : llvm::enumerate(weights)) {
    makeLoop(b, numbers.index(0), rounded, 1, {}, [&, w = w, weight = weight](Value local, ValueRange) {
      Values from = {featureIndex(first, local)},
             to = {arith::AddIOp::create(b, local, numbers.index(w * task.features))};
      auto convert = [&](const Step &step) {
        NumberLoader::Header header;
        if (isBlockFormat(format))
          header = numbers.loadHeader(format, weight, at(from, step.block));
        for (int64_t offset = 0; offset < blockElements; offset += lanes()) {
          Value vector;
          if (isBlockFormat(format))
            vector =
                numbers.loadBlockPart(format, weight, at(from, step.block), header, numbers.index(offset), lanes());
          else if (offset < step.count)
            vector = numbers.load(weight, at(from, elementOf(step, offset)), lanes(),
                                  firstLanes(b, step.count - offset, lanes()));
          else
            vector = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(lanes(), b.getF32Type())));
          numbers.store(vector, panel, at(to, elementOf(step, offset)));
        }
      };
      makeLoop(b, 0, inputs / blockElements, 1, {}, [&](Value block, ValueRange) {
        convert({block, blockElements});
        return Values();
      });
      if (inputs % blockElements)
        convert({numbers.index(inputs / blockElements), inputs % blockElements});
      return Values();
    });
  }
}

void ContractTile::prepareInput(Value begin, Value end, function_ref<Values(Value)> rowIndices) {
  if (!inputPanel && !inputSums)
    return;
  makeLoop(b, begin, end, 1, {}, [&](Value row, ValueRange) {
    Values from = rowIndices(row), to = {arith::SubIOp::create(b, row, begin)};
    makeLoop(b, 0, inputs / blockElements, 1, {}, [&](Value block, ValueRange) {
      Step step{block, blockElements};
      Value sum;
      for (int64_t offset = 0; offset < blockElements; offset += lanes()) {
        Value part = inputPart(from, step, offset, {});
        sum = sum ? arith::AddFOp::create(b, sum, part).getResult() : part;
        if (inputPanel)
          numbers.store(part, inputPanel, at(to, elementOf(step, offset)));
      }
      if (inputSums)
        vector::StoreOp::create(b, sum, inputSums, at(to, arith::MulIOp::create(b, block, numbers.index(lanes()))));
      return Values();
    });
    return Values();
  });
}

ContractTile::Values ContractTile::placeOf(Value row, Value begin, function_ref<Values(Value)> rowIndices) {
  if (inputPanel)
    return {arith::SubIOp::create(b, row, begin)};
  return rowIndices(row);
}

//===----------------------------------------------------------------------===//
// The tile
//===----------------------------------------------------------------------===//

Value ContractTile::zeroSum() {
  return arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(accumulatorLanes(), b.getF32Type())));
}

/// One row of weights at a time is one stream through memory, which the machine reads twice as fast as the short pieces
/// of many rows. Consecutive blocks add to different sums, so that one addition need not wait for the other.
Value ContractTile::sumOfRow(ArrayRef<Values> row, const Place &place) {
  int64_t blocks = inputs / blockElements, chains = std::clamp<int64_t>(blocks, 1, 4), whole = blocks / chains * chains;
  auto add = [&](const Step &part, Value &sum) { sum = step(part, row, place, sum).front(); };
  Values sums(chains, zeroSum());
  sums = makeLoop(b, 0, whole, chains, sums, [&](Value block, ValueRange carried) {
    Values next(carried);
    for (int64_t chain = 0; chain < chains; ++chain)
      add({arith::AddIOp::create(b, block, numbers.index(chain)), blockElements}, next[chain]);
    return next;
  });
  for (int64_t block = whole; block < blocks; ++block)
    add({numbers.index(block), blockElements}, sums[block - whole]);
  if (inputs % blockElements)
    add({numbers.index(blocks), inputs % blockElements}, sums.back());
  for (int64_t chain = 1; chain < chains; ++chain)
    sums.front() = arith::AddFOp::create(b, sums.front(), sums[chain]);
  return sums.front();
}

void ContractTile::emit(ArrayRef<Values> rowIndices, Value first, Value local, Value sums) {
  SmallVector<Place> stored = places(first, local);
  Values accumulators;
  if (task.isMatrix()) {
    accumulators.assign(rowIndices.size() * stored.size(), zeroSum());
    accumulators = makeLoop(b, 0, inputs / blockElements, 1, accumulators, [&](Value block, ValueRange carried) {
      return step({block, blockElements}, rowIndices, stored, carried);
    });
    if (inputs % blockElements)
      accumulators =
          step({numbers.index(inputs / blockElements), inputs % blockElements}, rowIndices, stored, accumulators);
  } else {
    for (const Place &place : stored)
      accumulators.push_back(sumOfRow(rowIndices, place));
  }

  int64_t group = std::min<int64_t>(tileFeatures, 4);
  ArrayRef<Value> rest = accumulators;
  for (size_t row = 0; row < rowIndices.size(); ++row) {
    for (size_t w = 0; w < weights.size(); ++w) {
      for (int64_t f = 0; f < tileFeatures; f += group, rest = rest.drop_front(group)) {
        Value feature = arith::AddIOp::create(b, local, numbers.index(f));
        vector::StoreOp::create(b, sumLanesOfEach(b, rest.take_front(group)), sums,
                                ValueRange{numbers.index(w), numbers.index(row), feature});
      }
    }
  }
}

ContractTile::Values ContractTile::step(const Step &step, ArrayRef<Values> rowIndices, ArrayRef<Place> stored,
                                        ValueRange sums) {
  switch (product) {
  case Product::f32:
    return stepF32(step, rowIndices, stored, sums);
  case Product::bf16:
    return stepBF16(step, rowIndices, stored, sums);
  case Product::int8:
    return stepInt8(step, rowIndices, stored, sums);
  case Product::blocks:
    return stepBlocks(step, rowIndices, stored, sums);
  }
  llvm_unreachable("all products are listed");
}

/// Multiplies every row by every weight. With one row a weight is used as soon as it is loaded; with more all of them
/// stay in registers.
static void multiplyAll(size_t rows, size_t weights, function_ref<Value(size_t)> weightPart,
                        function_ref<Value(size_t)> rowPart, function_ref<void(Value, Value, size_t)> accumulate) {
  if (rows == 1) {
    Value x = rowPart(0);
    for (size_t p = 0; p < weights; ++p)
      accumulate(x, weightPart(p), p);
    return;
  }
  SmallVector<Value> parts;
  for (size_t p = 0; p < weights; ++p)
    parts.push_back(weightPart(p));
  for (size_t row = 0; row < rows; ++row) {
    Value x = rowPart(row);
    for (size_t p = 0; p < weights; ++p)
      accumulate(x, parts[p], row * weights + p);
  }
}

/// A vector of the input in f32.
Value ContractTile::inputPart(const Values &row, const Step &step, int64_t offset, Value mask) {
  if (!inputIsQuantized)
    return numbers.load(input, at(row, elementOf(step, offset)), lanes(), mask);
  Values block = at(row, step.block);
  auto bytesType = VectorType::get(lanes(), b.getI8Type());
  Value bytes = vector::LoadOp::create(b, bytesType, input, at(block, numbers.index(8 + offset)));
  Value integers = arith::ExtSIOp::create(b, bytesType.clone(b.getI32Type()), bytes);
  Value floats = arith::SIToFPOp::create(b, bytesType.clone(b.getF32Type()), integers);
  return arith::MulFOp::create(b, floats, splat(b, numbers.loadF32At(input, block, 0), lanes()));
}

ContractTile::Values ContractTile::stepF32(const Step &step, ArrayRef<Values> rowIndices, ArrayRef<Place> stored,
                                           ValueRange sums) {
  Values next(sums);
  for (const Place &place : stored)
    fetchAhead(step, place);
  for (int64_t offset = 0; offset < step.count; offset += lanes()) {
    Value mask = firstLanes(b, step.count - offset, lanes());
    auto weightPart = [&](size_t p) {
      const Place &place = stored[p];
      return numbers.load(place.memref, at(place.indices, elementOf(step, offset)), lanes(), mask);
    };
    multiplyAll(
        rowIndices.size(), stored.size(), weightPart,
        [&](size_t row) { return inputPart(rowIndices[row], step, offset, mask); },
        [&](Value x, Value weight, size_t sum) { next[sum] = vector::FMAOp::create(b, x, weight, next[sum]); });
  }
  return next;
}

ContractTile::Values ContractTile::stepBF16(const Step &step, ArrayRef<Values> rowIndices, ArrayRef<Place> stored,
                                            ValueRange sums) {
  // One vector of 512 bits is one step.
  Values next(sums);
  Value mask = firstLanes(b, step.count, blockElements), element = elementOf(step, 0);
  Value rows = inputPanel ? inputPanel : input;
  for (const Place &place : stored)
    fetchAhead(step, place);
  multiplyAll(
      rowIndices.size(), stored.size(),
      [&](size_t p) { return numbers.loadRaw(stored[p].memref, at(stored[p].indices, element), blockElements, mask); },
      [&](size_t row) { return numbers.loadRaw(rows, at(rowIndices[row], element), blockElements, mask); },
      [&](Value x, Value weight, size_t sum) {
        next[sum] = x86vector::DotBF16Op::create(b, next[sum].getType(), next[sum], x, weight);
      });
  return next;
}

/// Σ (d q + m) x = d Σ q x + m Σ x over a block: scale and minimum meet one vector, and Σ x is counted once for all
/// rows of weights.
ContractTile::Values ContractTile::stepBlocks(const Step &step, ArrayRef<Values> rowIndices, ArrayRef<Place> stored,
                                              ValueRange sums) {
  Values next(sums);
  Value x = inputPanel ? inputPanel : input;
  for (auto [place, sum] : llvm::zip_equal(stored, next)) {
    fetchAhead(step, place);
    const Values &row = rowIndices.front();
    Values block = at(place.indices, step.block);
    NumberLoader::Header header = numbers.loadHeader(format, place.memref, block);
    Value dot = zeroSum();
    if (nibblesInPairs) {
      Value pairs = numbers.loadRaw(x, at(row, elementOf(step, 0)), blockElements);
      Value quants = numbers.loadNibblesAsBF16(format, place.memref, block);
      dot = x86vector::DotBF16Op::create(b, dot.getType(), dot, pairs, quants);
    } else {
      for (int64_t offset = 0; offset < blockElements; offset += lanes()) {
        Value quants = numbers.loadQuantPart(format, place.memref, block, numbers.index(offset), lanes());
        dot = vector::FMAOp::create(b, quants, numbers.load(x, at(row, elementOf(step, offset)), lanes()), dot);
      }
    }
    sum = vector::FMAOp::create(b, splat(b, header.scale, lanes()), dot, sum);
    if (!header.minimum)
      continue;
    Value offset = arith::MulIOp::create(b, step.block, numbers.index(lanes()));
    Value inputSum = numbers.load(inputSums, {numbers.index(0), offset}, lanes());
    sum = vector::FMAOp::create(b, splat(b, header.minimum, lanes()), inputSum, sum);
  }
  return next;
}

/// Σ over each four of 32 byte products, as eight i32. `weights` are unsigned nibbles, or signed bytes (q8_0).
Value ContractTile::dotBytes(Value stored, Value x) {
  auto eight = VectorType::get(8, b.getI32Type());
  bool isSigned = format == StorageFormat::q8_0;
  if (target.avx512vnni && target.avx512vl && target.avx2) {
    // The instruction takes unsigned by signed bytes: signs move from the weights to the input.
    Value magnitude = stored, bytes = x;
    if (isSigned) {
      magnitude = math::AbsIOp::create(b, stored);
      bytes =
          LLVM::CallIntrinsicOp::create(b, x.getType(), b.getStringAttr("llvm.x86.avx2.psign.b"), ValueRange{x, stored})
              .getResult(0);
    }
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(eight));
    return LLVM::CallIntrinsicOp::create(b, eight, b.getStringAttr("llvm.x86.avx512.vpdpbusd.256"),
                                         ValueRange{zero, magnitude, bytes})
        .getResult(0);
  }
  auto wide = VectorType::get(32, b.getI32Type());
  Value left = isSigned ? arith::ExtSIOp::create(b, wide, stored).getResult()
                        : arith::ExtUIOp::create(b, wide, stored).getResult();
  Value products = arith::MulIOp::create(b, left, arith::ExtSIOp::create(b, wide, x));
  Value sum;
  for (int64_t first = 0; first < 32; first += 8) {
    Value part = vector::ExtractStridedSliceOp::create(b, products, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{8},
                                                       ArrayRef<int64_t>{1});
    sum = sum ? arith::AddIOp::create(b, sum, part).getResult() : part;
  }
  return sum;
}

ContractTile::Values ContractTile::stepInt8(const Step &step, ArrayRef<Values> rowIndices, ArrayRef<Place> stored,
                                            ValueRange sums) {
  // Σ (d_w q_w + m_w) d_x q_x = d_w d_x Σ q_w q_x + m_w (d_x Σ q_x); the last factor stands in the input's block.
  Values next(sums);
  auto floats = VectorType::get(8, b.getF32Type());
  struct Block {
    Value quants, scale, other; ///< of weights the minimum, of the input d·Σq in lane 0; null without minima
  };
  auto weightBlock = [&](const Place &place) -> Block {
    fetchAhead(step, place);
    Values block = at(place.indices, step.block);
    NumberLoader::Header header = numbers.loadHeader(format, place.memref, block);
    return {numbers.loadQuants(format, place.memref, block), splat(b, header.scale, 8),
            header.minimum ? splat(b, header.minimum, 8) : Value()};
  };
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(floats));
  auto inputBlock = [&](const Values &row) -> Block {
    Values block = at(row, step.block);
    Value bytes =
        vector::LoadOp::create(b, VectorType::get(blockElements, b.getI8Type()), input, at(block, numbers.index(8)));
    return {bytes, splat(b, numbers.loadF32At(input, block, 0), 8),
            vector::InsertOp::create(b, numbers.loadF32At(input, block, 4), zeros, 0)};
  };
  auto accumulate = [&](const Block &x, const Block &weight, Value &sum) {
    Value dot = arith::SIToFPOp::create(b, floats, dotBytes(weight.quants, x.quants));
    sum = vector::FMAOp::create(b, dot, arith::MulFOp::create(b, weight.scale, x.scale), sum);
    if (weight.other)
      sum = vector::FMAOp::create(b, weight.other, x.other, sum);
  };
  if (rowIndices.size() == 1) {
    Block x = inputBlock(rowIndices.front());
    for (auto [place, sum] : llvm::zip_equal(stored, next))
      accumulate(x, weightBlock(place), sum);
    return next;
  }
  SmallVector<Block> blocks = llvm::map_to_vector(stored, weightBlock);
  for (size_t row = 0; row < rowIndices.size(); ++row) {
    Block x = inputBlock(rowIndices[row]);
    for (size_t p = 0; p < stored.size(); ++p)
      accumulate(x, blocks[p], next[row * stored.size() + p]);
  }
  return next;
}
