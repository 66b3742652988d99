//===- Axes.cpp - tensors from outside whose dimensions are named ---===//

#include "dialect/attn/Axes.h"

#include "dialect/attn/Attn.h"

using namespace mlir;
using namespace attn;

/// The letters of `axes`, without the blanks between them.
static SmallVector<char, 4> axisLetters(StringRef axes) {
  SmallVector<char, 4> letters;
  for (char letter : axes)
    if (letter != ' ')
      letters.push_back(letter);
  return letters;
}

LogicalResult attn::verifyAxes(Operation *op, StringRef name, Value table, StringRef axes, Value scores) {
  SmallVector<char, 4> letters = axisLetters(axes);
  for (auto [position, letter] : llvm::enumerate(letters)) {
    if (!StringRef("nhts").contains(letter))
      return op->emitOpError() << "expects axes among n, h, t and s, but got '" << StringRef(&letter, 1) << "'";
    if (llvm::is_contained(ArrayRef(letters).drop_front(position + 1), letter))
      return op->emitOpError() << "expects each axis once, but got '" << StringRef(&letter, 1) << "' twice";
  }
  auto type = cast<ShapedType>(table.getType());
  if (static_cast<int64_t>(letters.size()) != type.getRank())
    return op->emitOpError() << "expects an axis for each dimension of the " << name << ", but got " << letters.size()
                             << " axes for rank " << type.getRank();
  if (llvm::none_of(letters, [](char letter) { return letter != 'n'; }))
    return op->emitOpError() << "expects h, t or s among the axes, but got \"" << axes << "\"; a " << name
                             << " that names none says the same of every pair of a sequence";
  unsigned head = llvm::find(letters, 'h') - letters.begin();
  int64_t heads = queryHeads(scores);
  if (head == letters.size() || type.isDynamicDim(head) || ShapedType::isDynamic(heads) ||
      type.getDimSize(head) == heads)
    return success();
  return op->emitOpError() << "expects axis h of the " << name << " to have " << heads << " query heads, but got "
                           << type.getDimSize(head);
}

/// Where the region's pair stands on an axis.
static Value coordinate(ScalarBuilder &b, char letter) {
  switch (letter) {
  case 'n':
    return b.n;
  case 'h':
    return b.h;
  case 't':
    return RowOp::create(b, b.getI32Type(), b.n, b.i);
  default:
    return b.j;
  }
}

Value attn::loadAlong(ScalarBuilder &b, Value table, StringRef axes) {
  SmallVector<Value> indices;
  for (char letter : axisLetters(axes))
    indices.push_back(coordinate(b, letter));
  return b.load(table, indices);
}
