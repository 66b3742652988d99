// RUN: attn-opt %models/toy.mlir --inline --attn-generalize --attn-fuse=activations=int8 --attn-outline --attn-bufferize --attn-assign-memory | FileCheck %s --check-prefix=INT8
// RUN: attn-opt %models/toy.mlir --inline --attn-generalize --attn-fuse=activations=bf16 --attn-outline --attn-bufferize --attn-assign-memory | FileCheck %s --check-prefix=BF16
//
// The activation policies on a whole model: conversions are the last step of row-wise kernels, or of attention itself.

// INT8-LABEL: func.func @main(
// INT8: tile.launch @embed(
// INT8: tile.launch @rms_norm_quantize(
// INT8: tile.launch @attention(
// INT8: tile.launch @quantize(
// INT8: tile.launch @rms_norm_quantize(
// INT8: tile.launch @quantize_1(
// INT8: tile.launch @pool_rms_norm_quantize(
// INT8: return

// BF16-LABEL: func.func @main(
// BF16: tile.launch @embed(
// BF16: tile.launch @rms_norm_cast(
// BF16: tile.launch @attention({{.*}}memref<?x?x4x16xbf16>)
// BF16-NOT: tile.launch @cast
// BF16: tile.launch @linear_64x96({{.*}}memref<?x?x96xbf16>)
// BF16: tile.launch @linear_96x64({{.*}}memref<?x?x64xf32>)
// BF16: tile.launch @pool_rms_norm_cast(
// BF16: return
