//===- Dequantize.cpp - stored numbers become vectors of f32, and back ---===//

#include "lowering/cpu/Dequantize.h"

#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

std::optional<StorageFormat> attn::parseStorageFormat(StringRef name) {
  return llvm::StringSwitch<std::optional<StorageFormat>>(name)
      .Case("f32", StorageFormat::f32)
      .Case("bf16", StorageFormat::bf16)
      .Case("f16", StorageFormat::f16)
      .Case("q8_0", StorageFormat::q8_0)
      .Case("q4_0", StorageFormat::q4_0)
      .Case("q4_1", StorageFormat::q4_1)
      .Default(std::nullopt);
}

bool attn::isBlockFormat(StorageFormat format) {
  return format == StorageFormat::q8_0 || format == StorageFormat::q4_0 || format == StorageFormat::q4_1;
}

/// Bytes before the quants of a block.
static int64_t headerBytes(StorageFormat format) { return format == StorageFormat::q4_1 ? 4 : 2; }

static int64_t blockBytes(StorageFormat format) {
  return headerBytes(format) + (format == StorageFormat::q8_0 ? 32 : 16);
}

MemRefType attn::storedType(nn::WeightType weight, StorageFormat format) {
  Builder builder(weight.getContext());
  SmallVector<int64_t> shape(weight.getShape());
  switch (format) {
  case StorageFormat::f32:
    return MemRefType::get(shape, builder.getF32Type());
  case StorageFormat::bf16:
    return MemRefType::get(shape, builder.getBF16Type());
  case StorageFormat::f16:
    return MemRefType::get(shape, builder.getF16Type());
  case StorageFormat::q8_0:
  case StorageFormat::q4_0:
  case StorageFormat::q4_1:
    shape.back() /= blockElements;
    shape.push_back(blockBytes(format));
    return MemRefType::get(shape, builder.getI8Type());
  }
  llvm_unreachable("all formats are listed");
}

StorageFormat attn::storageFormatOf(MemRefType type) {
  Type element = type.getElementType();
  if (element.isF32())
    return StorageFormat::f32;
  if (element.isBF16())
    return StorageFormat::bf16;
  if (element.isF16())
    return StorageFormat::f16;
  for (StorageFormat format : {StorageFormat::q8_0, StorageFormat::q4_0})
    if (type.getShape().back() == blockBytes(format))
      return format;
  return StorageFormat::q4_1;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value NumberLoader::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value NumberLoader::loadRaw(Value memref, ValueRange indices, int64_t lanes, Value mask) {
  auto type = VectorType::get(lanes, cast<MemRefType>(memref.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, type, memref, indices);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, memref, indices, mask, zero);
}

/// The bits of an f16, in i32 lanes, as an f32: shifted into place and multiplied by 2¹¹², which makes subnormals
/// normal; infinities and NaN get their exponent.
Value NumberLoader::widenHalfBits(Value bits) {
  auto constant = [&](int64_t value) { return constantLike(b, bits, value); };
  auto floats = cast<VectorType>(bits.getType()).clone(b.getF32Type());
  Value magnitude = arith::AndIOp::create(b, bits, constant(0x7fff));
  Value sign = arith::ShLIOp::create(b, arith::AndIOp::create(b, bits, constant(0x8000)), constant(16));
  Value shifted = arith::ShLIOp::create(b, magnitude, constant(13));
  Value small = arith::BitcastOp::create(b, floats, shifted);
  Value value = arith::MulFOp::create(b, small, constantLike(b, small, 0x1p112));
  Value result = arith::BitcastOp::create(b, bits.getType(), value);
  Value special = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, magnitude, constant(0x7c00));
  Value infinite = arith::OrIOp::create(b, shifted, constant(0x7f800000));
  result = arith::OrIOp::create(b, arith::SelectOp::create(b, special, infinite, result), sign);
  return arith::BitcastOp::create(b, floats, result);
}

/// The inverse, to nearest even, as i32 lanes. Adding 1.5·2¹³ ulp of the right binade rounds subnormals; an integer
/// carry rounds the rest.
Value NumberLoader::narrowToHalfBits(Value vector) {
  auto integers = cast<VectorType>(vector.getType()).clone(b.getI32Type());
  Value bits = arith::BitcastOp::create(b, integers, vector);
  auto constant = [&](int64_t value) { return constantLike(b, bits, value); };
  auto compare = [&](arith::CmpIPredicate predicate, Value x, int64_t bound) -> Value {
    return arith::CmpIOp::create(b, predicate, x, constant(bound));
  };
  Value magnitude = arith::AndIOp::create(b, bits, constant(0x7fffffff));
  Value sign = arith::ShRUIOp::create(b, arith::AndIOp::create(b, bits, constant(int32_t(0x80000000))), constant(16));
  // Below 2⁻¹⁴: 0.5 has an ulp of 2⁻²⁴, that of the smallest f16.
  Value absolute = arith::BitcastOp::create(b, vector.getType(), magnitude);
  Value tiny = arith::AddFOp::create(b, absolute, constantLike(b, absolute, 0.5));
  tiny = arith::SubIOp::create(b, arith::BitcastOp::create(b, integers, tiny), constant(0x3f000000));
  // Otherwise: round at bit 13, then move the exponent's bias from 127 to 15.
  Value odd = arith::AndIOp::create(b, arith::ShRUIOp::create(b, magnitude, constant(13)), constant(1));
  Value normal = arith::AddIOp::create(b, arith::AddIOp::create(b, magnitude, constant(0xfff)), odd);
  normal = arith::SubIOp::create(b, arith::ShRUIOp::create(b, normal, constant(13)), constant(112 << 10));
  Value result = arith::SelectOp::create(b, compare(arith::CmpIPredicate::ult, magnitude, 113 << 23), tiny, normal);
  Value infinite = compare(arith::CmpIPredicate::uge, magnitude, 0x477ff000); // 65520 rounds to ∞
  result = arith::SelectOp::create(b, infinite, constant(0x7c00), result);
  Value nan = compare(arith::CmpIPredicate::ugt, magnitude, 0x7f800000);
  result = arith::SelectOp::create(b, nan, constant(0x7e00), result);
  return arith::OrIOp::create(b, result, sign);
}

Value NumberLoader::widen(Value vector) {
  auto type = cast<VectorType>(vector.getType());
  auto floats = type.clone(b.getF32Type()), integers = type.clone(b.getI32Type()), bits = type.clone(b.getI16Type());
  if (type.getElementType().isF32())
    return vector;
  if (type.getElementType().isF16() && target.f16c)
    return arith::ExtFOp::create(b, floats, vector);
  Value wide = arith::ExtUIOp::create(b, integers, arith::BitcastOp::create(b, bits, vector));
  if (type.getElementType().isF16())
    return widenHalfBits(wide);
  return arith::BitcastOp::create(b, floats, arith::ShLIOp::create(b, wide, constantLike(b, wide, 16)));
}

Value NumberLoader::toBF16(Value vector) {
  auto type = cast<VectorType>(vector.getType());
  Value bits = arith::BitcastOp::create(b, type.clone(b.getI32Type()), vector);
  auto constant = [&](int64_t value) { return constantLike(b, bits, value); };
  Value high = arith::ShRUIOp::create(b, bits, constant(16));
  Value rounded = arith::AddIOp::create(b, bits, arith::AndIOp::create(b, high, constant(1)));
  rounded = arith::ShRUIOp::create(b, arith::AddIOp::create(b, rounded, constant(0x7fff)), constant(16));
  Value nan = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, vector, vector);
  rounded = arith::SelectOp::create(b, nan, arith::OrIOp::create(b, high, constant(0x40)), rounded);
  Value narrow = arith::TruncIOp::create(b, type.clone(b.getI16Type()), rounded);
  return arith::BitcastOp::create(b, type.clone(b.getBF16Type()), narrow);
}

Value NumberLoader::narrow(Value vector, Type element) {
  auto type = cast<VectorType>(vector.getType());
  if (element.isF32())
    return vector;
  if (element.isBF16())
    return toBF16(vector);
  if (target.f16c)
    return arith::TruncFOp::create(b, type.clone(element), vector);
  Value bits = arith::TruncIOp::create(b, type.clone(b.getI16Type()), narrowToHalfBits(vector));
  return arith::BitcastOp::create(b, type.clone(element), bits);
}

Value NumberLoader::load(Value memref, ValueRange indices, int64_t lanes, Value mask) {
  return widen(loadRaw(memref, indices, lanes, mask));
}

void NumberLoader::store(Value vector, Value memref, ValueRange indices, Value mask) {
  Value value = narrow(vector, cast<MemRefType>(memref.getType()).getElementType());
  if (mask)
    vector::MaskedStoreOp::create(b, memref, indices, mask, value);
  else
    vector::StoreOp::create(b, value, memref, indices);
}

Value NumberLoader::roundedTo(Value vector, Type element) { return widen(narrow(vector, element)); }

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

Value NumberLoader::bytesAt(Value memref, ValueRange block, Value offset, int64_t count) {
  SmallVector<Value> indices(block);
  indices.push_back(offset);
  return vector::LoadOp::create(b, VectorType::get(count, b.getI8Type()), memref, indices);
}

Value NumberLoader::loadF32At(Value memref, ValueRange block, int64_t offset) {
  Value bytes = bytesAt(memref, block, index(offset), 4);
  return vector::ExtractOp::create(b, vector::BitCastOp::create(b, VectorType::get(1, b.getF32Type()), bytes), 0);
}

NumberLoader::Header NumberLoader::loadHeader(StorageFormat format, Value memref, ValueRange block) {
  int64_t numbers = headerBytes(format) / 2;
  Value bytes = bytesAt(memref, block, index(0), numbers * 2);
  Value floats = widen(vector::BitCastOp::create(b, VectorType::get(numbers, b.getF16Type()), bytes));
  Header header{vector::ExtractOp::create(b, floats, 0), {}};
  if (format == StorageFormat::q4_1)
    header.minimum = vector::ExtractOp::create(b, floats, 1);
  else if (format == StorageFormat::q4_0)
    header.minimum = arith::MulFOp::create(b, header.scale, constantLike(b, header.scale, -8.0));
  return header;
}

Value NumberLoader::loadQuantPart(StorageFormat format, Value memref, ValueRange block, Value first, int64_t lanes) {
  auto integers = VectorType::get(lanes, b.getI32Type()), floats = VectorType::get(lanes, b.getF32Type());
  Value offset = first;
  if (format != StorageFormat::q8_0)
    offset = arith::RemUIOp::create(b, first, index(16));
  offset = arith::AddIOp::create(b, offset, index(headerBytes(format)));
  Value bytes = bytesAt(memref, block, offset, lanes);
  if (format == StorageFormat::q8_0)
    return arith::SIToFPOp::create(b, floats, arith::ExtSIOp::create(b, integers, bytes));

  Value quants = arith::ExtUIOp::create(b, integers, bytes);
  Value high = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, first, index(16));
  Value shift =
      arith::SelectOp::create(b, high, arith::ConstantIntOp::create(b, 4, 32), arith::ConstantIntOp::create(b, 0, 32));
  quants = arith::ShRUIOp::create(b, quants, splat(b, shift, lanes));
  return arith::SIToFPOp::create(b, floats, arith::AndIOp::create(b, quants, constantLike(b, quants, 15)));
}

Value NumberLoader::loadBlockPart(StorageFormat format, Value memref, ValueRange block, const Header &header,
                                  Value first, int64_t lanes) {
  Value quants = loadQuantPart(format, memref, block, first, lanes), scale = splat(b, header.scale, lanes);
  if (!header.minimum)
    return arith::MulFOp::create(b, quants, scale);
  return vector::FMAOp::create(b, quants, scale, splat(b, header.minimum, lanes));
}

Value NumberLoader::loadNibblesAsBF16(StorageFormat format, Value memref, ValueRange block) {
  auto words = VectorType::get(32, b.getI16Type());
  Value bytes = bytesAt(memref, block, index(headerBytes(format)), 16);
  Value low = arith::ExtUIOp::create(b, VectorType::get(16, b.getI16Type()), bytes);
  Value high = arith::ShRUIOp::create(b, low, constantLike(b, low, 4));
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, 32));
  Value nibbles = vector::ShuffleOp::create(b, low, high, order);
  // The look-up sees the five lowest bits: the table stands twice, so that the bit above a low nibble does not matter.
  SmallVector<int16_t> table;
  for (int entry = 0; entry < 32; ++entry) {
    llvm::APFloat value(static_cast<float>(entry % 16));
    bool inexact;
    value.convert(llvm::APFloat::BFloat(), llvm::APFloat::rmNearestTiesToEven, &inexact);
    table.push_back(static_cast<int16_t>(value.bitcastToAPInt().getZExtValue()));
  }
  Value values = arith::ConstantOp::create(b, DenseElementsAttr::get(words, ArrayRef(table)));
  Value found = LLVM::CallIntrinsicOp::create(b, words, b.getStringAttr("llvm.x86.avx512.permvar.hi.512"),
                                              ValueRange{values, nibbles})
                    .getResult(0);
  return arith::BitcastOp::create(b, words.clone(b.getBF16Type()), found);
}

Value NumberLoader::loadQuants(StorageFormat format, Value memref, ValueRange block) {
  if (format == StorageFormat::q8_0)
    return bytesAt(memref, block, index(headerBytes(format)), 32);
  Value bytes = bytesAt(memref, block, index(headerBytes(format)), 16);
  Value low = arith::AndIOp::create(b, bytes, constantLike(b, bytes, 15));
  Value high = arith::ShRUIOp::create(b, bytes, constantLike(b, bytes, 4));
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, 32));
  return vector::ShuffleOp::create(b, low, high, order);
}
