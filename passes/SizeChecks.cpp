//===- SizeChecks.cpp - sizes that an op needs to be equal have one name ---===//
//
// Verifiers compare what types say, and `?` may be equal to anything. What a `?` is called stands on the arguments of
// functions (`Dimensions`), so that this is the first place where two of them can be compared, and the last: kernels
// take each size from one buffer and trust the others. What may differ is not compared: the positions of queries and
// keys, those of rows and of the cache that takes them in, packed rows and how many sequences they belong to.
//
//===----------------------------------------------------------------------===//

#include "passes/SizeChecks.h"

#include "passes/Passes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;

namespace {

/// A dimension of something that an op uses or gives, and what the op calls that.
struct Axis {
  Value value;
  unsigned dimension;
  std::string name;
};

class SizeCheck {
public:
  SizeCheck(Operation *op, Dimensions &dimensions) : op(op), dimensions(dimensions) {}
  LogicalResult run();

private:
  LogicalResult check(GenericOp generic);
  LogicalResult checkGates(GenericOp generic);
  LogicalResult checkResults(GenericOp generic);
  LogicalResult check(AppendOp append);
  LogicalResult check(LengthOp length);
  LogicalResult check(RowWiseOpInterface rowWise);
  LogicalResult check(nn::ContractOp contract);
  LogicalResult check(nn::GenericOp generic);
  LogicalResult check(nn::ConcatOp concat);
  LogicalResult check(nn::YieldOp yield);

  /// Both have one size.
  LogicalResult same(const Axis &axis, const Axis &reference);
  LogicalResult oneMore(const Axis &offsets, const Axis &count);
  /// Says at the value what its sizes are; the op's own results stand where the error does.
  void noteSizes(InFlightDiagnostic &error, const Axis &axis, const Dimensions::Sizes &sizes);
  /// The first `count` dimensions of both have one size each.
  LogicalResult sameLeading(Value value, StringRef name, Value reference, StringRef referenceName, unsigned count);
  /// What describes sequences does so for as many as each of `counts`.
  LogicalResult sameSequences(Value sequences, SmallVector<Axis> counts);

  Operation *op;
  Dimensions &dimensions;
};

} // namespace

static unsigned rankOf(Value value) { return dataShape(value.getType()).size(); }

//===----------------------------------------------------------------------===//
// Two sizes
//===----------------------------------------------------------------------===//

static bool isNumber(StringRef size) { return llvm::all_of(size, llvm::isDigit); }

static std::string quoted(StringRef size) { return isNumber(size) ? size.str() : ("'" + size + "'").str(); }

static StringRef remedyFor(StringRef a, StringRef b) {
  if (isNumber(a) && isNumber(b))
    return "make them one";
  if (isNumber(a) || isNumber(b))
    return "write the number in both types, or one name for both in nn.dims";
  return "write one name for both in nn.dims; the runtime holds a name to one size, and compares no two names";
}

void SizeCheck::noteSizes(InFlightDiagnostic &error, const Axis &axis, const Dimensions::Sizes &sizes) {
  if (axis.value.getDefiningOp() != op)
    error.attachNote(axis.value.getLoc()) << "the sizes of " << axis.name << " are (" << llvm::join(sizes, ", ") << ")";
}

LogicalResult SizeCheck::same(const Axis &axis, const Axis &reference) {
  FailureOr<Dimensions::Sizes> ours = dimensions.of(axis.value), theirs = dimensions.of(reference.value);
  if (failed(ours) || failed(theirs))
    return failure();
  StringRef size = (*ours)[axis.dimension], expected = (*theirs)[reference.dimension];
  if (size == expected)
    return success();
  InFlightDiagnostic error = op->emitOpError() << "expects dimension " << axis.dimension << " of " << axis.name
                                               << " to have the size of dimension " << reference.dimension << " of "
                                               << reference.name << ", but got " << quoted(size) << " and "
                                               << quoted(expected) << "; " << remedyFor(size, expected);
  noteSizes(error, axis, *ours);
  noteSizes(error, reference, *theirs);
  return error;
}

LogicalResult SizeCheck::sameLeading(Value value, StringRef name, Value reference, StringRef referenceName,
                                     unsigned count) {
  for (unsigned d = 0; d != count; ++d)
    if (failed(same({value, d, name.str()}, {reference, d, referenceName.str()})))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Of n packed sequences there are n + 1 offsets.
LogicalResult SizeCheck::oneMore(const Axis &offsets, const Axis &count) {
  FailureOr<Dimensions::Sizes> ours = dimensions.of(offsets.value), theirs = dimensions.of(count.value);
  if (failed(ours) || failed(theirs))
    return failure();
  StringRef size = (*ours)[offsets.dimension], counted = (*theirs)[count.dimension];
  std::string expected = Dimensions::oneMore(counted);
  if (size == expected)
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "expects dimension " << offsets.dimension << " of " << offsets.name
                             << " to be one more than dimension " << count.dimension << " of " << count.name
                             << ", but got " << quoted(size) << " and " << quoted(counted) << "; write "
                             << quoted(expected) << " for the offsets";
  noteSizes(error, offsets, *ours);
  noteSizes(error, count, *theirs);
  return error;
}

LogicalResult SizeCheck::sameSequences(Value sequences, SmallVector<Axis> counts) {
  Operation *made = sequences ? sequences.getDefiningOp() : nullptr;
  auto addVector = [&](Value vector, const char *name) {
    if (vector)
      counts.push_back({vector, 0, name});
  };
  auto packed = dyn_cast_or_null<PackedOp>(made);
  if (auto padded = dyn_cast_or_null<PaddedOp>(made)) {
    addVector(padded.getQueryLengths(), "the query lengths");
    addVector(padded.getKeyLengths(), "the key lengths");
    addVector(padded.getStart(), "the starts");
  } else if (packed) {
    addVector(packed.getStart(), "the starts");
    if (Value keys = packed.getKeyOffsets())
      if (failed(same({keys, 0, "the key offsets"}, {packed.getQueryOffsets(), 0, "the query offsets"})))
        return failure();
  }
  for (const Axis &count : ArrayRef(counts).drop_front(counts.empty() ? 0 : 1))
    if (failed(same(count, counts.front())))
      return failure();
  if (packed && !counts.empty())
    return oneMore({packed.getQueryOffsets(), 0, "the query offsets"}, counts.front());
  return success();
}

/// Gates of each key stand where the keys do.
LogicalResult SizeCheck::checkGates(GenericOp generic) {
  Value gates = generic.getGates(), key = generic.getKeys().front();
  if (!gates || rankOf(gates) == 1)
    return success();
  return sameLeading(gates, "the gates", key, "the keys", rankOf(key) - 2);
}

LogicalResult SizeCheck::checkResults(GenericOp generic) {
  Value output = generic.getOutput(), query = generic.getQueries().front();
  unsigned rows = rankOf(query) - 2;
  if (generic.getWeights()) {
    unsigned last = rankOf(output) - 1;
    if (failed(same({output, last - 1, "the weights"}, {query, 1, "the query"})) ||
        failed(same({output, last, "the weights"}, {generic.getKeys().front(), 1, "the keys"})))
      return failure();
    return same({output, 0, "the weights"}, {query, 0, "the query"});
  }
  if (failed(sameLeading(output, "the output", query, "the query", rows)))
    return failure();
  return generic.getLse() ? sameLeading(generic.getLse(), "the log-sum-exp", query, "the query", rows) : success();
}

LogicalResult SizeCheck::check(GenericOp generic) {
  Value query = generic.getQueries().front(), key = generic.getKeys().front();
  for (auto [number, part] : llvm::enumerate(generic.getQueries()))
    if (failed(sameLeading(part, "query part " + std::to_string(number), query, "the query", rankOf(query) - 2)))
      return failure();
  for (auto [number, part] : llvm::enumerate(generic.getKeys()))
    if (failed(sameLeading(part, "key part " + std::to_string(number), key, "the keys", rankOf(key) - 2)))
      return failure();
  if (failed(sameLeading(generic.getValue(), "the value", key, "the keys", rankOf(key) - 2)) ||
      failed(checkGates(generic)) || failed(checkResults(generic)))
    return failure();
  SmallVector<Axis> counts;
  if (rankOf(query) == 4)
    counts.push_back({query, 0, "the query"});
  if (rankOf(key) == 4)
    counts.push_back({key, 0, "the keys"});
  for (Value state : generic.getState())
    counts.push_back({state, 0, "the initial state"});
  for (Value state : generic.getFinal())
    counts.push_back({state, 0, "the final state"});
  return sameSequences(generic.getSequences(), std::move(counts));
}

LogicalResult SizeCheck::check(AppendOp append) {
  SmallVector<Axis> counts{{append.getCache(), 0, "the cache"}};
  if (rankOf(append.getRows()) == 4)
    counts.push_back({append.getRows(), 0, "the rows"});
  return sameSequences(append.getSequences(), std::move(counts));
}

LogicalResult SizeCheck::check(LengthOp length) {
  return same({length.getLengths(), 0, "the lengths"},
              {length.getCache(), Dimensions::sequenceAxis(length.getCache()), "the cache or state"});
}

//===----------------------------------------------------------------------===//
// What stands around it
//===----------------------------------------------------------------------===//

LogicalResult SizeCheck::check(RowWiseOpInterface rowWise) {
  Value first = op->getOperand(0);
  if (isa<ElementwiseOpInterface>(op)) {
    for (auto [number, operand] : llvm::enumerate(op->getOperands()))
      if (isa<ShapedType>(operand.getType()) &&
          failed(sameLeading(operand, "operand " + std::to_string(number), first, "operand 0", rankOf(first))))
        return failure();
    return sameLeading(op->getResult(0), "the result", first, "operand 0", rankOf(first));
  }
  for (auto [number, result] : llvm::enumerate(op->getResults()))
    if (failed(sameLeading(result, "result " + std::to_string(number), first, "operand 0", rowWise.getSharedRank())))
      return failure();
  if (auto pool = dyn_cast<nn::PoolOp>(op); pool && pool.getLengths())
    return same({pool.getLengths(), 0, "the lengths"}, {first, 0, "the rows"});
  for (Value operand : op->getOperands())
    if (isa<SequencesType>(operand.getType())) {
      bool isPadded = isa_and_nonnull<PaddedOp>(operand.getDefiningOp());
      return sameSequences(operand, isPadded ? SmallVector<Axis>{{first, 0, "the rows"}} : SmallVector<Axis>());
    }
  return success();
}

LogicalResult SizeCheck::check(nn::ContractOp contract) {
  Value result = contract.getResult();
  unsigned rank = rankOf(result);
  if (failed(sameLeading(result, "the result", contract.getInput(), "the input", rank - 1)))
    return failure();
  for (auto [number, extra] : llvm::enumerate(contract.getExtras()))
    if (failed(sameLeading(extra, "extra " + std::to_string(number), result, "the result", rank)))
      return failure();
  return success();
}

/// Dynamic sizes along one loop; what a static one leaves out reads as 0.
LogicalResult SizeCheck::check(nn::GenericOp generic) {
  SmallVector<std::optional<Axis>> loops(generic.getNumLoops());
  for (auto [number, input] : llvm::enumerate(generic.getInputs()))
    for (auto [dimension, index] : llvm::enumerate(generic.getMap(number).getResults())) {
      auto alone = dyn_cast<AffineDimExpr>(index);
      if (!alone || !ShapedType::isDynamic(generic.getInputShape(number)[dimension]))
        continue;
      Axis axis{input, static_cast<unsigned>(dimension), "input " + std::to_string(number)};
      std::optional<Axis> &first = loops[alone.getPosition()];
      if (first && failed(same(axis, *first)))
        return failure();
      if (!first)
        first = axis;
    }
  return success();
}

LogicalResult SizeCheck::check(nn::ConcatOp concat) {
  Value result = concat.getResult();
  for (auto [number, input] : llvm::enumerate(concat.getInputs()))
    for (unsigned d = 0; d != rankOf(result); ++d)
      if (d != concat.getAxis() &&
          failed(same({input, d, "input " + std::to_string(number)}, {result, d, "the result"})))
        return failure();
  return success();
}

/// A round gives what the next one takes, and all cases of a choice give the same.
LogicalResult SizeCheck::check(nn::YieldOp yield) {
  ValueRange references;
  StringRef name;
  if (auto repeat = dyn_cast<nn::RepeatOp>(yield->getParentOp())) {
    references = repeat.getCarried();
    name = "carried value ";
  } else if (auto choose = dyn_cast<nn::ChooseOp>(yield->getParentOp())) {
    references = choose.getCases().front().front().getTerminator()->getOperands();
    name = "the first case's value ";
  }
  for (auto [number, reference] : llvm::enumerate(references))
    if (failed(sameLeading(yield.getValues()[number], "value " + std::to_string(number), reference,
                           (name + Twine(number)).str(), rankOf(reference))))
      return failure();
  return success();
}

LogicalResult SizeCheck::run() {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<GenericOp, AppendOp, LengthOp, nn::ContractOp, nn::GenericOp, nn::ConcatOp, nn::YieldOp>(
          [&](auto op) { return check(op); })
      .Case<nn::SplitHeadsOp>([&](auto op) {
        return sameLeading(op.getResult(), "the result", op.getInput(), "the input", rankOf(op.getInput()) - 1);
      })
      .Case<nn::MergeHeadsOp>([&](auto op) {
        return sameLeading(op.getResult(), "the result", op.getInput(), "the input", rankOf(op.getInput()) - 2);
      })
      .Case<nn::SliceOp>([&](nn::SliceOp op) {
        for (unsigned d = 0; d != rankOf(op.getInput()); ++d)
          if (d != op.getAxis() && failed(same({op.getResult(), d, "the result"}, {op.getInput(), d, "the input"})))
            return failure();
        return success();
      })
      .Case<nn::TransposeOp>([&](nn::TransposeOp op) {
        for (auto [d, from] : llvm::enumerate(op.getOrder()))
          if (failed(same({op.getResult(), static_cast<unsigned>(d), "the result"},
                          {op.getInput(), static_cast<unsigned>(from), "the input"})))
            return failure();
        return success();
      })
      .Case<RowWiseOpInterface>([&](RowWiseOpInterface op) { return check(op); })
      .Default([](Operation *) { return success(); });
}

LogicalResult attn::checkSizes(Operation *op, Dimensions &dimensions) { return SizeCheck(op, dimensions).run(); }
