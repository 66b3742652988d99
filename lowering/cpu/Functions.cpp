//===- Functions.cpp - lowered kernels become functions of the kernel interface ---===//
//
// A kernel's arguments arrive as pointers in `attn_args` (runtime/artifact.h). Here they become memref descriptors, the
// task's number becomes the grid's indices, and the allocas of the body become places in the task's scratch.
//
//===----------------------------------------------------------------------===//

#include "lowering/LibraryFree.h"
#include "lowering/Passes.h"
#include "passes/Carried.h"

#include "runtime/artifact.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

namespace attn {
#define GEN_PASS_DEF_CPUFUNCTIONS
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Memory as the interface lays it out
//===----------------------------------------------------------------------===//

namespace {

/// Builds the entry of one function.
class EntryBuilder {
public:
  EntryBuilder(OpBuilder &builder, Location location) : b(location, builder) {
    MLIRContext *context = b.getContext();
    pointer = LLVM::LLVMPointerType::get(context);
    Type i32 = b.getI32Type(), i64 = b.getI64Type();
    argsType = LLVM::LLVMStructType::getLiteral(
        context, {i32, i32, pointer, pointer, LLVM::LLVMArrayType::get(i64, ATTN_MAX_GRID)});
    bufferType = LLVM::LLVMStructType::getLiteral(context, {pointer, pointer, pointer});
  }

  /// args->grid[dimension]
  Value gridSize(Value args, unsigned dimension) {
    return load(b.getI64Type(), at(argsType, args, {0, 4, static_cast<int32_t>(dimension)}));
  }

  /// args->buffers[index] as a memref of `type`.
  Value buffer(Value args, unsigned index, MemRefType type) {
    Value buffers = load(pointer, at(argsType, args, {0, 2}));
    Value place = at(bufferType, buffers, {static_cast<int32_t>(index)});
    Value data = load(pointer, at(bufferType, place, {0, 0}));
    Value sizes = load(pointer, at(bufferType, place, {0, 1}));
    Value strides = load(pointer, at(bufferType, place, {0, 2}));
    auto [staticStrides, offset] = type.getStridesAndOffset();
    return descriptor(
        type, data, [&](unsigned d) { return element(type.getDimSize(d), sizes, d); },
        [&](unsigned d) { return element(staticStrides[d], strides, d); });
  }

  /// scratch + offset as a memref of the static `type`.
  Value place(Value scratch, int64_t offset, MemRefType type) {
    Value data =
        LLVM::GEPOp::create(b, pointer, b.getI8Type(), scratch, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)},
                            LLVM::GEPNoWrapFlags::inbounds);
    auto [staticStrides, ignored] = type.getStridesAndOffset();
    return descriptor(
        type, data, [&](unsigned d) { return i64(type.getDimSize(d)); },
        [&](unsigned d) { return i64(staticStrides[d]); });
  }

  /// args->scalars[index] as a scalar of `type`, from its low bits.
  Value scalar(Value args, unsigned index, Type type) {
    Value scalars = load(pointer, at(argsType, args, {0, 3}));
    Value bits = load(b.getI64Type(), at(b.getI64Type(), scalars, {static_cast<int32_t>(index)}));
    if (type.isIndex())
      return arith::IndexCastOp::create(b, type, bits);
    unsigned width = type.getIntOrFloatBitWidth();
    Value narrow = width == 64 ? bits : arith::TruncIOp::create(b, b.getIntegerType(width), bits).getResult();
    return type.isInteger() ? narrow : arith::BitcastOp::create(b, type, narrow).getResult();
  }

  Value i64(int64_t value) { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); }

private:
  Value load(Type type, Value address) { return LLVM::LoadOp::create(b, type, address); }

  Value at(Type type, Value base, ArrayRef<LLVM::GEPArg> indices) {
    return LLVM::GEPOp::create(b, pointer, type, base, indices, LLVM::GEPNoWrapFlags::inbounds);
  }

  /// A static value as it is, a dynamic one from `array`.
  Value element(int64_t known, Value array, unsigned d) {
    if (!ShapedType::isDynamic(known))
      return i64(known);
    return load(b.getI64Type(), at(b.getI64Type(), array, {static_cast<int32_t>(d)}));
  }

  Value descriptor(MemRefType type, Value data, function_ref<Value(unsigned)> size,
                   function_ref<Value(unsigned)> stride) {
    MLIRContext *context = b.getContext();
    auto array = LLVM::LLVMArrayType::get(b.getI64Type(), type.getRank());
    SmallVector<Type> fields = {pointer, pointer, b.getI64Type()};
    if (type.getRank() > 0)
      fields.append({array, array});
    auto structType = LLVM::LLVMStructType::getLiteral(context, fields);
    Value result = LLVM::PoisonOp::create(b, structType);
    auto insert = [&](Value value, ArrayRef<int64_t> position) {
      result = LLVM::InsertValueOp::create(b, result, value, position);
    };
    insert(data, {0});
    insert(data, {1});
    insert(i64(0), {2});
    for (unsigned d = 0; d < type.getRank(); ++d) {
      insert(size(d), {3, d});
      insert(stride(d), {4, d});
    }
    return UnrealizedConversionCastOp::create(b, TypeRange(type), ValueRange(result)).getResult(0);
  }

  ImplicitLocOpBuilder b;
  Type pointer;
  LLVM::LLVMStructType argsType, bufferType;
};

} // namespace

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

/// Bytes of an element in memory: an index is 64 bits, an i1 one byte.
static int64_t elementBytes(Type type) { return type.isIndex() ? 8 : (type.getIntOrFloatBitWidth() + 7) / 8; }

/// Gives every static alloca of the body a place in scratch; returns the bytes used, or fails on one without a size.
static FailureOr<int64_t> placeScratch(func::FuncOp function, Value scratch) {
  int64_t used = 0;
  WalkResult result = function.walk([&](memref::AllocaOp alloca) {
    MemRefType type = alloca.getType();
    if (!type.hasStaticShape()) {
      alloca.emitOpError() << "expects a static shape in a kernel's scratch, but got " << type;
      return WalkResult::interrupt();
    }
    OpBuilder builder(alloca);
    EntryBuilder entry(builder, alloca.getLoc());
    alloca.replaceAllUsesWith(entry.place(scratch, used, type));
    int64_t bytes = type.getNumElements() * elementBytes(type.getElementType());
    used += (bytes + ATTN_ENTRY_ALIGNMENT - 1) / ATTN_ENTRY_ALIGNMENT * ATTN_ENTRY_ALIGNMENT;
    alloca.erase();
    return WalkResult::advance();
  });
  return result.wasInterrupted() ? FailureOr<int64_t>(failure()) : FailureOr<int64_t>(used);
}

/// tile.kernel @k grid [a, b] { ^bb0(args…, %x: index, %y: index): … }
///   →  func.func @k(%args: !llvm.ptr, %task: i64, %scratch: !llvm.ptr) -> i32 { x = task / b, y = task mod b … }
static LogicalResult makeFunction(tile::KernelOp kernel, ModuleOp destination) {
  if (!kernel.getGrid())
    return kernel.emitOpError("expects a grid before it becomes a function; run its lowering first");
  if (failed(checkLibraryFree(kernel, Target::Device::cpu)))
    return failure();
  Location loc = kernel.getLoc();
  OpBuilder builder = OpBuilder::atBlockEnd(destination.getBody());
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext()), i64 = builder.getI64Type(),
       i32 = builder.getI32Type();
  auto function =
      func::FuncOp::create(builder, loc, kernel.getSymName(), builder.getFunctionType({pointer, i64, pointer}, {i32}));

  // The record keeps its arguments and an empty body.
  IRMapping mapping;
  Block *record = new Block;
  for (BlockArgument argument : kernel.getBody().getArguments())
    mapping.map(argument, record->addArgument(argument.getType(), argument.getLoc()));
  Block *body = &kernel.getBody().front();
  kernel.getBody().push_back(record);
  body->moveBefore(&function.getBody(), function.getBody().end());
  builder.setInsertionPointToEnd(record);
  tile::ReturnOp::create(builder, loc, ValueRange());

  SmallVector<BlockArgument> old(body->getArguments());
  Value args = body->addArgument(pointer, loc), task = body->addArgument(i64, loc),
        scratch = body->addArgument(pointer, loc);
  builder.setInsertionPointToStart(body);
  EntryBuilder entry(builder, loc);

  unsigned buffers = 0, scalars = 0, count = old.size() - kernel.getGrid()->size();
  for (unsigned a = 0; a < count; ++a) {
    Type type = old[a].getType();
    Value value;
    if (auto memref = dyn_cast<MemRefType>(type)) {
      value = entry.buffer(args, buffers++, memref);
    } else if (type.isIntOrIndexOrFloat()) {
      value = entry.scalar(args, scalars++, type);
    } else {
      return function.emitError() << "kernel argument " << a << " has type " << type
                                  << ", which no lowering has turned into a memref or scalar";
    }
    old[a].replaceAllUsesWith(value);
  }

  // The last dimension of the grid is the fastest.
  Value rest = task;
  for (unsigned d = kernel.getGrid()->size(); d-- > 0;) {
    Value index = rest;
    if (d > 0) {
      Value size = entry.gridSize(args, d);
      index = arith::RemUIOp::create(builder, loc, rest, size);
      rest = arith::DivUIOp::create(builder, loc, rest, size);
    }
    old[count + d].replaceAllUsesWith(arith::IndexCastOp::create(builder, loc, builder.getIndexType(), index));
  }
  body->eraseArguments(0, old.size());

  FailureOr<int64_t> used = placeScratch(function, scratch);
  if (failed(used))
    return failure();
  kernel.setScratch(*used);

  auto exit = cast<tile::ReturnOp>(body->getTerminator());
  builder.setInsertionPoint(exit);
  Value code = exit.getValues().empty()
                   ? arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(ATTN_KERNEL_OK))
                   : exit.getValues().front();
  func::ReturnOp::create(builder, loc, code);
  exit.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct CpuFunctions : attn::impl::CpuFunctionsBase<CpuFunctions> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    ModuleOp functions = ModuleOp::create(builder, module.getLoc(), "cpu");
    for (tile::KernelOp kernel : module.getOps<tile::KernelOp>())
      if (!getLeftOut(kernel) && failed(makeFunction(kernel, functions)))
        return signalPassFailure();
  }
};
} // namespace
