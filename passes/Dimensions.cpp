//===- Dimensions.cpp - the sizes of values, as expressions over a function's symbols ---===//
//
// Static sizes come from the type. For the others each op says whose sizes its result has; all ops of a graph keep the
// rows of their input, so that a name never meets arithmetic.
//
//===----------------------------------------------------------------------===//

#include "passes/Dimensions.h"

#include "passes/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;

using Sizes = Dimensions::Sizes;

//===----------------------------------------------------------------------===//
// Names on arguments
//===----------------------------------------------------------------------===//

/// Sizes of a function's argument or result: static ones by type, dynamic ones by `nn.dims`.
static FailureOr<Sizes> namedSizes(Operation *function, const Twine &what, Type type, ArrayAttr names) {
  Sizes sizes;
  for (auto [index, size] : llvm::enumerate(dataShape(type))) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(std::to_string(size));
      continue;
    }
    if (!names || index >= names.size())
      return function->emitOpError() << "expects a name for dimension " << index << " of " << what << ", which is "
                                     << type << "; write one with {nn.dims = [...]}";
    sizes.push_back(cast<StringAttr>(names[index]).getValue().str());
  }
  return sizes;
}

static constexpr StringLiteral plusOne = " + 1";

std::string Dimensions::oneMore(StringRef size) {
  int64_t number;
  return size.getAsInteger(10, number) ? (size + plusOne).str() : std::to_string(number + 1);
}

StringRef Dimensions::nameIn(StringRef dimension) {
  dimension.consume_back(plusOne);
  return dimension;
}

//===----------------------------------------------------------------------===//
// Following the names
//===----------------------------------------------------------------------===//

FailureOr<Sizes> Dimensions::of(Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  FailureOr<Sizes> sizes = compute(value);
  // A static size is a number, whatever the op's input is called there.
  if (succeeded(sizes))
    for (auto [size, type] : llvm::zip_equal(*sizes, dataShape(value.getType())))
      if (!ShapedType::isDynamic(type))
        size = std::to_string(type);
  known[value] = sizes;
  return sizes;
}

FailureOr<Sizes> Dimensions::compute(Value value) {
  if (llvm::none_of(dataShape(value.getType()), ShapedType::isDynamic)) {
    Sizes sizes;
    for (int64_t size : dataShape(value.getType()))
      sizes.push_back(std::to_string(size));
    return sizes;
  }
  if (auto argument = dyn_cast<BlockArgument>(value))
    return ofArgument(argument);
  return ofResult(cast<OpResult>(value));
}

FailureOr<Sizes> Dimensions::ofArgument(BlockArgument argument) {
  Operation *parent = argument.getOwner()->getParentOp();
  unsigned index = argument.getArgNumber();
  if (auto function = dyn_cast<func::FuncOp>(parent))
    return namedSizes(function, "argument " + Twine(index), argument.getType(),
                      function.getArgAttrOfType<ArrayAttr>(index, "nn.dims"));
  if (auto repeat = dyn_cast<nn::RepeatOp>(parent)) {
    if (index < repeat.getCarried().size())
      return of(repeat.getCarried()[index]);
    FailureOr<Sizes> whole = of(repeat.getSliced()[index - repeat.getCarried().size()]);
    if (failed(whole))
      return failure();
    return Sizes(llvm::drop_begin(*whole));
  }
  return parent->emitOpError() << "expects sizes for its argument " << index << ", which is " << argument.getType();
}

FailureOr<Sizes> Dimensions::leading(Value value, unsigned drop) {
  FailureOr<Sizes> sizes = of(value);
  if (succeeded(sizes))
    sizes->truncate(sizes->size() - drop);
  return sizes;
}

/// The sizes of a kernel's result: those of what it returns, its arguments having the sizes of the launch's operands.
static FailureOr<Sizes> sizesOfLaunch(tile::LaunchOp launch, unsigned index, Dimensions &around) {
  auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(launch, launch.getKernelAttr());
  if (!kernel)
    return launch.emitOpError() << "expects a kernel " << launch.getKernelAttr() << " to exist";
  Dimensions inside;
  for (auto [operand, argument] : llvm::zip_equal(launch.getArguments(), kernel.getBody().getArguments())) {
    if (!isa<RankedTensorType, MemRefType>(operand.getType()) && !isHandle(operand.getType()))
      continue;
    FailureOr<Sizes> sizes = around.of(operand);
    if (failed(sizes))
      return failure();
    inside.set(argument, *sizes);
  }
  return inside.of(kernel.getBody().front().getTerminator()->getOperand(index));
}

/// A row-wise op's result has its first operand's leading sizes as far as the two share them; what follows is static,
/// or the operand's own size in that place.
FailureOr<Sizes> Dimensions::ofRowWise(RowWiseOpInterface op, OpResult result) {
  FailureOr<Sizes> sizes = of(op->getOperand(0));
  if (failed(sizes))
    return failure();
  ArrayRef<int64_t> shape = dataShape(result.getType());
  bool sameRank = sizes->size() == shape.size();
  for (size_t d = op.getSharedRank(); d < shape.size(); ++d)
    if (ShapedType::isDynamic(shape[d]) && !(sameRank && op.getSharedRank() + op.getFeatureRank() == shape.size()))
      return op.emitOpError() << "expects its features to be static, but got " << result.getType();
  sizes->resize(shape.size());
  return sizes;
}

unsigned Dimensions::sequenceAxis(Value handle) {
  if (isa<CacheType>(handle.getType()))
    return dataShape(handle.getType()).size() - 4;
  // The slice of a layer begins with its sequences; of a function's argument, who updates it has said.
  auto argument = dyn_cast<BlockArgument>(handle);
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : func::FuncOp();
  auto axis =
      function ? function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), "nn.sequence_axis") : IntegerAttr();
  return axis ? axis.getInt() : 0;
}

/// Weights are (n, H, T, S), their mean (n, T, S), with S the rows of the keys: of a cache its capacity.
FailureOr<Sizes> Dimensions::ofWeights(GenericOp op) {
  FailureOr<Sizes> query = of(op.getQueries().front()), key = of(op.getKeys().front());
  if (failed(query) || failed(key))
    return failure();
  if (op.getWeights() == WeightsOf::mean)
    return Sizes{(*query)[0], (*query)[1], (*key)[1]};
  return Sizes{(*query)[0], (*query)[2], (*query)[1], (*key)[1]};
}

FailureOr<Sizes> Dimensions::ofResult(OpResult result) {
  int64_t rank = dataShape(result.getType()).size();
  // The result has the rows of `input`; what follows them is static.
  auto rowsOf = [&](Value input, unsigned drop) -> FailureOr<Sizes> {
    FailureOr<Sizes> sizes = leading(input, drop);
    if (failed(sizes))
      return failure();
    for (int64_t size : dataShape(result.getType()).drop_front(sizes->size())) {
      if (ShapedType::isDynamic(size))
        return result.getOwner()->emitOpError() << "expects its features to be static, but got " << result.getType();
      sizes->push_back(std::to_string(size));
    }
    return sizes;
  };
  auto contraction = [&](Value input) { return rowsOf(input, dataShape(input.getType()).size() - (rank - 1)); };
  return TypeSwitch<Operation *, FailureOr<Sizes>>(result.getOwner())
      .Case<nn::LinearOp, nn::SwigluOp, nn::ContractOp>([&](auto op) { return contraction(op.getInput()); })
      .Case<nn::SplitHeadsOp>([&](auto op) { return rowsOf(op.getInput(), 1); })
      .Case<nn::MergeHeadsOp>([&](auto op) { return rowsOf(op.getInput(), 2); })
      .Case<nn::SliceOp>([&](auto op) { return of(op.getInput()); })
      .Case<nn::ConcatOp>([&](auto op) { return of(op.getInputs().front()); })
      .Case<nn::TransposeOp>([&](auto op) -> FailureOr<Sizes> {
        FailureOr<Sizes> sizes = of(op.getInput());
        if (failed(sizes))
          return failure();
        return Sizes(llvm::map_range(op.getOrder(), [&](int64_t d) { return (*sizes)[d]; }));
      })
      .Case<nn::GenericOp>([&](nn::GenericOp op) -> FailureOr<Sizes> {
        Sizes sizes;
        for (auto [loop, size] : llvm::enumerate(dataShape(result.getType()))) {
          sizes.push_back(std::to_string(size));
          if (!ShapedType::isDynamic(size))
            continue;
          std::optional<nn::GenericOp::Dimension> indexed = op.findIndexedAlone(loop, /*dynamic=*/true);
          if (!indexed)
            return op.emitOpError() << "expects an input whose size loop " << loop << " runs over, which is dynamic, "
                                    << "but got none; write the size of that dimension in the result's type";
          FailureOr<Sizes> input = of(op.getInputs()[indexed->input]);
          if (failed(input))
            return failure();
          sizes.back() = (*input)[indexed->dimension];
        }
        return sizes;
      })
      .Case<nn::ChooseOp>([&](nn::ChooseOp op) {
        return of(op.getCases().front().front().getTerminator()->getOperand(result.getResultNumber()));
      })
      .Case<nn::RepeatOp>([&](auto op) { return of(op.getCarried()[result.getResultNumber()]); })
      .Case<bufferization::ToTensorOp>([&](auto op) { return of(op.getBuffer()); })
      .Case<GenericOp>([&](GenericOp op) -> FailureOr<Sizes> {
        if (op.getWeights())
          return ofWeights(op);
        if (result == op.getOutput())
          return rowsOf(op.getQueries().front(), 1);
        if (result == op.getLse())
          return leading(op.getQueries().front(), 1);
        // A final state has the sequences of the initial one, or as many as the queries have.
        bool isPacked = dataShape(op.getQueries().front().getType()).size() == 3;
        if (op.getState().empty() && isPacked)
          return op.emitOpError() << "expects an initial state beside packed queries, whose size says how many final "
                                     "states there are; give one of zeros";
        FailureOr<Sizes> sizes = of(op.getState().empty() ? op.getQueries().front() : op.getState().front());
        if (failed(sizes))
          return failure();
        sizes->truncate(1);
        for (int64_t size : dataShape(result.getType()).drop_front())
          sizes->push_back(std::to_string(size));
        return sizes;
      })
      .Case<LengthOp>([&](LengthOp op) -> FailureOr<Sizes> {
        FailureOr<Sizes> sizes = of(op.getCache());
        if (failed(sizes))
          return failure();
        return Sizes{(*sizes)[sequenceAxis(op.getCache())]};
      })
      .Case<tile::LaunchOp>([&](auto op) { return sizesOfLaunch(op, result.getResultNumber(), *this); })
      .Case<RowWiseOpInterface>([&](RowWiseOpInterface op) { return ofRowWise(op, result); })
      .Default([&](Operation *op) {
        return op->emitOpError() << "expects static sizes, but got " << result.getType()
                                 << "; only nn and attn ops pass names of dimensions on";
      });
}
