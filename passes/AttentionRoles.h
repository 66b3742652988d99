//===- AttentionRoles.h - what two arguments of an attention kernel hold -*- C++ -*-===//

#ifndef ATTN_PASSES_ATTENTIONROLES_H
#define ATTN_PASSES_ATTENTIONROLES_H

#include "llvm/ADT/StringRef.h"

namespace attn {

/// The attribute of a kernel that computes attention: an array of the numbers of the arguments that hold the values and
/// the output. The output is linear in the values, so that whoever launches the kernel with other values sees its
/// weights. Left out where the values are keys, too, and where a state adds what no value of the call gave.
inline constexpr llvm::StringRef attentionRolesAttr = "attention";

} // namespace attn

#endif // ATTN_PASSES_ATTENTIONROLES_H
