//===- Masked.cpp - what `masked` adds to the generic form ---===//

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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

LogicalResult MaskedOp::verify() { // (C1)
  SmallVector<char, 4> letters = axisLetters(getAxes());
  for (auto [position, letter] : llvm::enumerate(letters)) {
    if (!StringRef("nhts").contains(letter))
      return emitOpError() << "expects axes among n, h, t and s, but got '" << StringRef(&letter, 1) << "'";
    if (llvm::is_contained(ArrayRef(letters).drop_front(position + 1), letter))
      return emitOpError() << "expects each axis once, but got '" << StringRef(&letter, 1) << "' twice";
  }
  int64_t rank = cast<ShapedType>(getMask().getType()).getRank();
  if (static_cast<int64_t>(letters.size()) != rank)
    return emitOpError() << "expects an axis for each dimension of the mask, but got " << letters.size()
                         << " axes for rank " << rank;
  if (!llvm::is_contained(letters, 't') && !llvm::is_contained(letters, 's'))
    return emitOpError() << "expects t or s among the axes, but got \"" << getAxes()
                         << "\"; a mask that names no pair belongs to the lengths";
  return success();
}

void MaskedOp::contribute(GenericBuilder &generic) {
  generic.narrowMask([&](ScalarBuilder &b) -> Value {
    Value mask = b.capture(getMask());
    SmallVector<Value> indices;
    for (char letter : axisLetters(getAxes())) {
      switch (letter) {
      case 'n':
        indices.push_back(b.n);
        break;
      case 'h':
        indices.push_back(b.h);
        break;
      case 't':
        indices.push_back(RowOp::create(b, b.getI32Type(), b.n, b.i));
        break;
      case 's':
        indices.push_back(b.j);
        break;
      }
    }
    return LoadOp::create(b, b.getI1Type(), mask, indices);
  });
}
