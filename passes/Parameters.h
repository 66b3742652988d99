//===- Parameters.h - the compile-time parameters of a model -*- C++ -*-===//

#ifndef ATTN_PASSES_PARAMETERS_H
#define ATTN_PASSES_PARAMETERS_H

#include "mlir/IR/BuiltinOps.h"

namespace attn {

/// Sets a parameter of the model, before any pass: `cache`, the element type of all caches (f32, bf16 or f16), or the
/// name of a choice (`nn.choice`) with one of its private functions. A name or value that is not known, or a parameter
/// that the model does not have, is an error on the module.
mlir::LogicalResult setParameter(mlir::ModuleOp module, llvm::StringRef name, llvm::StringRef value);

} // namespace attn

#endif // ATTN_PASSES_PARAMETERS_H
