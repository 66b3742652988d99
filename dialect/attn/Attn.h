//===- Attn.h - the attn dialect -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_ATTN_H
#define ATTN_DIALECT_ATTN_ATTN_H

#include "dialect/attn/GenericBuilder.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/attn/AttnDialect.h.inc"
#include "dialect/attn/AttnEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/attn/AttnAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/attn/AttnTypes.h.inc"
#include "dialect/Interfaces.h.inc"
#define GET_OP_CLASSES
#include "dialect/attn/AttnOps.h.inc"

namespace attn {

/// Shape of a tensor, memref or cache.
llvm::ArrayRef<int64_t> dataShape(mlir::Type type);

/// Element type of a tensor, memref or cache.
mlir::Type dataElementType(mlir::Type type);

using MemoryEffectInstances =
    llvm::SmallVectorImpl<mlir::SideEffects::EffectInstance<mlir::MemoryEffects::Effect>>;

/// Adds a read of each cache and memref that a closing op's chain names, from the closing op back to the source: scores
/// are lazy, so that the closing op is where all of them are read.
void addChainReads(ClosingOpInterface closing, MemoryEffectInstances &effects);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_ATTN_H
