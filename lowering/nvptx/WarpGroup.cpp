//===- WarpGroup.cpp - products of the four warps of a group ---===//

#include "lowering/nvptx/WarpGroup.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

/// What descriptors count in.
static constexpr int64_t unitBytes = 16;

/// From eight rows of a swizzled tile to the next eight.
static constexpr int64_t rowGroupBytes = SharedTile::swizzleRows * SharedTile::swizzleBytes;

/// Columns of a block.
static constexpr int64_t blockColumns = SharedTile::swizzleBytes / 2;

Value WarpGroup::describe(Value place, int64_t leadingBytes, int64_t strideBytes) {
  constexpr int64_t swizzle128 = int64_t(1) << 62;
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), place);
  Value units = b.both(b.divide(address, unitBytes), b.i32(0x3fff));
  int64_t layout = swizzle128 | strideBytes / unitBytes << 32 | leadingBytes / unitBytes << 16;
  return b.createOrFold<arith::OrIOp>(b.createOrFold<arith::ExtUIOp>(b.getI64Type(), units), b.i64(layout));
}

Value WarpGroup::describeRows(const SharedTile &tile, Value place, Value firstRow) {
  // The leading distance is not used: 16 columns never leave a block.
  return describe(b.at(b.at(place, tile.offset), b.mul(firstRow, tile.rowBytes())), unitBytes, rowGroupBytes);
}

Value WarpGroup::describeColumns(const SharedTile &tile, Value place) {
  return describe(b.at(place, tile.offset), tile.distance(0, blockColumns * 2 / SharedTile::chunkBytes), rowGroupBytes);
}

Value WarpGroup::rowsAt(Value descriptor, const SharedTile &tile, int64_t k) {
  int64_t block = 16 * k / blockColumns, inBlock = 16 * k % blockColumns;
  int64_t bytes = tile.distance(0, block * blockColumns * 2 / SharedTile::chunkBytes) + inBlock * 2;
  return b.add(descriptor, bytes / unitBytes);
}

Value WarpGroup::columnsAt(Value descriptor, int64_t k) {
  return b.add(descriptor, 16 * k * SharedTile::swizzleBytes / unitBytes);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// `{$first, …}`
static std::string operandList(size_t first, size_t count) {
  std::string list = "{";
  for (size_t i = 0; i < count; ++i)
    list += ((i ? ", $" : "$") + Twine(first + i)).str();
  return list + "}";
}

/// Results are operands $0 …; `tied` are inputs in the registers of the first results.
static SmallVector<Value> inlineAssembly(ThreadBuilder &b, const Twine &text, TypeRange results, ValueRange inputs,
                                         ValueRange tied) {
  auto constraintOf = [](Type type) { return type.isF32() ? "f" : type.isInteger(64) ? "l" : "r"; };
  SmallVector<std::string> constraints;
  for (Type type : results)
    constraints.push_back(std::string("=") + constraintOf(type));
  for (Value input : inputs)
    constraints.push_back(constraintOf(input.getType()));
  for (size_t i = 0; i < tied.size(); ++i)
    constraints.push_back(std::to_string(i));
  SmallVector<Value> operands(inputs);
  llvm::append_range(operands, tied);
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), llvm::to_vector(results));
  auto call = LLVM::InlineAsmOp::create(
      b, type, operands, b.getStringAttr(text), b.getStringAttr(llvm::join(constraints, ",")), b.getUnitAttr(),
      UnitAttr(), LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None),
      LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT), ArrayAttr());
  SmallVector<Value> values;
  for (size_t i = 0; i < results.size(); ++i)
    values.push_back(LLVM::ExtractValueOp::create(b, call.getRes(), int64_t(i)));
  return values;
}

SmallVector<Value> WarpGroup::product(ValueRange a, Value descriptorB, bool isTransposed, int64_t columns,
                                      ValueRange accumulator) {
  SmallVector<Type> results(columns / 2, b.getF32Type());
  SmallVector<Value> inputs(a);
  inputs.push_back(descriptorB);
  bool inRegisters = a.size() > 1;
  std::string type = element.isBF16() ? "bf16" : "f16", size = std::to_string(columns);
  std::string first = inRegisters ? operandList(results.size(), a.size()) : "$" + std::to_string(results.size());
  // scale-d, which is a predicate: whether there is an accumulator; signs; a and b transposed, a only in memory.
  std::string text = "{ .reg .pred p; setp.ne.b32 p, " + std::string(accumulator.empty() ? "0" : "1") +
                     ", 0; wgmma.mma_async.sync.aligned.m64n" + size + "k16.f32." + type + "." + type + " " +
                     operandList(0, results.size()) + ", " + first + ", $" + std::to_string(results.size() + a.size()) +
                     ", p, 1, 1, " + (inRegisters ? "" : "0, ") + (isTransposed ? "1" : "0") + "; }";
  return inlineAssembly(b, text, results, inputs, accumulator);
}

SmallVector<Value> WarpGroup::multiply(Value a, Value descriptorB, int64_t columns, ValueRange accumulator) {
  return product(a, descriptorB, /*isTransposed=*/false, columns, accumulator);
}

SmallVector<Value> WarpGroup::multiply(const Fragment &a, Value descriptorB, ValueRange accumulator) {
  return product(a, descriptorB, /*isTransposed=*/true, int64_t(accumulator.size()) * 2, accumulator);
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

void WarpGroup::tie(StringRef instruction, MutableArrayRef<Value> registers) {
  SmallVector<Value> values(registers);
  SmallVector<Value> after = inlineAssembly(b, instruction, TypeRange(ValueRange(values)), {}, values);
  llvm::copy(after, registers.begin());
}

void WarpGroup::fence(MutableArrayRef<Value> registers) { tie("wgmma.fence.sync.aligned;", registers); }

void WarpGroup::fence() { NVVM::WgmmaFenceAlignedOp::create(b); }

void WarpGroup::commit() { NVVM::WgmmaGroupSyncAlignedOp::create(b); }

void WarpGroup::wait(int64_t inFlight, MutableArrayRef<Value> registers) {
  tie(("wgmma.wait_group.sync.aligned " + Twine(inFlight) + ";").str(), registers);
}
