//===- Operands.h - where the operands of a launch come from -*- C++ -*-===//
//
// A launch's operand is an argument, result, temporary, weight, state or scalar, perhaps seen through views. Views are
// followed to their root and described by offset, shape and strides in expressions (runtime/artifact.h, item 12).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_OPERANDS_H
#define ATTN_LOWERING_OPERANDS_H

#include "mlir/IR/Value.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/JSON.h"

#include <string>

namespace attn {

/// A view as expressions; `root` is what it looks into.
struct ViewChain {
  mlir::Value root;
  bool isView = false;
  std::string offset = "0";
  llvm::SmallVector<std::string> shape, strides;
};

/// Follows the views of the nn dialect (`nn::isView`) from `value` to their root, whose shape is `rootShape(root)` in
/// expressions. The root is contiguous.
mlir::FailureOr<ViewChain>
followViews(mlir::Value value,
            llvm::function_ref<mlir::FailureOr<llvm::SmallVector<std::string>>(mlir::Value)> rootShape);

/// An expression, or the integer that it is.
llvm::json::Value expressionJson(llvm::StringRef expression);

/// A shape or list of strides.
llvm::json::Array expressionsJson(llvm::ArrayRef<std::string> expressions);

/// The product of two expressions, folded where both are integers or one is 1.
std::string multiply(llvm::StringRef a, llvm::StringRef b);

} // namespace attn

#endif // ATTN_LOWERING_OPERANDS_H
