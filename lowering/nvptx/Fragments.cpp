//===- Fragments.cpp - tiles in shared memory and in the registers of a warp ---===//

#include "lowering/nvptx/Fragments.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

/// Bytes that one cp.async copies, and one row of an 8 × 8 matrix of ldmatrix.
static constexpr int64_t chunkBytes = SharedTile::chunkBytes;

ThreadCoordinates ThreadCoordinates::emit(ThreadBuilder &b, int64_t threads, int64_t first) {
  ThreadCoordinates at;
  at.threads = threads;
  at.thread = b.add(NVVM::ThreadIdXOp::create(b, b.getI32Type()), -first);
  at.lane = b.remainder(at.thread, 32);
  at.warp = b.divide(at.thread, 32);
  at.row = b.add(b.mul(at.warp, warpRows), b.divide(at.lane, 4));
  at.column = b.mul(b.remainder(at.lane, 4), 2);
  return at;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Chunks of a swizzled row.
static constexpr int64_t swizzleChunks = SharedTile::swizzleBytes / chunkBytes;

Value SharedTile::placeOf(ThreadBuilder &b, Value row, Value chunk) const {
  Value rowPlace = b.mul(row, rowBytes());
  if (!isSwizzled())
    return b.add(rowPlace, b.mul(chunk, chunkBytes));
  Value block = b.mul(b.divide(chunk, swizzleChunks), rows * swizzleBytes);
  Value swapped = arith::XOrIOp::create(b, b.remainder(chunk, swizzleChunks), b.remainder(row, swizzleRows));
  return b.add(b.add(block, rowPlace), b.mul(swapped, chunkBytes));
}

int64_t SharedTile::distance(int64_t rowsOn, int64_t chunksOn) const {
  if (!isSwizzled())
    return rowsOn * rowBytes() + chunksOn * chunkBytes;
  assert(rowsOn % swizzleRows == 0 && chunksOn % swizzleChunks == 0 && "the swizzle differs");
  return rowsOn * swizzleBytes + chunksOn / swizzleChunks * rows * swizzleBytes;
}

//===----------------------------------------------------------------------===//
// Global to shared memory
//===----------------------------------------------------------------------===//

TileSource TileSource::emit(ThreadBuilder &b, const GlobalBuffer &buffer) {
  // Every row begins at data + Σ index · stride.
  Value bits = LLVM::PtrToIntOp::create(b, b.getI64Type(), buffer.data);
  for (Value stride : ArrayRef(buffer.strides).drop_back())
    bits = arith::OrIOp::create(b, bits, b.mul(stride, buffer.elementBytes()));
  Value isAligned = b.isZero(b.both(bits, b.i64(chunkBytes - 1)));
  Value isUnit = b.isZero(b.add(buffer.strides.back(), -1));
  return {buffer, b.both(isAligned, isUnit)};
}

/// How many neighbouring threads copy one row: a power of two that divides its chunks.
static int64_t threadsOfRow(int64_t width) {
  int64_t chunks = width * 2 / chunkBytes;
  return std::min<int64_t>(chunks & -chunks, 16);
}

/// Rows of this thread are a pass apart, chunks of a row `lanes` apart: constant distances in shared memory.
static void copyChunks(ThreadBuilder &b, const ThreadCoordinates &at, const SharedTile &tile, Value shared,
                       function_ref<SourceRow(Value)> row) {
  int64_t lanes = threadsOfRow(tile.width), rowsOfPass = at.threads / lanes;
  int64_t chunks = tile.width * 2 / chunkBytes;
  Value firstRow = b.divide(at.thread, lanes), firstChunk = b.remainder(at.thread, lanes);
  Value firstByte = b.mul(firstChunk, chunkBytes), to = b.at(shared, tile.placeOf(b, firstRow, firstChunk));
  for (int64_t pass = 0; pass * rowsOfPass < tile.rows; ++pass) {
    SourceRow from = row(b.add(firstRow, pass * rowsOfPass));
    Value place = b.at(from.place, firstByte), count = b.select(from.exists, b.i32(chunkBytes), b.i32(0));
    auto copy = [&] {
      for (int64_t chunk = 0; chunk < chunks; chunk += lanes)
        NVVM::CpAsyncOp::create(b, b.at(to, tile.offset + tile.distance(pass * rowsOfPass, chunk)),
                                b.at(place, chunk * chunkBytes), uint32_t(chunkBytes), NVVM::LoadCacheModifierKind::CG,
                                count);
    };
    if (tile.rows % rowsOfPass == 0)
      copy();
    else
      b.branch(b.less(firstRow, b.i32(tile.rows - pass * rowsOfPass)), copy);
  }
}

/// Any alignment and any strides.
static void copyElements(ThreadBuilder &b, const ThreadCoordinates &at, const TileSource &source,
                         const SharedTile &tile, Value shared, function_ref<SourceRow(Value)> row) {
  b.loop(at.thread, b.i32(tile.rows * tile.width), at.threads, [&](Value element) {
    Value inTile = b.divide(element, tile.width), feature = b.remainder(element, tile.width);
    SourceRow from = row(inTile);
    constexpr int64_t inChunk = chunkBytes / 2;
    Value chunk = tile.placeOf(b, inTile, b.divide(feature, inChunk));
    Value to = b.at(b.at(shared, b.add(chunk, b.mul(b.remainder(feature, inChunk), 2))), tile.offset);
    Value offset = b.mul(b.mul(b.toI64(feature), source.buffer.strides.back()), 2);
    b.branch(
        from.exists, [&] { b.store(b.load(b.getI16Type(), b.at(from.place, offset), 2), to, 2); },
        [&] { b.store(arith::ConstantOp::create(b, b.getI16IntegerAttr(0)), to, 2); });
  });
}

void attn::copyTile(ThreadBuilder &b, const ThreadCoordinates &at, const TileSource &source, const SharedTile &tile,
                    Value shared, function_ref<SourceRow(Value)> row) {
  b.branch(
      source.isAligned, [&] { copyChunks(b, at, tile, shared, row); },
      [&] { copyElements(b, at, source, tile, shared, row); });
}

//===----------------------------------------------------------------------===//
// Shared memory to registers, and products
//===----------------------------------------------------------------------===//

SmallVector<Value> attn::flatten(ArrayRef<Fragment> blocks) {
  SmallVector<Value> elements;
  for (const Fragment &block : blocks)
    llvm::append_range(elements, block);
  return elements;
}

SmallVector<Fragment> attn::blocksOf(ValueRange elements) {
  SmallVector<Fragment> blocks;
  for (size_t i = 0; i < elements.size(); i += 4)
    blocks.emplace_back(elements.slice(i, 4));
  return blocks;
}

// ldmatrix.x4 reads four 8 × 8 matrices; lanes 8i … 8i + 7 give the addresses of the rows of matrix i.

Value WarpProducts::rowsBase(const SharedTile &tile, Value base) {
  Value row = b.add(b.mul(at.warp, ThreadCoordinates::warpRows), b.remainder(at.lane, 16));
  return b.at(b.at(base, b.add(b.mul(row, tile.rowBytes()), b.mul(b.divide(at.lane, 16), chunkBytes))), tile.offset);
}

Value WarpProducts::transposedBase(const SharedTile &tile, Value base) {
  Value row = b.add(b.remainder(at.lane, 8), b.mul(b.divide(at.lane, 16), 8));
  Value chunk = b.remainder(b.divide(at.lane, 8), 2);
  return b.at(b.at(base, b.add(b.mul(row, tile.rowBytes()), b.mul(chunk, chunkBytes))), tile.offset);
}

Value WarpProducts::plainBase(const SharedTile &tile, Value base) {
  Value row = b.remainder(at.lane, 16), chunk = b.divide(at.lane, 16);
  return b.at(b.at(base, b.add(b.mul(row, tile.rowBytes()), b.mul(chunk, chunkBytes))), tile.offset);
}

Fragment WarpProducts::loadMatrices(Value place, bool transpose) {
  Type i32 = b.getI32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  auto shape = NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8);
  Value loaded = NVVM::LdMatrixOp::create(b, type, place, 4u, transpose ? NVVM::MMALayout::col : NVVM::MMALayout::row,
                                          shape, NVVM::LdStMatrixEltType::B16);
  Fragment fragment;
  for (int64_t matrix = 0; matrix < 4; ++matrix)
    fragment.push_back(LLVM::ExtractValueOp::create(b, loaded, matrix));
  return fragment;
}

Fragment WarpProducts::loadRows(Value rowsBase, int64_t k) {
  return loadMatrices(b.at(rowsBase, 2 * chunkBytes * k), /*transpose=*/false);
}

Fragment WarpProducts::loadTransposed(const SharedTile &tile, Value transposedBase, int64_t n, int64_t k) {
  return loadMatrices(b.at(transposedBase, 16 * n * tile.rowBytes() + 2 * chunkBytes * k), /*transpose=*/false);
}

Fragment WarpProducts::loadPlain(const SharedTile &tile, Value plainBase, int64_t n, int64_t k) {
  return loadMatrices(b.at(plainBase, 16 * k * tile.rowBytes() + 2 * chunkBytes * n), /*transpose=*/true);
}

void WarpProducts::accumulate(Fragment &c, const Fragment &a, ValueRange operandB) {
  Type f32 = b.getF32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
  bool isBf16 = element.isBF16();
  // bf16 pairs are i32 to the instruction, f16 pairs are vectors.
  auto operands = [&](ValueRange values) {
    SmallVector<Value> result(values);
    if (!isBf16)
      for (Value &value : result)
        value = LLVM::BitcastOp::create(b, VectorType::get(2, b.getF16Type()), value);
    return result;
  };
  NVVM::MMATypes kind = isBf16 ? NVVM::MMATypes::bf16 : NVVM::MMATypes::f16;
  Value product = NVVM::MmaOp::create(b, type, operands(a), operands(operandB), c, {16, 8, 16}, std::nullopt,
                                      std::nullopt, std::array<NVVM::MMATypes, 2>{kind, kind},
                                      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
  for (int64_t i = 0; i < 4; ++i)
    c[i] = LLVM::ExtractValueOp::create(b, product, i);
}
