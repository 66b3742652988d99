//===- TextVariants.h - variants written as text, on the command line -*- C++ -*-===//

#ifndef ATTN_TOOLS_TEXTVARIANTS_H
#define ATTN_TOOLS_TEXTVARIANTS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace attn {

/// Moves the variants of `other`, a file of --with, into `module`. Nothing else of the file is used. A name that the
/// module has already is an error which shows both places.
llvm::LogicalResult addVariants(mlir::ModuleOp module, mlir::ModuleOp other);

/// Prints a line for each op of the list.
void listBuiltInVariants(llvm::raw_ostream &out);

/// Prints a line for each variant that the file at `path` declares; they alone are verified, because the file's
/// functions may need others.
llvm::LogicalResult listTextVariants(mlir::ModuleOp module, llvm::StringRef path, llvm::raw_ostream &out);

} // namespace attn

#endif // ATTN_TOOLS_TEXTVARIANTS_H
