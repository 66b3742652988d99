//===- Dialects.h - the dialects of the project, registered at once -*- C++ -*-===//

#ifndef ATTN_DIALECT_DIALECTS_H
#define ATTN_DIALECT_DIALECTS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace attn {

/// Adds `attn`, `nn` and `tile`; what they depend on is loaded with them.
void registerAttnDialects(mlir::DialectRegistry &registry);

} // namespace attn

#endif // ATTN_DIALECT_DIALECTS_H
