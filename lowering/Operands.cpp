//===- Operands.cpp - where the operands of a launch come from ---===//

#include "lowering/Operands.h"

#include "dialect/nn/NN.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

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

/// Dimension d of the source becomes the group reassociation[d], of which at most one is dynamic and takes d's name.
static LogicalResult expand(memref::ExpandShapeOp op, ViewChain &view) {
  SmallVector<std::string> shape, strides;
  for (auto [d, group] : llvm::enumerate(op.getReassociationIndices())) {
    SmallVector<std::string> sizes;
    for (int64_t r : group) {
      int64_t size = op.getResultType().getDimSize(r);
      if (ShapedType::isDynamic(size) && group.size() > 1)
        return op.emitOpError("expects a dimension to be split into static ones; a dynamic part has no expression");
      sizes.push_back(ShapedType::isDynamic(size) ? view.shape[d] : std::to_string(size));
    }
    SmallVector<std::string> local = contiguousStrides(sizes);
    for (auto [size, stride] : llvm::zip(sizes, local)) {
      shape.push_back(size);
      strides.push_back(multiply(stride, view.strides[d]));
    }
  }
  view.shape = shape;
  view.strides = strides;
  return success();
}

/// A group of source dimensions becomes one; they have to be contiguous, which memref.collapse_shape guarantees.
static void collapse(memref::CollapseShapeOp op, ViewChain &view) {
  SmallVector<std::string> shape, strides;
  for (const auto &group : op.getReassociationIndices()) {
    std::string size = "1";
    for (int64_t s : group)
      size = multiply(size, view.shape[s]);
    shape.push_back(size);
    strides.push_back(view.strides[group.back()]);
  }
  view.shape = shape;
  view.strides = strides;
}

static LogicalResult slice(memref::SubViewOp op, ViewChain &view) {
  SmallVector<std::string> shape, strides;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [d, offset, size, stride] :
       llvm::enumerate(op.getStaticOffsets(), op.getStaticSizes(), op.getStaticStrides())) {
    if (ShapedType::isDynamic(offset) || ShapedType::isDynamic(stride))
      return op.emitOpError("expects static offsets and strides; a dynamic one has no expression");
    view.offset = add(view.offset, multiply(std::to_string(offset), view.strides[d]));
    if (dropped.test(d))
      continue;
    // A dynamic size is the whole dimension: what the graph makes.
    shape.push_back(ShapedType::isDynamic(size) ? view.shape[d] : std::to_string(size));
    strides.push_back(multiply(std::to_string(stride), view.strides[d]));
  }
  view.shape = shape;
  view.strides = strides;
  return success();
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
    if (!isa<memref::ExpandShapeOp, memref::CollapseShapeOp, memref::SubViewOp, memref::CastOp,
             bufferization::ToBufferOp>(op) &&
        !nn::isView(op))
      break;
    if (!isa<memref::CastOp, bufferization::ToBufferOp>(op))
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
  for (Operation *op : llvm::reverse(chain)) {
    if (auto expansion = dyn_cast<memref::ExpandShapeOp>(op)) {
      if (failed(expand(expansion, view)))
        return failure();
    } else if (auto collapsed = dyn_cast<memref::CollapseShapeOp>(op)) {
      collapse(collapsed, view);
    } else if (auto heads = dyn_cast<nn::SplitHeadsOp>(op)) {
      split(heads, view);
    } else if (auto merged = dyn_cast<nn::MergeHeadsOp>(op)) {
      merge(merged, view);
    } else if (auto range = dyn_cast<nn::SliceOp>(op)) {
      slice(range, view);
    } else if (auto transposed = dyn_cast<nn::TransposeOp>(op)) {
      transpose(transposed, view);
    } else if (failed(slice(cast<memref::SubViewOp>(op), view))) {
      return failure();
    }
  }
  return view;
}
