//===- Reference.cpp - lower attention kernels to the plain loops that their definition says ---===//
//
// The oracle inside the IR: slow, scalar and short. What it does with one row is Loops.cpp; here a kernel gets its
// grid, one task for each sequence, row and head, and its caches become memory.
//
//===----------------------------------------------------------------------===//

#include "lowering/ExpandMath.h"
#include "lowering/Handles.h"
#include "lowering/Passes.h"
#include "lowering/reference/Loops.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace attn {
#define GEN_PASS_DEF_REFERENCELOWERING
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

/// What plain loops over pairs do not say.
static LogicalResult checkSlots(GenericOp generic) {
  if (generic.getDestinations().empty())
    return generic.emitOpError()
           << "expects destinations in the reference lowering, but got tensors; run attn-bufferize "
              "first";
  return success();
}

/// Rows read a state that is then written over, so that one task does all of a key head, in this order.
static void emitInPlace(ImplicitLocOpBuilder &b, tile::KernelOp kernel, GenericOp generic,
                        const reference::Scratch &scratch) {
  Value output = generic.getDestinations()[0];
  ArrayRef<int64_t> shape = dataShape(output.getType());
  int64_t keyHeads = dataShape(generic.getValue().getType()).rbegin()[1], group = shape.rbegin()[1] / keyHeads;
  kernel.setGridAttr(b.getStrArrayAttr({std::to_string(keyHeads)}));
  Value keyHead = kernel.getBody().addArgument(b.getIndexType(), kernel.getLoc());
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  auto loop = [&](Value end, function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, constant(0), end, constant(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  };
  Value first = arith::MulIOp::create(b, keyHead, constant(group));
  bool isPacked = shape.size() == 3;
  Value sequences = isPacked ? constant(1) : Value(memref::DimOp::create(b, output, 0));
  Value rows = memref::DimOp::create(b, output, isPacked ? 0 : 1);
  loop(sequences, [&](Value n) {
    loop(rows, [&](Value row) {
      loop(constant(group), [&](Value inGroup) {
        reference::emitRow(b, generic, n, row, arith::AddIOp::create(b, first, inGroup), scratch);
      });
    });
  });
  loop(memref::DimOp::create(b, generic.getState()[0], 0),
       [&](Value n) { reference::emitFinalState(b, generic, n, first, scratch); });
}

static LogicalResult lowerKernel(tile::KernelOp kernel, GenericOp generic) {
  if (failed(checkSlots(generic)))
    return failure();
  auto output = dyn_cast<BlockArgument>(generic.getDestinations().front());
  if (!output || output.getOwner() != &kernel.getBody().front())
    return generic.emitOpError() << "expects the kernel's own argument as destination; views belong outside the kernel";
  lowerHandles(kernel);

  ArrayRef<int64_t> shape = dataShape(generic.getQueries().front().getType());
  bool isPacked = shape.size() == 3, areWeights = bool(generic.getWeights());
  bool isMean = generic.getWeights() == WeightsOf::mean;
  std::string number = std::to_string(output.getArgNumber()), heads = std::to_string(shape[shape.size() - 2]);
  std::string sequences = isPacked ? "1" : "dim(" + number + ",0)";
  std::string rows = "dim(" + number + "," + (isPacked ? "0" : areWeights && !isMean ? "2" : "1") + ")";
  OpBuilder builder(kernel.getContext());
  kernel->setAttr("unfused", builder.getStringAttr("plain loops, asked for by --lowering=reference"));
  // Behind the rows stand the final states: one a sequence, which packed rows have in one line.
  bool leavesState = generic.getWeighting() == Weighting::linear && generic.getDestinations().size() > 1;
  std::string states = isPacked ? "dim(" + std::to_string(output.getArgNumber() + 1) + ",0)" : "1";
  bool isInPlace = leavesState && !generic.getState().empty() && generic.getState()[0] == generic.getDestinations()[1];
  SmallVector<Value, 3> task;
  if (!isInPlace)
    kernel.setGridAttr(
        builder.getStrArrayAttr({sequences, leavesState ? rows + " + " + states : rows, isMean ? "1" : heads}));
  for (int dimension = 0; !isInPlace && dimension < 3; ++dimension)
    task.push_back(kernel.getBody().addArgument(builder.getIndexType(), kernel.getLoc()));

  ImplicitLocOpBuilder top = ImplicitLocOpBuilder::atBlockBegin(kernel.getLoc(), &kernel.getBody().front());
  auto allocate = [&](int64_t size, Type element) -> Value {
    return memref::AllocaOp::create(top, MemRefType::get({size}, element), top.getI64IntegerAttr(64));
  };
  int64_t width = areWeights ? 1 : dataShape(output.getType()).back();
  reference::Scratch scratch{allocate(width, top.getF32Type()), allocate(1, top.getF64Type()),
                             allocate(1, top.getF32Type()), allocate(1, top.getIndexType())};
  ImplicitLocOpBuilder b(generic.getLoc(), generic);
  if (isInPlace) {
    emitInPlace(b, kernel, generic, scratch);
  } else if (leavesState) {
    int64_t group = shape[shape.size() - 2] / dataShape(generic.getValue().getType()).rbegin()[1];
    Value count = memref::DimOp::create(b, output, isPacked ? 0 : 1);
    Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, task[1], count);
    auto branch = scf::IfOp::create(b, isRow, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    reference::emitRow(b, generic, task[0], task[1], task[2], scratch);
    b.setInsertionPointToStart(branch.elseBlock());
    Value inGroup = arith::RemUIOp::create(b, task[2], arith::ConstantIndexOp::create(b, group));
    Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, inGroup, arith::ConstantIndexOp::create(b, 0));
    auto first = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
    b.setInsertionPointToStart(first.thenBlock());
    Value sequence = isPacked ? Value(arith::SubIOp::create(b, task[1], count)) : task[0];
    reference::emitFinalState(b, generic, sequence, task[2], scratch);
  } else if (areWeights) {
    reference::emitWeightsRow(b, generic, task[0], task[1], task[2], scratch);
  } else {
    reference::emitRow(b, generic, task[0], task[1], task[2], scratch);
  }

  Operation *used = generic.getSequences() ? generic.getSequences().getDefiningOp() : nullptr;
  generic.erase();
  if (used && used->use_empty())
    used->erase();
  return success();
}

/// Elementary functions become arithmetic as on every road, because a kernel has no library to call; bf16 becomes
/// integer arithmetic with its one rounding.
static LogicalResult expandFunctions(tile::KernelOp kernel) {
  if (failed(expandMath(kernel)))
    return failure();
  RewritePatternSet patterns(kernel.getContext());
  arith::populateExpandBFloat16Patterns(patterns);
  return applyPatternsGreedily(kernel, std::move(patterns));
}

namespace {
struct ReferenceLowering : attn::impl::ReferenceLoweringBase<ReferenceLowering> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](tile::KernelOp kernel) {
      auto generics = kernel.getBody().getOps<GenericOp>();
      if (generics.empty())
        return WalkResult::advance();
      GenericOp generic = *generics.begin();
      bool isLowered = succeeded(lowerKernel(kernel, generic)) && succeeded(expandFunctions(kernel));
      return isLowered ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
