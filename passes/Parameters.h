//===- Parameters.h - the compile-time parameters of a model -*- C++ -*-===//

#ifndef ATTN_PASSES_PARAMETERS_H
#define ATTN_PASSES_PARAMETERS_H

#include "mlir/IR/BuiltinOps.h"

namespace attn {

/// Sets a parameter of the model, before any pass. There is one: `cache`, the element type of all caches (f32, bf16 or
/// f16). A name or value that is not known, or a parameter that the model does not have, is an error on the module.
mlir::LogicalResult setParameter(mlir::ModuleOp module, llvm::StringRef name, llvm::StringRef value);

} // namespace attn

#endif // ATTN_PASSES_PARAMETERS_H
