//===- Sm80.cpp - kernels become entries of sm_80 ---===//

#include "lowering/LibraryFree.h"
#include "lowering/Passes.h"
#include "lowering/nvptx/Sm80Sweep.h"
#include "passes/Carried.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/Twine.h"

namespace attn {
#define GEN_PASS_DEF_NVPTXSM80
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct NvptxSm80 : attn::impl::NvptxSm80Base<NvptxSm80> {
  void runOnOperation() override;
};
} // namespace

/// Address spaces of NVPTX.
static constexpr unsigned globalSpace = 1, sharedSpace = 3;

/// Shared memory of a multiprocessor of sm_80, what each block takes of it beyond its own, so what one may have (CUDA C++
/// Programming Guide, compute capability 8.0); and registers.
static constexpr int64_t sharedOfMultiprocessor = 164 * 1024, sharedReserved = 1024,
                         maxSharedBytes = sharedOfMultiprocessor - sharedReserved, registersOfMultiprocessor = 65536;

/// What a thread needs for the widest tiles (README.md).
static constexpr int64_t registersOfThread = 168;

//===----------------------------------------------------------------------===//
// The entry
//===----------------------------------------------------------------------===//

/// One parameter for each of data, sizes and strides of a buffer, or for the bits of a scalar.
static SmallVector<Type> parameterTypes(tile::KernelOp kernel) {
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
  return types;
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
    GlobalBuffer buffer{dataElementType(type), first, {}, {}};
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

/// The scalar code around the sweep.
static LogicalResult cloneScalars(ThreadBuilder &b, tile::KernelOp kernel, IRMapping &mapping,
                                  const BufferMap &buffers) {
  auto lookup = [&](ValueRange values) {
    SmallVector<Value> result;
    for (Value value : values)
      result.push_back(mapping.lookup(value));
    return result;
  };
  for (Operation &op : kernel.getBody().front()) {
    if (auto size = dyn_cast<tile::SizeOp>(op)) {
      Value found = buffers.find(size.getSource())->second.sizes[size.getDimension()];
      mapping.map(size.getResult(), arith::IndexCastOp::create(b, b.getIndexType(), found));
    } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
      const GlobalBuffer &buffer = buffers.find(load.getMemRef())->second;
      mapping.map(load.getResult(), loadElement(b, buffer, lookup(load.getIndices())));
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      const GlobalBuffer &buffer = buffers.find(load.getCapture())->second;
      mapping.map(load.getResult(), loadClamped(b, buffer, lookup(load.getIndices())));
    } else if (isa<arith::ArithDialect, math::MathDialect>(op.getDialect())) {
      b.clone(op, mapping);
    } else if (!isa<tile::TileDialect>(op.getDialect())) {
      return op.emitOpError() << "has no form in a kernel of sm_80; compile for cpu";
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

/// How many blocks a multiprocessor holds at once: what shared memory allows, with enough registers for a thread. Told
/// so, ptxas gives a thread its share; left alone it aims at one more block and spills.
static int64_t blocksOfMultiprocessor(const Sm80Launch &launch) {
  int64_t byShared = sharedOfMultiprocessor / (launch.sharedBytes + sharedReserved);
  int64_t byRegisters = registersOfMultiprocessor / (launch.threads * registersOfThread);
  return std::max<int64_t>(1, std::min(byShared, byRegisters));
}

static LogicalResult lowerKernel(tile::KernelOp kernel, ModuleOp destination, LLVM::GlobalOp shared) {
  FailureOr<AttentionSweep> sweep = AttentionSweep::match(kernel);
  if (failed(sweep))
    return failure();
  ThreadBuilder b(kernel.getLoc(), OpBuilder::atBlockEnd(destination.getBody()));
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), parameterTypes(kernel));
  auto function = LLVM::LLVMFuncOp::create(b, kernel.getSymName(), type);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  IRMapping mapping;
  BufferMap buffers;
  bindArguments(b, kernel, function, mapping, buffers);
  if (failed(cloneScalars(b, kernel, mapping, buffers)))
    return failure();
  Value memory = LLVM::AddressOfOp::create(b, shared);
  FailureOr<Sm80Launch> launch = emitSm80Sweep(b, *sweep, mapping, buffers, memory);
  if (failed(launch))
    return failure();
  LLVM::ReturnOp::create(b, ValueRange());
  if (launch->sharedBytes > maxSharedBytes)
    return kernel.emitOpError() << "needs " << launch->sharedBytes
                                << " bytes of shared memory, but a block of sm_80 has " << maxSharedBytes
                                << "; plan fewer rows or keys";
  function->setAttr("nvvm.kernel", b.getUnitAttr());
  function->setAttr("nvvm.reqntid", b.getDenseI32ArrayAttr(int32_t(launch->threads)));
  function->setAttr("nvvm.minctasm", b.getI32IntegerAttr(int32_t(blocksOfMultiprocessor(*launch))));

  // The record keeps its arguments.
  kernel->setAttr("threads", b.getI64IntegerAttr(launch->threads));
  kernel->setAttr("shared", b.getI64IntegerAttr(launch->sharedBytes));
  Block &body = kernel.getBody().front();
  while (Operation *last = body.getTerminator()->getPrevNode())
    last->erase();
  return success();
}

/// Functions that no instruction computes become polynomials: a kernel has no library to call.
static LogicalResult expandMath(ModuleOp functions) {
  RewritePatternSet patterns(functions.getContext());
  math::populateExpansionPatterns(patterns, {"powf", "sinh", "cosh", "tan"});
  populateMathPolynomialApproximationPatterns(patterns, [](StringRef) { return true; });
  return applyPatternsGreedily(functions, std::move(patterns));
}

void NvptxSm80::runOnOperation() {
  ModuleOp module = getOperation();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  ModuleOp functions = ModuleOp::create(builder, module.getLoc(), "sm_80");
  builder.setInsertionPointToStart(functions.getBody());
  // Dynamic shared memory is an external array without a size.
  auto shared = LLVM::GlobalOp::create(builder, module.getLoc(), LLVM::LLVMArrayType::get(builder.getI8Type(), 0),
                                       /*isConstant=*/false, LLVM::Linkage::External, "shared", Attribute(),
                                       /*alignment=*/128, sharedSpace);
  for (tile::KernelOp kernel : module.getOps<tile::KernelOp>()) {
    if (getLeftOut(kernel))
      continue;
    if (!kernel.getPlan() || kernel.getPlan()->getForm() != "fragments") {
      kernel.emitOpError("has no lowering for sm_80, which carries attention with a plan of form `fragments`; compile "
                         "for cpu");
      return signalPassFailure();
    }
    if (failed(lowerKernel(kernel, functions, shared)))
      return signalPassFailure();
  }
  if (failed(expandMath(functions)) || failed(checkLibraryFree(functions, Target::Device::cuda)))
    return signalPassFailure();
}
