//===- KernelBody.cpp - a kernel's arguments as memory, and loops in its body ---===//

#include "lowering/cpu/KernelBody.h"

#include "lowering/cpu/Dequantize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// A memref of free strides, but for the last.
static MemRefType contiguousInLast(ArrayRef<int64_t> shape, Type element) {
  SmallVector<int64_t> strides(shape.size(), ShapedType::kDynamic);
  if (!strides.empty())
    strides.back() = 1;
  return MemRefType::get(shape, element, StridedLayoutAttr::get(element.getContext(), ShapedType::kDynamic, strides));
}

static FailureOr<Type> typeInMemory(tile::KernelOp kernel, unsigned argument) {
  Type type = kernel.getBody().getArgument(argument).getType();
  if (auto memref = dyn_cast<MemRefType>(type))
    return Type(contiguousInLast(memref.getShape(), memref.getElementType()));
  if (isHandle(type))
    return Type(contiguousInLast(dataShape(type), dataElementType(type)));
  auto weight = dyn_cast<nn::WeightType>(type);
  if (!weight)
    return type;
  StringRef name = kernel.getFormats() ? cast<StringAttr>((*kernel.getFormats())[argument]).getValue() : "";
  std::optional<StorageFormat> format = parseStorageFormat(name);
  if (!format)
    return kernel.emitOpError() << "expects a storage format for the weight in argument " << argument << ", but got '"
                                << name << "'; run attn-plan first";
  if (isBlockFormat(*format) && weight.getShape().back() % blockElements != 0)
    return kernel.emitOpError() << "expects rows of a multiple of " << blockElements << " elements in argument "
                                << argument << ", stored as " << name << ", but got " << weight.getShape().back();
  return Type(storedType(weight, *format));
}

LogicalResult attn::lowerArgumentTypes(tile::KernelOp kernel) {
  for (unsigned a = 0, e = kernel.getNumKernelArguments(); a < e; ++a) {
    FailureOr<Type> type = typeInMemory(kernel, a);
    if (failed(type))
      return failure();
    kernel.getBody().getArgument(a).setType(*type);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> attn::makeLoop(ImplicitLocOpBuilder &b, Value begin, Value end, int64_t step, ValueRange inits,
                                  LoopCode code) {
  auto loop = scf::ForOp::create(b, begin, end, arith::ConstantIndexOp::create(b, step), inits);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = code(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!inits.empty()) // a loop that carries nothing has its yield already
    scf::YieldOp::create(b, next);
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> attn::makeLoop(ImplicitLocOpBuilder &b, int64_t begin, int64_t end, int64_t step, ValueRange inits,
                                  LoopCode code) {
  if (begin >= end)
    return SmallVector<Value>(inits);
  Value first = arith::ConstantIndexOp::create(b, begin);
  if (begin + step >= end)
    return code(first, inits);
  return makeLoop(b, first, arith::ConstantIndexOp::create(b, end), step, inits, code);
}

//===----------------------------------------------------------------------===//
// Several dimensions counted as one
//===----------------------------------------------------------------------===//

SmallVector<Value> attn::sizesOf(ImplicitLocOpBuilder &b, Value memref, unsigned first, unsigned end) {
  SmallVector<Value> sizes;
  for (unsigned d = first; d < end; ++d)
    sizes.push_back(b.createOrFold<memref::DimOp>(memref, d));
  return sizes;
}

Value attn::countPlaces(ImplicitLocOpBuilder &b, ValueRange sizes) {
  if (sizes.empty())
    return arith::ConstantIndexOp::create(b, 1);
  Value count = sizes.front();
  for (Value size : sizes.drop_front())
    count = arith::MulIOp::create(b, count, size);
  return count;
}

SmallVector<Value> attn::indicesOf(ImplicitLocOpBuilder &b, Value number, ValueRange sizes) {
  SmallVector<Value> indices(sizes.size());
  for (size_t d = sizes.size(); d-- > 1;) {
    indices[d] = arith::RemUIOp::create(b, number, sizes[d]);
    number = arith::DivUIOp::create(b, number, sizes[d]);
  }
  if (!indices.empty())
    indices.front() = number;
  return indices;
}

//===----------------------------------------------------------------------===//
// Masks and scratch
//===----------------------------------------------------------------------===//

Value attn::firstLanes(ImplicitLocOpBuilder &b, int64_t count, int64_t lanes) {
  if (count >= lanes)
    return {};
  SmallVector<bool> bits(lanes, false);
  std::fill(bits.begin(), bits.begin() + count, true);
  auto type = VectorType::get(lanes, b.getI1Type());
  return arith::ConstantOp::create(b, type, DenseElementsAttr::get(type, bits));
}

Value attn::makeScratch(ImplicitLocOpBuilder &b, ArrayRef<int64_t> shape, Type element) {
  return memref::AllocaOp::create(b, MemRefType::get(shape, element), b.getI64IntegerAttr(64));
}
