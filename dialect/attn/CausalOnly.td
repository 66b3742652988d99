//===- CausalOnly.td - sources whose weights are of keys up to the query -*- tablegen -*-===//
//
// Chains that begin at such a source have a mask that keeps j <= i; generalising refuses others.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_CAUSALONLY
#define ATTN_DIALECT_ATTN_CAUSALONLY

include "mlir/IR/OpBase.td"

def Attn_CausalOnly : NativeOpTrait<"CausalOnly"> { let cppNamespace = "::attn"; }

#endif // ATTN_DIALECT_ATTN_CAUSALONLY
