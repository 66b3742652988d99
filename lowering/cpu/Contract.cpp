//===- Contract.cpp - linear layers to vector code ---===//
//
//     nn.contract %x weights(%w…) extras(%e…) vectors(%b…) into(%y) { epilogue }
//   →
//     prepare the task's weights
//     for rows of the task, a tile of them at a time:
//       for the task's output features, a tile of them at a time: sums = x · wᵀ            (ContractTile.cpp)
//       for each row of the tile, for the task's output features in vectors: y = epilogue(sums, e, b)
//
// What is summed in which order depends on the layer and the target only, never on the task or the number of threads.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/ContractTile.h"
#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/ScalarCode.h"
#include "lowering/cpu/VectorMath.h"
#include "passes/TargetOption.h"

#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

namespace attn {
#define GEN_PASS_DEF_CPUCONTRACT
#include "lowering/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

namespace {
class ContractCode {
public:
  ContractCode(tile::KernelOp kernel, nn::ContractOp op, const Target &target)
      : kernel(kernel), op(op), target(target), b(op.getLoc(), op), numbers(b, target) {}

  LogicalResult emit();

private:
  LogicalResult check();
  SmallVector<Value> rowIndices(Value row);
  void emitTiles(ContractTile &tile, Value row, Value prepared);
  LogicalResult emitEpilogue(Value tileRow, Value row);

  Value index(int64_t value) { return numbers.index(value); }
  Value destination() { return op.getDestination(); }
  unsigned rowRank() { return cast<MemRefType>(destination().getType()).getRank() - 1; }

  tile::KernelOp kernel;
  nn::ContractOp op;
  const Target &target;
  ImplicitLocOpBuilder b;
  NumberLoader numbers;
  int64_t outputs = 0;
  SmallVector<Value> rowSizes; ///< of the dimensions of the rows, which are counted as one
  Value rowBegin, rowEnd;      ///< the task's rows: the first, and one beyond the last
  Value firstFeature;          ///< of the task
  Value features;              ///< how many the task has
  Value sums;                  ///< (weight, row of the tile, feature of the task)
};
} // namespace

LogicalResult ContractCode::check() {
  auto input = cast<MemRefType>(op.getInput().getType());
  bool isQuantized = input.getElementType().isInteger(8);
  if (input.getRank() != rowRank() + (isQuantized ? 2 : 1))
    return op.emitOpError() << "expects an input with the rows of the result, but got " << input;
  Type first = op.getWeights().front().getType();
  if (!llvm::all_equal(op.getWeights().getTypes()))
    return op.emitOpError() << "expects weights of one storage format, but got " << first << " and others";
  return success();
}

SmallVector<Value> ContractCode::rowIndices(Value row) { return indicesOf(b, row, rowSizes); }

/// `prepared`: the first row of those whose input the tile has prepared.
void ContractCode::emitTiles(ContractTile &tile, Value row, Value prepared) {
  SmallVector<SmallVector<Value>> indices;
  Value last = arith::SubIOp::create(b, rowEnd, index(1));
  for (int64_t r = 0; r < tile.rows(); ++r) {
    // A row beyond the end is computed as the last one, and not stored.
    Value each = r == 0 ? row : arith::MinSIOp::create(b, arith::AddIOp::create(b, row, index(r)), last).getResult();
    indices.push_back(tile.placeOf(each, prepared, [&](Value row) { return rowIndices(row); }));
  }
  makeLoop(b, index(0), features, tile.features(), {}, [&](Value local, ValueRange) {
    tile.emit(indices, firstFeature, local, sums);
    return SmallVector<Value>();
  });
}

LogicalResult ContractCode::emitEpilogue(Value tileRow, Value row) {
  LogicalResult result = success();
  int64_t lanes = target.lanes();
  SmallVector<Value> leading = rowIndices(row);
  auto emitPart = [&](Value local, Value mask) {
    Value feature = arith::AddIOp::create(b, firstFeature, local);
    SmallVector<Value> place = leading, arguments;
    place.push_back(feature);
    for (size_t w = 0; w < op.getWeights().size(); ++w)
      arguments.push_back(numbers.load(sums, {index(w), tileRow, local}, lanes));
    for (Value extra : op.getExtras())
      arguments.push_back(numbers.load(extra, place, lanes, mask));
    for (Value vector : op.getVectors())
      arguments.push_back(numbers.load(vector, feature, lanes, mask));
    Block &epilogue = op.getEpilogue().front();
    FailureOr<Value> value = inlineScalars(b, epilogue, arguments, epilogue.getTerminator()->getOperand(0), lanes);
    if (failed(value))
      result = failure();
    else
      numbers.store(*value, destination(), place, mask);
  };

  // Tasks begin at multiples of the lanes, so that only the layer's last vector is not whole, and its size is known.
  Value rest = arith::RemUIOp::create(b, features, index(lanes));
  Value whole = arith::SubIOp::create(b, features, rest);
  makeLoop(b, index(0), outputs % lanes ? whole : features, lanes, {}, [&](Value local, ValueRange) {
    emitPart(local, {});
    return SmallVector<Value>();
  });
  if (outputs % lanes == 0)
    return result;
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, index(0));
  auto guard = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(guard.thenBlock());
  emitPart(whole, firstLanes(b, outputs % lanes, lanes));
  return result;
}

LogicalResult ContractCode::emit() {
  auto shape = cast<nn::WeightType>(op.getWeights().front().getType());
  outputs = shape.getShape()[0];
  if (failed(lowerArgumentTypes(kernel)) || failed(check()))
    return failure();
  tile::PlanAttr plan = *kernel.getPlan();
  bool isMatrix = plan.getForm() == "matrix";
  int64_t taskFeatures = plan.getKeys();
  StorageFormat format = storageFormatOf(cast<MemRefType>(op.getWeights().front().getType()));

  ContractTile tile(b, target, op.getInput(), op.getWeights(), shape, format,
                    {isMatrix ? plan.getRows() : 0, taskFeatures});
  sums = makeScratch(b, {static_cast<int64_t>(op.getWeights().size()), tile.rows(), taskFeatures}, b.getF32Type());

  rowSizes = sizesOf(b, destination(), 0, rowRank());
  Value count = countPlaces(b, rowSizes);
  firstFeature = arith::MulIOp::create(b, kernel.getGridIndices().back(), index(taskFeatures));
  features = arith::MinSIOp::create(b, index(taskFeatures), arith::SubIOp::create(b, index(outputs), firstFeature));
  rowBegin = index(0);
  rowEnd = count;
  if (isMatrix) {
    rowBegin = arith::MulIOp::create(b, kernel.getGridIndices().front(), index(plan.getRows()));
    rowEnd = arith::MinSIOp::create(b, arith::AddIOp::create(b, rowBegin, index(plan.getRows())), count);
  }
  tile.prepareWeights(firstFeature, features);
  auto prepareInput = [&](Value begin, Value end) {
    tile.prepareInput(begin, end, [&](Value row) { return rowIndices(row); });
  };
  if (isMatrix)
    prepareInput(rowBegin, rowEnd);

  LogicalResult result = success();
  makeLoop(b, rowBegin, rowEnd, tile.rows(), {}, [&](Value row, ValueRange) {
    if (!isMatrix)
      prepareInput(row, arith::AddIOp::create(b, row, index(1)));
    emitTiles(tile, row, isMatrix ? rowBegin : row);
    Value existing = arith::MinSIOp::create(b, index(tile.rows()), arith::SubIOp::create(b, rowEnd, row));
    makeLoop(b, index(0), existing, 1, {}, [&](Value tileRow, ValueRange) {
      result = emitEpilogue(tileRow, arith::AddIOp::create(b, row, tileRow));
      return SmallVector<Value>();
    });
    return SmallVector<Value>();
  });
  op.erase();
  return result;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct CpuContract : attn::impl::CpuContractBase<CpuContract> {
  using CpuContractBase::CpuContractBase;

  void runOnOperation() override {
    FailureOr<Target> machine = parseTargetOption(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      auto contracts = kernel.getBody().getOps<nn::ContractOp>();
      if (contracts.empty())
        continue;
      nn::ContractOp contract = *contracts.begin();
      if (!kernel.getPlan() || !kernel.getGrid()) {
        kernel.emitOpError("expects a plan and a grid; run attn-plan first");
        return signalPassFailure();
      }
      if (failed(ContractCode(kernel, contract, *machine).emit()))
        return signalPassFailure();
    }
  }
};
} // namespace
