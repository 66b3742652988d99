//===- Entry.cpp - a kernel becomes an entry of a GPU's module ---===//

#include "lowering/nvptx/Entry.h"

#include "lowering/ExpandMath.h"
#include "lowering/LibraryFree.h"
#include "passes/Carried.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

/// Address spaces of NVPTX.
static constexpr unsigned globalSpace = 1, sharedSpace = 3;

/// A tensor map: an opaque value of the driver's, passed by value (CUDA driver API, cuTensorMapEncodeTiled).
static constexpr int64_t tensorMapBytes = 128, tensorMapAlignment = 64;

/// What the widest swizzle of shared memory repeats after.
static constexpr int64_t sharedAlignment = 1024;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// One parameter for each of data, sizes and strides of a buffer, or for the bits of a scalar; behind them the maps.
static SmallVector<Type> parameterTypes(tile::KernelOp kernel, size_t tensorMaps) {
  MLIRContext *context = kernel.getContext();
  Type i64 = IntegerType::get(context, 64), pointer = LLVM::LLVMPointerType::get(context, globalSpace);
  SmallVector<Type> types;
  for (BlockArgument argument : kernel.getKernelArguments()) {
    if (argument.getType().isIntOrIndexOrFloat()) {
      types.push_back(i64);
      continue;
    }
    types.push_back(pointer);
    types.append(2 * dataShape(argument.getType()).size(), i64);
  }
  types.append(tensorMaps, LLVM::LLVMPointerType::get(context));
  return types;
}

/// Marks the last parameters as maps, and hands them to their buffers.
static void bindTensorMaps(ThreadBuilder &b, tile::KernelOp kernel, ArrayRef<tile::TensorMapAttr> maps,
                           LLVM::LLVMFuncOp function, BufferMap &buffers) {
  unsigned next = function.getNumArguments() - maps.size();
  Type bytes = LLVM::LLVMArrayType::get(b.getI8Type(), tensorMapBytes);
  for (tile::TensorMapAttr map : maps) {
    function.setArgAttr(next, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(bytes));
    function.setArgAttr(next, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(tensorMapAlignment));
    function.setArgAttr(next, NVVM::NVVMDialect::getGridConstantAttrName(), b.getUnitAttr());
    buffers[kernel.getBody().getArgument(map.getArgument())].tensorMap = function.getArgument(next++);
  }
}

/// Binds the kernel's arguments to the parameters and its grid's indices to the block's coordinates.
static void bindArguments(ThreadBuilder &b, tile::KernelOp kernel, LLVM::LLVMFuncOp function, IRMapping &mapping,
                          BufferMap &buffers) {
  unsigned next = 0;
  for (BlockArgument argument : kernel.getKernelArguments()) {
    Type type = argument.getType();
    Value first = function.getArgument(next++);
    if (type.isIndex()) {
      mapping.map(argument, arith::IndexCastOp::create(b, type, first));
      continue;
    }
    if (type.isIntOrFloat()) {
      unsigned width = type.getIntOrFloatBitWidth();
      Value bits = width == 64 ? first : arith::TruncIOp::create(b, b.getIntegerType(width), first).getResult();
      mapping.map(argument, type.isInteger() ? bits : arith::BitcastOp::create(b, type, bits).getResult());
      continue;
    }
    GlobalBuffer buffer{dataElementType(type), first, {}, {}, {}};
    ArrayRef<int64_t> shape = dataShape(type);
    for (int64_t size : shape) {
      Value given = function.getArgument(next++);
      buffer.sizes.push_back(ShapedType::isDynamic(size) ? given : b.i64(size));
    }
    for (unsigned d = 0; d < shape.size(); ++d)
      buffer.strides.push_back(function.getArgument(next++));
    buffers[argument] = buffer;
  }
  // The last dimension is x.
  Type i32 = b.getI32Type();
  for (auto [d, index] : llvm::enumerate(llvm::reverse(kernel.getGridIndices()))) {
    Value block = d == 0   ? Value(NVVM::BlockIdXOp::create(b, i32))
                  : d == 1 ? Value(NVVM::BlockIdYOp::create(b, i32))
                           : Value(NVVM::BlockIdZOp::create(b, i32));
    mapping.map(index, arith::IndexCastOp::create(b, b.getIndexType(), block));
  }
}

static LogicalResult cloneScalars(ThreadBuilder &b, Block &block, StringRef architecture, IRMapping &mapping,
                                  const BufferMap &buffers);

/// A branch of the scalar code, which all threads of a block take alike; a load in it may have nowhere else to read.
static LogicalResult cloneBranch(ThreadBuilder &b, scf::IfOp branch, StringRef architecture, IRMapping &mapping,
                                 const BufferMap &buffers) {
  auto copy = scf::IfOp::create(b, branch.getResultTypes(), mapping.lookup(branch.getCondition()),
                                /*withElseRegion=*/branch.elseBlock() != nullptr);
  for (auto [from, to] : llvm::zip(branch->getRegions(), copy->getRegions())) {
    if (from.empty())
      continue;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&to.front());
    if (failed(cloneScalars(b, from.front(), architecture, mapping, buffers)))
      return failure();
    if (branch.getNumResults()) // without results the terminator is there
      b.clone(*from.front().getTerminator(), mapping);
  }
  mapping.map(branch.getResults(), copy.getResults());
  return success();
}

/// The scalar code around the sweep.
static LogicalResult cloneScalars(ThreadBuilder &b, Block &block, StringRef architecture, IRMapping &mapping,
                                  const BufferMap &buffers) {
  auto lookup = [&](ValueRange values) {
    SmallVector<Value> result;
    for (Value value : values)
      result.push_back(mapping.lookup(value));
    return result;
  };
  for (Operation &op : block.without_terminator()) {
    if (auto size = dyn_cast<tile::SizeOp>(op)) {
      Value found = buffers.find(size.getSource())->second.sizes[size.getDimension()];
      mapping.map(size.getResult(), arith::IndexCastOp::create(b, b.getIndexType(), found));
    } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
      const GlobalBuffer &buffer = buffers.find(load.getMemRef())->second;
      mapping.map(load.getResult(), loadElement(b, buffer, lookup(load.getIndices())));
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      const GlobalBuffer &buffer = buffers.find(load.getCapture())->second;
      mapping.map(load.getResult(), loadClamped(b, buffer, lookup(load.getIndices())));
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      if (failed(cloneBranch(b, branch, architecture, mapping, buffers)))
        return failure();
    } else if (isa<arith::ArithDialect, math::MathDialect>(op.getDialect())) {
      b.clone(op, mapping);
    } else if (!isa<tile::TileDialect>(op.getDialect())) {
      return op.emitOpError() << "has no form in a kernel of " << architecture << "; compile for cpu";
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

static LogicalResult lowerKernel(tile::KernelOp kernel, const SweepLowering &lowering, ModuleOp destination,
                                 LLVM::GlobalOp shared) {
  const Target &target = lowering.target;
  FailureOr<AttentionSweep> sweep = AttentionSweep::match(kernel);
  if (failed(sweep))
    return failure();
  SmallVector<tile::TensorMapAttr> maps = lowering.findTensorMaps(*sweep);
  ThreadBuilder b(kernel.getLoc(), OpBuilder::atBlockEnd(destination.getBody()));
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), parameterTypes(kernel, maps.size()));
  auto function = LLVM::LLVMFuncOp::create(b, kernel.getSymName(), type);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  IRMapping mapping;
  BufferMap buffers;
  bindArguments(b, kernel, function, mapping, buffers);
  bindTensorMaps(b, kernel, maps, function, buffers);
  if (failed(cloneScalars(b, kernel.getBody().front(), target.architecture, mapping, buffers)))
    return failure();
  Value memory = LLVM::AddressOfOp::create(b, shared);
  FailureOr<EntryLaunch> launch = lowering.emit(b, *sweep, mapping, buffers, memory);
  if (failed(launch))
    return failure();
  LLVM::ReturnOp::create(b, ValueRange());
  if (launch->sharedBytes > target.sharedBytes)
    return kernel.emitOpError() << "needs " << launch->sharedBytes << " bytes of shared memory, but a block of "
                                << target.architecture << " has " << target.sharedBytes
                                << "; plan fewer rows, keys or stages";
  function->setAttr("nvvm.kernel", b.getUnitAttr());
  function->setAttr("nvvm.reqntid", b.getDenseI32ArrayAttr(int32_t(launch->threads)));
  function->setAttr("nvvm.minctasm", b.getI32IntegerAttr(int32_t(launch->blocks)));

  // The record keeps its arguments.
  kernel->setAttr("threads", b.getI64IntegerAttr(launch->threads));
  kernel->setAttr("shared", b.getI64IntegerAttr(launch->sharedBytes));
  if (!maps.empty())
    kernel->setAttr("tensor_maps", b.getArrayAttr(SmallVector<Attribute>(maps.begin(), maps.end())));
  Block &body = kernel.getBody().front();
  while (Operation *last = body.getTerminator()->getPrevNode())
    last->erase();
  return success();
}

LogicalResult attn::lowerKernelsToEntries(ModuleOp module, const SweepLowering &lowering) {
  StringRef architecture = lowering.target.architecture;
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  ModuleOp functions = ModuleOp::create(builder, module.getLoc(), architecture);
  builder.setInsertionPointToStart(functions.getBody());
  // Dynamic shared memory is an external array without a size.
  auto shared = LLVM::GlobalOp::create(builder, module.getLoc(), LLVM::LLVMArrayType::get(builder.getI8Type(), 0),
                                       /*isConstant=*/false, LLVM::Linkage::External, "shared", Attribute(),
                                       sharedAlignment, sharedSpace);
  for (tile::KernelOp kernel : module.getOps<tile::KernelOp>()) {
    if (getLeftOut(kernel))
      continue;
    if (!kernel.getPlan() || kernel.getPlan()->getForm() != "fragments")
      return kernel.emitOpError() << "has no lowering for " << architecture
                                  << ", which carries attention with a plan of form `fragments`; compile for cpu";
    if (failed(lowerKernel(kernel, lowering, functions, shared)))
      return failure();
  }
  if (failed(expandMath(functions)))
    return failure();
  return checkLibraryFree(functions, Target::Device::cuda);
}
