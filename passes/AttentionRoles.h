//===- AttentionRoles.h - what some arguments of an attention kernel hold -*- C++ -*-===//

#ifndef ATTN_PASSES_ATTENTIONROLES_H
#define ATTN_PASSES_ATTENTIONROLES_H

#include "llvm/ADT/StringRef.h"

namespace attn {

/// The attribute of a kernel that computes attention: an array of the numbers of the arguments that hold the values,
/// the output, and, where keys of earlier calls come in as a state, the sums of their values. The output is linear in
/// values and sums together, so that whoever launches the kernel with other values, and sums of 0, sees its weights.
///
/// Where the values are keys, too, or an epilogue changes the output, the kernel cannot be asked so. Then the attribute
/// is not its own, but that of its twin.
inline constexpr llvm::StringRef attentionRolesAttr = "attention";

/// The attribute of a kernel's twin: the kernel's name. The twin computes the same attention, without an epilogue, of
/// values in an argument of their own, which is its last. No function launches it; it only tells weights.
inline constexpr llvm::StringRef twinOfAttr = "twin_of";

} // namespace attn

#endif // ATTN_PASSES_ATTENTIONROLES_H
