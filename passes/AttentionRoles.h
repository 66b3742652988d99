//===- AttentionRoles.h - what some arguments of an attention kernel hold -*- C++ -*-===//

#ifndef ATTN_PASSES_ATTENTIONROLES_H
#define ATTN_PASSES_ATTENTIONROLES_H

#include "llvm/ADT/StringRef.h"

namespace attn {

/// The attribute of a kernel that computes attention: an array of the numbers of the arguments that hold the values,
/// the output, and, where keys of earlier calls come in as a state, the sums of their values. The output is linear in
/// values and sums together, so that whoever launches the kernel with other values, and sums of 0, sees its weights.
/// Left out where the values are keys, too, where an epilogue changes the output, and where weights are the output.
inline constexpr llvm::StringRef attentionRolesAttr = "attention";

} // namespace attn

#endif // ATTN_PASSES_ATTENTIONROLES_H
