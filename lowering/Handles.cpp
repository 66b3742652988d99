//===- Handles.cpp - what caches and states are to a kernel ---===//

#include "lowering/Handles.h"

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

void attn::lowerHandles(tile::KernelOp kernel) {
  SmallVector<GenericOp, 1> updating;
  for (auto generic : kernel.getBody().getOps<GenericOp>())
    if (!generic.getWeights() && !generic.getState().empty() && isHandle(generic.getState().front().getType()))
      updating.push_back(generic);
  for (BlockArgument argument : kernel.getBody().getArguments())
    if (isHandle(argument.getType()))
      argument.setType(memoryOfHandle(argument.getType()));
  for (GenericOp generic : updating) {
    SmallVector<Value, 2> states(generic.getState());
    generic.getDestinationsMutable().append(states);
  }
}
