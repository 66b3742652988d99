//===- Attn.h - the attn dialect -*- C++ -*-===//

#ifndef ATTN_DIALECT_ATTN_ATTN_H
#define ATTN_DIALECT_ATTN_ATTN_H

#include "dialect/Interfaces.h"
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
#define GET_OP_CLASSES
#include "dialect/attn/AttnOps.h.inc"

namespace attn {

/// Whether it is a cache or a state: what the runtime keeps from call to call, of which values are references.
bool isHandle(mlir::Type type);

/// Of handles that have a leading dimension of layers: that of one layer.
mlir::Type layerOfHandle(mlir::Type type);

/// What a handle is to a kernel: memory of its shape whose strides are the runtime's.
mlir::MemRefType memoryOfHandle(mlir::Type type);

/// Shape of a tensor, memref or handle.
llvm::ArrayRef<int64_t> dataShape(mlir::Type type);

/// Element type of a tensor, memref or handle.
mlir::Type dataElementType(mlir::Type type);

/// The attribute of an attn.generic that says in which form it is to be computed: `quadratic`, `chunked` or
/// `recurrent`. Left out, planning chooses.
inline constexpr llvm::StringRef formAttr = "form";

/// Which pairs a mask region admits, as far as a state over keys needs to know.
struct MaskForm {
  /// Keys after the query are hidden.
  bool isCausal = false;
  /// Keys are hidden from all queries alike.
  bool hidesKeys = false;
  /// Nothing else hides a pair: the mask is j ≤ i, a function of (n, j), both or neither.
  bool isOfKeys = true;
};
MaskForm classifyMask(GenericOp generic);

/// How many features a state has: the products of `power` features of a key of `width`, in no order, C(d + p − 1, p);
/// at most 2⁴⁰.
int64_t stateWidth(int64_t width, int64_t power);

/// The ops behind `scores`, from the last modifier to the source, as far as they are in sight.
llvm::SmallVector<mlir::Operation *> chainBehind(mlir::Value scores);

/// Query heads of what `scores` describes; ShapedType::kDynamic where the source is not in sight.
int64_t queryHeads(mlir::Value scores);

//===----------------------------------------------------------------------===//
// Checks that variants share
//===----------------------------------------------------------------------===//

struct IntegerRange {
  int64_t least, most;
};

/// `operand`, an i32 or null, lies in `range` where it is a constant.
llvm::LogicalResult verifyConstant(mlir::Operation *op, mlir::Value operand, llvm::StringRef name, IntegerRange range,
                                   llvm::StringRef remedy);

/// `bound`, an f32 that bounds scores, is positive where it is a constant.
llvm::LogicalResult verifyPositive(mlir::Operation *op, mlir::Value bound, llvm::StringRef name);

/// `table` has rank 1 and an element for each query head.
llvm::LogicalResult verifyPerHead(mlir::Operation *op, llvm::StringRef name, mlir::Value table, mlir::Value scores);

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

using MemoryEffectInstances = llvm::SmallVectorImpl<mlir::SideEffects::EffectInstance<mlir::MemoryEffects::Effect>>;

/// Adds a read of a handle or memref, and of a state, which then takes in the keys that met it, a write.
void addDataEffects(mlir::OpOperand &operand, MemoryEffectInstances &effects);

/// Adds the effects on each handle and memref that a closing op's chain names, from the closing op back to the source:
/// scores are lazy, so that the closing op is where all of them are read.
void addChainReads(ClosingOpInterface closing, MemoryEffectInstances &effects);

} // namespace attn

#endif // ATTN_DIALECT_ATTN_ATTN_H
