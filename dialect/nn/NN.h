//===- NN.h - the nn dialect -*- C++ -*-===//

#ifndef ATTN_DIALECT_NN_NN_H
#define ATTN_DIALECT_NN_NN_H

#include "dialect/attn/Attn.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace attn::nn {
/// Elements of a block of `nn.quantize`, and the bytes that it becomes.
constexpr int64_t kBlockElements = 32, kBlockBytes = 40;
} // namespace attn::nn

#include "dialect/nn/NNDialect.h.inc"
#include "dialect/nn/NNEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/nn/NNAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/nn/NNTypes.h.inc"
#define GET_OP_CLASSES
#include "dialect/nn/NNOps.h.inc"

namespace attn::nn {

/// Only offsets and strides: never a command.
bool isView(mlir::Operation *op);
/// A view whose rows have the elements that its input's rows have, so that row-wise kernels may hold it.
bool isRowView(mlir::Operation *op);

/// x · σ(x) on scalars.
mlir::Value buildSilu(mlir::OpBuilder &builder, mlir::Location location, mlir::Value x);

} // namespace attn::nn

#endif // ATTN_DIALECT_NN_NN_H
