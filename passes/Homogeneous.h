//===- Homogeneous.h - attention whose result a factor of all weights does not change -*- C++ -*-===//

#ifndef ATTN_PASSES_HOMOGENEOUS_H
#define ATTN_PASSES_HOMOGENEOUS_H

#include "dialect/attn/Attn.h"

namespace attn {

/// Whether what all weights of a row are times has no effect: linear weights over their sum, without ε.
bool isHomogeneous(GenericOp generic);

/// Gates over a sum fade what all keys fade by for nothing, unless they add up to less than this: then one of them was
/// −∞, behind which nothing is left.
inline constexpr double leastPending = -5e3;

/// The scale of scores that are only scaled becomes 1/√d where it has no effect, so that no power of a score leaves f32
/// for the scale's sake. A scale of 0, of which all weights are 0, and one that is no number keep what they do.
void dropScale(GenericOp generic);

} // namespace attn

#endif // ATTN_PASSES_HOMOGENEOUS_H
