//===- Operands.cpp - where the operands of a launch come from ---===//

#include "lowering/Operands.h"

#include "dialect/nn/NN.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Expressions as text
//===----------------------------------------------------------------------===//

static std::optional<int64_t> integer(StringRef expression) {
  int64_t value;
  if (expression.getAsInteger(10, value))
    return std::nullopt;
  return value;
}

static std::string parenthesized(StringRef expression) {
  bool simple = llvm::all_of(expression, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '*' || c == ' '; });
  return simple ? expression.str() : ("(" + expression + ")").str();
}

std::string attn::multiply(StringRef a, StringRef b) {
  std::optional<int64_t> x = integer(a), y = integer(b);
  if (x && y)
    return std::to_string(*x * *y);
  if (x == 1)
    return b.str();
  if (y == 1)
    return a.str();
  if (x == 0 || y == 0)
    return "0";
  return parenthesized(a) + " * " + parenthesized(b);
}

static std::string add(StringRef a, StringRef b) {
  std::optional<int64_t> x = integer(a), y = integer(b);
  if (x && y)
    return std::to_string(*x + *y);
  if (x == 0)
    return b.str();
  if (y == 0)
    return a.str();
  return (a + " + " + b).str();
}

llvm::json::Value attn::expressionJson(StringRef expression) {
  if (std::optional<int64_t> value = integer(expression))
    return *value;
  return expression.str();
}

llvm::json::Array attn::expressionsJson(ArrayRef<std::string> expressions) {
  llvm::json::Array result;
  for (const std::string &expression : expressions)
    result.push_back(expressionJson(expression));
  return result;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Row-major strides of a shape.
static SmallVector<std::string> contiguousStrides(ArrayRef<std::string> shape) {
  SmallVector<std::string> strides(shape.size(), "1");
  for (size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = multiply(strides[d], shape[d]);
  return strides;
}

/// (…, H·d) with a last stride s becomes (…, H, d) with strides d·s and s.
static void split(nn::SplitHeadsOp op, ViewChain &view) {
  ArrayRef<int64_t> shape = cast<ShapedType>(op.getResult().getType()).getShape();
  std::string stride = view.strides.pop_back_val();
  view.shape.back() = std::to_string(shape[shape.size() - 2]);
  view.shape.push_back(std::to_string(shape.back()));
  view.strides.push_back(multiply(std::to_string(shape.back()), stride));
  view.strides.push_back(stride);
}

/// The reverse; heads stand side by side, which nn.merge_heads guarantees.
static void merge(nn::MergeHeadsOp op, ViewChain &view) {
  view.shape.pop_back();
  view.shape.back() = std::to_string(cast<ShapedType>(op.getResult().getType()).getShape().back());
  view.strides.erase(view.strides.end() - 2);
}

static void slice(nn::SliceOp op, ViewChain &view) {
  int64_t axis = op.getAxis();
  view.offset = add(view.offset, multiply(std::to_string(op.getOffset()), view.strides[axis]));
  view.shape[axis] = std::to_string(cast<ShapedType>(op.getResult().getType()).getShape()[axis]);
}

static void transpose(nn::TransposeOp op, ViewChain &view) {
  SmallVector<std::string> shape, strides;
  for (int64_t d : op.getOrder()) {
    shape.push_back(view.shape[d]);
    strides.push_back(view.strides[d]);
  }
  view.shape = shape;
  view.strides = strides;
}

FailureOr<ViewChain> attn::followViews(Value value,
                                       llvm::function_ref<FailureOr<SmallVector<std::string>>(Value)> rootShape) {
  SmallVector<Operation *> chain;
  ViewChain view;
  view.root = value;
  while (Operation *op = view.root.getDefiningOp()) {
    if (!isa<bufferization::ToBufferOp>(op) && !nn::isView(op))
      break;
    if (nn::isView(op))
      chain.push_back(op);
    view.root = op->getOperand(0);
  }
  if (chain.empty())
    return view;
  FailureOr<SmallVector<std::string>> shape = rootShape(view.root);
  if (failed(shape))
    return failure();
  view.isView = true;
  view.shape = *shape;
  view.strides = contiguousStrides(view.shape);
  for (Operation *op : llvm::reverse(chain))
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](nn::SplitHeadsOp heads) { split(heads, view); })
        .Case([&](nn::MergeHeadsOp heads) { merge(heads, view); })
        .Case([&](nn::SliceOp range) { slice(range, view); })
        .Case([&](nn::TransposeOp transposed) { transpose(transposed, view); })
        .DefaultUnreachable("isView names the views");
  return view;
}
