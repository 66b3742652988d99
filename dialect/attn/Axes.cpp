//===- Axes.cpp - tensors from outside whose dimensions are named ---===//

#include "dialect/attn/Axes.h"

#include "dialect/attn/Checks.h"

using namespace mlir;
using namespace attn;

SmallVector<char, 4> attn::axisLetters(StringRef axes) {
  SmallVector<char, 4> letters;
  for (char letter : axes)
    if (letter != ' ')
      letters.push_back(letter);
  return letters;
}

bool attn::isAxis(char letter) { return StringRef("nhts").contains(letter); }

/// Letters of axes, each once.
static LogicalResult verifyLetters(Operation *op, ArrayRef<char> letters) {
  Checks checks;
  for (auto [position, letter] : llvm::enumerate(letters)) {
    if (llvm::is_contained(letters.take_front(position), letter))
      continue;
    if (!isAxis(letter))
      checks.add(op->emitOpError() << "expects axes among n, h, t and s, but got '" << StringRef(&letter, 1)
                                   << "'; write n for sequence, h for query head, t for query and s for key");
    else if (llvm::is_contained(letters.drop_front(position + 1), letter))
      checks.add(op->emitOpError() << "expects each axis once, but got '" << StringRef(&letter, 1)
                                   << "' twice; name each dimension of the tensor by a letter of its own");
  }
  return checks;
}

LogicalResult attn::verifyAxes(Operation *op, StringRef name, Value table, StringRef axes, Value scores) {
  SmallVector<char, 4> letters = axisLetters(axes);
  Checks checks;
  checks.add(verifyLetters(op, letters));
  if (llvm::all_of(letters, [](char letter) { return letter == 'n'; }))
    checks.add(op->emitOpError() << "expects h, t or s among the axes, but got \"" << axes << "\"; a " << name
                                 << " that names none says the same of every pair of a sequence: write one of them");
  ArrayRef<int64_t> sizes = dataShape(table.getType());
  if (letters.size() != sizes.size()) {
    checks.add(op->emitOpError() << "expects an axis for each dimension of the " << name << ", but got "
                                 << letters.size() << " axes for rank " << sizes.size()
                                 << "; write a letter for each dimension of the tensor");
    return checks;
  }
  unsigned head = llvm::find(letters, 'h') - letters.begin();
  int64_t heads = queryHeads(scores);
  if (head != letters.size() && !ShapedType::isDynamic(sizes[head]) && !ShapedType::isDynamic(heads) &&
      sizes[head] != heads)
    checks.add(op->emitOpError() << "expects axis h of the " << name << " to have " << heads << " query heads, but got "
                                 << sizes[head]
                                 << "; give a slice for each query head, or leave h out where heads share it");
  return checks;
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
  Value element = b.load(table, indices);
  element.getDefiningOp()->setAttr(axesAttr, b.getStringAttr(axes));
  return element;
}
