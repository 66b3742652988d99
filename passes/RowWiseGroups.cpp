//===- RowWiseGroups.cpp - row-wise ops that can run as one kernel ---===//

#include "passes/RowWiseGroups.h"

using namespace mlir;
using namespace attn;

/// The rows that an op works on: the leading sizes of its data. Ops on heads take all heads of a position as one row.
static FailureOr<Dimensions::Sizes> rowsOf(RowWiseOpInterface op, Dimensions &dimensions) {
  FailureOr<Dimensions::Sizes> sizes = dimensions.of(op.getRowData());
  if (succeeded(sizes))
    sizes->truncate(sizes->size() - op.getFeatureRank());
  return sizes;
}

/// The value that a chain of views shows.
static Value viewed(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!nn::isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// The value that `operand` shows, if by views with other rows than its own, which exist outside of kernels only.
static Value gatheredFrom(Value operand) {
  bool gathers = false;
  while (nn::isView(operand.getDefiningOp())) {
    gathers |= !nn::isRowView(operand.getDefiningOp());
    operand = operand.getDefiningOp()->getOperand(0);
  }
  return gathers ? operand : Value();
}

/// Whether the group may run where `op` stands, after everything in between.
bool RowWiseGroups::mayRunAt(const Group &group, Operation *op) const {
  for (Value operand : op->getOperands())
    if (Value source = gatheredFrom(operand); source && group.members.contains(source.getDefiningOp()))
      return false;
  for (Operation &between : llvm::make_range(Block::iterator(group.ops.front()), Block::iterator(op))) {
    if (group.members.contains(&between) || nn::isView(&between))
      continue;
    WalkResult result = between.walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (group.written.contains(operand) || group.members.contains(viewed(operand).getDefiningOp()))
          return isa<LengthOp>(nested) ? WalkResult::advance() : WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return false;
  }
  return true;
}

/// Takes in `op` and, before it, the views through which it reads the group's own results.
void RowWiseGroups::insert(Group &group, Operation *op) {
  for (Value operand : op->getOperands()) {
    if (!group.members.contains(viewed(operand).getDefiningOp()))
      continue;
    SmallVector<Operation *> views;
    for (Operation *view = operand.getDefiningOp(); nn::isRowView(view); view = view->getOperand(0).getDefiningOp())
      views.push_back(view);
    for (Operation *view : llvm::reverse(views))
      if (group.members.insert(view).second)
        group.ops.push_back(view);
  }
  group.ops.push_back(op);
  group.members.insert(op);
  if (auto append = dyn_cast<AppendOp>(op))
    group.written.insert(append.getCache());
}

LogicalResult RowWiseGroups::add(RowWiseOpInterface op) {
  FailureOr<Dimensions::Sizes> rows = rowsOf(op, dimensions);
  if (failed(rows))
    return failure();
  for (Group &group : llvm::reverse(groups)) {
    if (group.rows == *rows && mayRunAt(group, op)) {
      insert(group, op);
      return success();
    }
  }
  groups.push_back({*rows, {}, {}, {}});
  insert(groups.back(), op);
  return success();
}

std::vector<SmallVector<Operation *>> RowWiseGroups::take() {
  std::vector<SmallVector<Operation *>> result;
  for (Group &group : groups)
    result.push_back(std::move(group.ops));
  groups.clear();
  return result;
}
