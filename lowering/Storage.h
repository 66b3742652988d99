//===- Storage.h - how a file of weights stores those of a program -*- C++ -*-===//
//
// A program's weights are named, and may be stored in any format. Where the file is known when the program is compiled,
// kernels are made for its formats only, whichever meet in a launch, and a tensor that is missing, misshapen or stored
// in a way that no kernel reads is an error then and not when the program is run.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_STORAGE_H
#define ATTN_LOWERING_STORAGE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace attn {

/// What a file says of its tensors.
struct StoredWeights {
  struct Tensor {
    std::string format; ///< as runtime/artifact.h (5) names it
    llvm::SmallVector<int64_t> shape;
  };
  std::string file;
  llvm::StringMap<Tensor> tensors;
};

/// Checks that the file has each weight that the public functions mention, in its shape. Each that does not fit is an
/// error on one op that mentions it.
mlir::LogicalResult checkWeights(mlir::ModuleOp module, const StoredWeights &stored);

/// Writes on each launched kernel in which formats its weights meet (`stored_formats`, passes/Plan.h), after checking
/// that they are there. Formats that the kernel cannot read are errors on the weight.
mlir::LogicalResult recordStorage(mlir::ModuleOp module, const StoredWeights &stored);

} // namespace attn

#endif // ATTN_LOWERING_STORAGE_H
