//===- Dequantize.h - stored numbers become vectors of f32, and back -*- C++ -*-===//
//
// Two kinds of storage. Elements: f32, bf16, f16, one after another. Blocks (GGUF): 32 elements share a scale,
//
//   q8_0   34 bytes   f16 d, 32 signed bytes q            d·q
//   q4_0   18 bytes   f16 d, 16 bytes of two nibbles q    d·(q − 8)
//   q4_1   20 bytes   f16 d, f16 m, 16 bytes likewise     d·q + m
//
// where the low nibbles are the elements 0–15 of the block and the high ones 16–31. And the activations that
// `nn.quantize` makes, 40 bytes: f32 d, f32 d·Σq, 32 signed bytes.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_DEQUANTIZE_H
#define ATTN_LOWERING_CPU_DEQUANTIZE_H

#include "dialect/nn/NN.h"
#include "passes/Target.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <optional>

namespace attn {

enum class StorageFormat { f32, bf16, f16, q8_0, q4_0, q4_1 };

/// Elements of a block, and bytes of a block that `nn.quantize` made.
constexpr int64_t blockElements = 32, quantizedBlockBytes = 40;

std::optional<StorageFormat> parseStorageFormat(mlir::StringRef name);
bool isBlockFormat(StorageFormat format);

/// The format of a weight of this type in memory.
StorageFormat storageFormatOf(mlir::MemRefType type);

/// The memref of a weight stored so: contiguous, (…) of elements or (…, blocks, bytes).
mlir::MemRefType storedType(nn::WeightType weight, StorageFormat format);

/// Conversions and loads for one target.
class NumberLoader {
public:
  NumberLoader(mlir::ImplicitLocOpBuilder &builder, const Target &target) : b(builder), target(target) {}

  /// `lanes` consecutive elements from `indices` of a memref of f32, bf16 or f16, as f32. Lanes that a mask leaves
  /// out are 0 and are not read.
  mlir::Value load(mlir::Value memref, mlir::ValueRange indices, int64_t lanes, mlir::Value mask = {});
  /// The same without conversion.
  mlir::Value loadRaw(mlir::Value memref, mlir::ValueRange indices, int64_t lanes, mlir::Value mask = {});
  /// Stores f32 in the memref's element type, rounded to nearest even.
  void store(mlir::Value vector, mlir::Value memref, mlir::ValueRange indices, mlir::Value mask = {});

  /// A vector of f32 rounded to what `element` can hold.
  mlir::Value roundedTo(mlir::Value vector, mlir::Type element);
  /// A vector of f32 as a vector of bf16.
  mlir::Value toBF16(mlir::Value vector);

  /// The scale and, where the format has one, the minimum of a block, in f32.
  struct Header {
    mlir::Value scale, minimum;
  };
  Header loadHeader(StorageFormat format, mlir::Value memref, mlir::ValueRange block);
  /// Quants `first` (a multiple of `lanes`) and following of a block, as f32: elements before scale and minimum.
  mlir::Value loadQuantPart(StorageFormat format, mlir::Value memref, mlir::ValueRange block, mlir::Value first,
                            int64_t lanes);
  /// Elements `first` (a multiple of `lanes`) and following of a block, as f32.
  mlir::Value loadBlockPart(StorageFormat format, mlir::Value memref, mlir::ValueRange block, const Header &header,
                            mlir::Value first, int64_t lanes);
  /// The 32 quants of a block as bytes: unsigned for q4, signed for q8_0.
  mlir::Value loadQuants(StorageFormat format, mlir::Value memref, mlir::ValueRange block);
  /// The 32 quants of a block of q4_0 or q4_1 as bf16, which holds them exactly; for a target with avx512bw.
  mlir::Value loadNibblesAsBF16(StorageFormat format, mlir::Value memref, mlir::ValueRange block);
  /// An f32 at a byte offset of a memref of bytes.
  mlir::Value loadF32At(mlir::Value memref, mlir::ValueRange block, int64_t offset);

  mlir::Value index(int64_t value);

private:
  mlir::Value widen(mlir::Value vector);
  mlir::Value narrow(mlir::Value vector, mlir::Type element);
  mlir::Value widenHalfBits(mlir::Value bits);
  mlir::Value narrowToHalfBits(mlir::Value vector);
  mlir::Value bytesAt(mlir::Value memref, mlir::ValueRange block, mlir::Value offset, int64_t count);

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
};

} // namespace attn

#endif // ATTN_LOWERING_CPU_DEQUANTIZE_H
