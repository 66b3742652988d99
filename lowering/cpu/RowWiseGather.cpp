//===- RowWiseGather.cpp - row-wise ops that read other rows than their own ---===//
//
// Rows of tables, of a sequence, of images. What they read is in memory: it is not made by the kernel itself, whose
// values are those of one row.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/RowWiseRows.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"
#include "runtime/artifact.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

FailureOr<Value> RowCode::gatheredMemory(Operation *op, Value input) {
  if (Value memory = memoryOf(input))
    return memory;
  return op->emitOpError("expects its input to come from memory; its rows are not those of this kernel");
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Which argument of the kernel a memref is; −1 where it is none, or one that an error code has no bits for.
static int32_t argumentOf(Value memory) {
  auto argument = dyn_cast_or_null<BlockArgument>(memory);
  bool isKernels = argument && isa<tile::KernelOp>(argument.getOwner()->getParentOp());
  return isKernels && argument.getArgNumber() < 255 ? static_cast<int32_t>(argument.getArgNumber()) : -1;
}

/// Unsigned: a negative row is outside too. Row 0 stands in, and the task says that it failed.
Value RowCode::checkedRow(Value number, Value table, Value exists, int32_t kind, Value indices) {
  Value size = arith::ConstantIntOp::create(b, cast<MemRefType>(table.getType()).getShape().front(), 32);
  Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number, size), isFine = isInside;
  if (exists) {
    Value yes = arith::ConstantIntOp::create(b, 1, 1);
    isFine = arith::OrIOp::create(b, isInside, arith::XOrIOp::create(b, exists, yes));
  }
  int32_t failure = ATTN_KERNEL_FAILURE(kind, argumentOf(indices), argumentOf(table));
  Value outOfRange = arith::ConstantIntOp::create(b, failure, 32);
  code = arith::SelectOp::create(b, isFine, code, outOfRange);
  Value zero = arith::ConstantIntOp::create(b, 0, 32);
  return arith::IndexCastOp::create(b, b.getIndexType(), arith::SelectOp::create(b, isInside, number, zero));
}

LogicalResult RowCode::emitEmbed(nn::EmbedOp op) {
  // A token that the kernel itself has found is the one feature of its row.
  Value memory = memoryOf(op.getTokens());
  Value token = memory ? memref::LoadOp::create(b, memory, row).getResult()
                       : memref::LoadOp::create(b, kept.lookup(op.getTokens()), index(0)).getResult();
  Value place = checkedRow(token, op.getTable(), /*exists=*/Value(), ATTN_KERNEL_INDEX_OUT_OF_RANGE, memory);
  keepAll(op.getResult(), featuresOf(op.getResult()),
          [&](const Part &part) { return loadStored(op.getTable(), place, flat(part), part.mask); });
  return success();
}

//===----------------------------------------------------------------------===//
// Rows of a sequence
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitPool(nn::PoolOp op) {
  FailureOr<Value> memory = gatheredMemory(op, op.getInput());
  if (failed(memory))
    return failure();
  Value zero = index(0), one = index(1), length = memref::DimOp::create(b, *memory, 1);
  if (op.getLengths())
    length = arith::MinSIOp::create(b, lengthAt(op.getLengths()), length);
  Value sequence = row.front(), exists = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, length, zero);
  auto load = [&](Value position, const Part &part, Value mask) {
    return numbers.load(*memory, indicesInto(*memory, part, ValueRange{sequence, position}), lanes(), mask);
  };
  if (op.getKind() == nn::PoolKind::mean) {
    Value count = arith::IndexCastOp::create(b, b.getI32Type(), arith::MaxSIOp::create(b, length, one));
    Value divisor = splat(b, arith::SIToFPOp::create(b, b.getF32Type(), count), lanes());
    Value none = arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(lanes(), b.getF32Type())));
    keepAll(op.getResult(), featuresOf(op.getResult()), [&](const Part &part) -> Value {
      auto add = [&](Value position, ValueRange sum) -> SmallVector<Value> {
        return {arith::AddFOp::create(b, sum.front(), load(position, part, part.mask))};
      };
      return arith::DivFOp::create(b, makeLoop(b, zero, length, 1, none, add).front(), divisor);
    });
    return success();
  }
  bool isLast = op.getKind() == nn::PoolKind::last;
  Value position = isLast ? arith::MaxSIOp::create(b, arith::SubIOp::create(b, length, one), zero).getResult() : zero;
  Value mask = splat(b, exists, lanes());
  keepAll(op.getResult(), featuresOf(op.getResult()), [&](const Part &part) {
    return load(position, part, part.mask ? arith::AndIOp::create(b, mask, part.mask).getResult() : mask);
  });
  return success();
}

LogicalResult RowCode::emitPrepend(nn::PrependOp op) {
  FailureOr<Value> memory = gatheredMemory(op, op.getInput());
  if (failed(memory))
    return failure();
  int64_t features = featuresOf(op.getResult());
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, row.back(), index(0));
  auto choice = scf::IfOp::create(b, isFirst, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(choice.thenBlock());
  keepAll(op.getResult(), features,
          [&](const Part &part) { return loadStored(op.getRow(), {}, flat(part), part.mask); });
  b.setInsertionPointToStart(choice.elseBlock());
  SmallVector<Value> leading = {row.front(), arith::SubIOp::create(b, row.back(), index(1))};
  keepAll(op.getResult(), features, [&](const Part &part) {
    return numbers.load(*memory, indicesInto(*memory, part, leading), lanes(), part.mask);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Patches
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitPatchify(nn::PatchifyOp op) {
  FailureOr<Value> memory = gatheredMemory(op, op.getImages());
  if (failed(memory))
    return failure();
  Value size = index(op.getSize());
  Value across = index(cast<ShapedType>(op.getImages().getType()).getShape().back() / op.getSize());
  Value top = arith::MulIOp::create(b, arith::DivUIOp::create(b, row.back(), across), size);
  Value left = arith::MulIOp::create(b, arith::RemUIOp::create(b, row.back(), across), size);
  // A segment of the features is one line of pixels of a channel.
  keepAll(op.getPatches(), op.getSize(), [&](const Part &part) {
    Value channel = arith::DivUIOp::create(b, part.segment, size), line = arith::RemUIOp::create(b, part.segment, size);
    SmallVector<Value> place = {row.front(), channel, arith::AddIOp::create(b, top, line),
                                arith::AddIOp::create(b, left, part.offset)};
    return numbers.load(*memory, place, lanes(), part.mask);
  });
  return success();
}
