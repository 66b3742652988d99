//===- ThreadBuilder.cpp - code of one GPU thread ---===//

#include "lowering/nvptx/ThreadBuilder.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attn;

Value ThreadBuilder::toI32(Value value) {
  if (value.getType().isInteger(32))
    return value;
  if (value.getType().isIndex())
    return createOrFold<arith::IndexCastOp>(getI32Type(), value);
  return createOrFold<arith::TruncIOp>(getI32Type(), value);
}

Value ThreadBuilder::toI64(Value value) {
  if (value.getType().isInteger(64))
    return value;
  if (value.getType().isIndex())
    return createOrFold<arith::IndexCastOp>(getI64Type(), value);
  return createOrFold<arith::ExtSIOp>(getI64Type(), value);
}

Value ThreadBuilder::fromLane(Value x, int64_t bit) {
  return NVVM::ShflOp::create(*this, x.getType(), i32(-1), x, i32(bit), i32(31), NVVM::ShflKind::bfly, UnitAttr());
}

Value ThreadBuilder::overRow(Value x, function_ref<Value(Value, Value)> join) {
  x = join(x, fromLane(x, 2));
  return join(x, fromLane(x, 1));
}

Value ThreadBuilder::uniform(Value x) {
  return NVVM::ShflOp::create(*this, x.getType(), i32(-1), x, i32(0), i32(31), NVVM::ShflKind::idx, UnitAttr());
}

void ThreadBuilder::barrier(int64_t number, int64_t threads) {
  NVVM::BarrierOp::create(*this, TypeRange(), i32(number), i32(threads), NVVM::BarrierReductionAttr(), Value());
}

void ThreadBuilder::showToAsyncProxy() {
  NVVM::FenceProxyOp::create(*this, NVVM::ProxyKind::async_shared,
                             NVVM::SharedSpaceAttr::get(getContext(), NVVM::SharedSpace::shared_cta));
}

void ThreadBuilder::arriveIf(Value condition, Value mbarrier) {
  LLVM::InlineAsmOp::create(*this, TypeRange(), ValueRange{mbarrier, condition},
                            getStringAttr("@$1 mbarrier.arrive.shared::cta.b64 _, [$0];"), getStringAttr("r,b"),
                            getUnitAttr(), UnitAttr(),
                            LLVM::TailCallKindAttr::get(getContext(), LLVM::TailCallKind::None),
                            LLVM::AsmDialectAttr::get(getContext(), LLVM::AsmDialect::AD_ATT), ArrayAttr());
}

Value ThreadBuilder::pack(Value low, Value high, Type element) {
  Type wide = VectorType::get(2, getF32Type()), narrow = VectorType::get(2, element);
  Value pair = LLVM::PoisonOp::create(*this, wide);
  pair = LLVM::InsertElementOp::create(*this, pair, low, i32(0));
  pair = LLVM::InsertElementOp::create(*this, pair, high, i32(1));
  return LLVM::BitcastOp::create(*this, getI32Type(), LLVM::FPTruncOp::create(*this, narrow, pair));
}

Value ThreadBuilder::at(Value pointer, Value bytes) {
  return LLVM::GEPOp::create(*this, pointer.getType(), getI8Type(), pointer, ArrayRef<LLVM::GEPArg>{bytes});
}

Value ThreadBuilder::at(Value pointer, int64_t bytes) {
  if (bytes == 0)
    return pointer;
  return LLVM::GEPOp::create(*this, pointer.getType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

void ThreadBuilder::branch(Value condition, function_ref<void()> then, function_ref<void()> otherwise) {
  auto choice = scf::IfOp::create(*this, condition, /*withElseRegion=*/bool(otherwise));
  InsertionGuard guard(*this);
  setInsertionPointToStart(choice.thenBlock());
  then();
  if (!otherwise)
    return;
  setInsertionPointToStart(choice.elseBlock());
  otherwise();
}

void ThreadBuilder::loop(Value begin, Value end, int64_t step, function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, begin, end, i32(step));
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

Value ThreadBuilder::intrinsic(StringRef name, Value x) {
  return LLVM::CallIntrinsicOp::create(*this, getF32Type(), getStringAttr(name), ValueRange(x)).getResult(0);
}
