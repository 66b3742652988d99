//===- TargetOption.h - the machine that a pass is told to work for -*- C++ -*-===//

#ifndef ATTN_PASSES_TARGETOPTION_H
#define ATTN_PASSES_TARGETOPTION_H

#include "passes/Target.h"

#include "mlir/IR/Operation.h"

namespace attn {

/// The machine that the text of a pass's option `target` names; an error on `op` where it names none.
mlir::FailureOr<Target> parseTargetOption(mlir::Operation *op, mlir::StringRef text);

} // namespace attn

#endif // ATTN_PASSES_TARGETOPTION_H
