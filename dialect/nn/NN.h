//===- NN.h - the nn dialect -*- C++ -*-===//

#ifndef ATTN_DIALECT_NN_NN_H
#define ATTN_DIALECT_NN_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
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
#define GET_ATTRDEF_CLASSES
#include "dialect/nn/NNAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/nn/NNTypes.h.inc"
#define GET_OP_CLASSES
#include "dialect/nn/NNOps.h.inc"

#endif // ATTN_DIALECT_NN_NN_H
