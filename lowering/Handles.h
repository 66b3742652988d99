//===- Handles.h - what caches and states are to a kernel -*- C++ -*-===//

#ifndef ATTN_LOWERING_HANDLES_H
#define ATTN_LOWERING_HANDLES_H

#include "dialect/tile/Tile.h"

namespace attn {

/// The kernel's arguments that are handles become memory of their shape, with the runtime's strides. States become
/// destinations of their attention as well, in place of final ones: what is left of them is written over them.
void lowerHandles(tile::KernelOp kernel);

} // namespace attn

#endif // ATTN_LOWERING_HANDLES_H
