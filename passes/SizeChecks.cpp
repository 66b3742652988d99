//===- SizeChecks.cpp - sizes that an op needs to be equal have one name ---===//
//
// Verifiers compare what types say, and `?` may be equal to anything. What a `?` is called stands on the arguments of
// functions (`Dimensions`), so that this is the first place where two of them can be compared, and the last: kernels
// take each size from one buffer and trust the others. What may differ is not compared: the positions of queries and
// keys, those of rows and of the cache that takes them in, packed rows and how many sequences they belong to.
//
//===----------------------------------------------------------------------===//

#include "passes/SizeChecks.h"

#include "dialect/attn/Axes.h"
#include "dialect/attn/Checks.h"
#include "passes/Dimensions.h"
#include "passes/Passes.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <set>

using namespace mlir;
using namespace attn;

namespace {

/// A dimension of something that an op uses or gives, and what the op calls that.
struct Axis {
  Value value;
  unsigned dimension;
  std::string name;
};

/// What has been said of a function: a layer writes a chain several times, and what is wrong with it is said once.
using Said = std::set<std::pair<const void *, std::string>>;

class SizeCheck {
public:
  SizeCheck(Operation *op, Dimensions &dimensions, Said &said) : op(op), dimensions(dimensions), said(said) {}
  LogicalResult run();

private:
  LogicalResult check(GenericOp generic);
  LogicalResult checkSlots(GenericOp generic);
  LogicalResult checkResults(GenericOp generic);
  LogicalResult check(LoadOp load);
  LogicalResult coversBound(const Axis &table, const Axis &reference);
  LogicalResult checkTable(GenericOp generic, char letter, const Axis &axis);
  LogicalResult check(AppendOp append);
  LogicalResult check(LengthOp length);
  LogicalResult check(RowWiseOpInterface rowWise);
  LogicalResult check(nn::ContractOp contract);
  LogicalResult check(nn::GenericOp generic);
  LogicalResult check(nn::ConcatOp concat);
  LogicalResult check(nn::YieldOp yield);
  LogicalResult check(func::ReturnOp end);

  /// Both have one size.
  LogicalResult same(const Axis &axis, const Axis &reference);
  LogicalResult oneMore(const Axis &offsets, const Axis &count);
  /// Emits `text` and, at both values, what their sizes are.
  LogicalResult refuse(std::string text, const Axis &axis, const Dimensions::Sizes &sizes, const Axis &reference,
                       const Dimensions::Sizes &referenceSizes);
  /// Says at the value what its sizes are; the op's own results stand where the error does.
  void noteSizes(InFlightDiagnostic &error, const Axis &axis, const Dimensions::Sizes &sizes);
  /// The first `count` dimensions of both have one size each.
  LogicalResult sameLeading(Value value, StringRef name, Value reference, StringRef referenceName, unsigned count);
  /// What describes sequences does so for as many as each of `counts`.
  LogicalResult sameSequences(Value sequences, SmallVector<Axis> counts);

  Operation *op;
  Dimensions &dimensions;
  Said &said;
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

LogicalResult SizeCheck::refuse(std::string text, const Axis &axis, const Dimensions::Sizes &sizes,
                                const Axis &reference, const Dimensions::Sizes &referenceSizes) {
  if (!said.emplace(op->getLoc().getAsOpaquePointer(), text).second)
    return failure();
  InFlightDiagnostic error = op->emitOpError() << text;
  noteSizes(error, axis, sizes);
  noteSizes(error, reference, referenceSizes);
  return error;
}

LogicalResult SizeCheck::same(const Axis &axis, const Axis &reference) {
  FailureOr<Dimensions::Sizes> ours = dimensions.of(axis.value), theirs = dimensions.of(reference.value);
  if (failed(ours) || failed(theirs))
    return failure();
  StringRef size = (*ours)[axis.dimension], expected = (*theirs)[reference.dimension];
  if (size == expected)
    return success();
  return refuse(llvm::formatv("expects dimension {0} of {1} to have the size of dimension {2} of {3}, but got {4} and "
                              "{5}; {6}",
                              axis.dimension, axis.name, reference.dimension, reference.name, quoted(size),
                              quoted(expected), remedyFor(size, expected)),
                axis, *ours, reference, *theirs);
}

LogicalResult SizeCheck::sameLeading(Value value, StringRef name, Value reference, StringRef referenceName,
                                     unsigned count) {
  Checks checks;
  for (unsigned d = 0; d != count; ++d)
    checks.add(same({value, d, name.str()}, {reference, d, referenceName.str()}));
  return checks;
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
  return refuse(llvm::formatv("expects dimension {0} of {1} to be one more than dimension {2} of {3}, but got {4} and "
                              "{5}; write {6} for the offsets",
                              offsets.dimension, offsets.name, count.dimension, count.name, quoted(size),
                              quoted(counted), quoted(expected)),
                offsets, *ours, count, *theirs);
}

LogicalResult SizeCheck::sameSequences(Value sequences, SmallVector<Axis> counts) {
  Operation *made = sequences ? sequences.getDefiningOp() : nullptr;
  auto addVector = [&](Value vector, const char *name) {
    if (vector)
      counts.push_back({vector, 0, name});
  };
  Checks checks;
  auto packed = dyn_cast_or_null<PackedOp>(made);
  if (auto padded = dyn_cast_or_null<PaddedOp>(made)) {
    addVector(padded.getQueryLengths(), "the query lengths");
    addVector(padded.getKeyLengths(), "the key lengths");
    addVector(padded.getStart(), "the starts");
  } else if (packed) {
    addVector(packed.getStart(), "the starts");
    if (Value keys = packed.getKeyOffsets())
      checks.add(same({keys, 0, "the key offsets"}, {packed.getQueryOffsets(), 0, "the query offsets"}));
  }
  for (const Axis &count : ArrayRef(counts).drop_front(counts.empty() ? 0 : 1))
    checks.add(same(count, counts.front()));
  if (packed && !counts.empty())
    checks.add(oneMore({packed.getQueryOffsets(), 0, "the query offsets"}, counts.front()));
  return checks;
}

/// Gates are of key heads, and those of each key stand where the keys do; a sink is of query heads.
LogicalResult SizeCheck::checkSlots(GenericOp generic) {
  Checks checks;
  Value query = generic.getQueries().front(), key = generic.getKeys().front();
  if (Value sink = generic.getSink())
    checks.add(same({sink, 0, "the sink"}, {query, rankOf(query) - 2, "the query"}));
  if (Value gates = generic.getGates()) {
    unsigned head = isa<CacheType>(gates.getType()) ? 2 : rankOf(gates) - 1;
    checks.add(same({gates, head, "the gates"}, {key, rankOf(key) - 2, "the keys"}));
    if (rankOf(gates) > 1)
      checks.add(sameLeading(gates, "the gates", key, "the keys", rankOf(key) - 2));
  }
  return checks;
}

LogicalResult SizeCheck::checkResults(GenericOp generic) {
  Checks checks;
  Value output = generic.getOutput(), query = generic.getQueries().front();
  unsigned rows = rankOf(query) - 2;
  if (generic.getWeights()) {
    unsigned last = rankOf(output) - 1;
    checks.add(same({output, last - 1, "the weights"}, {query, 1, "the query"}));
    checks.add(same({output, last, "the weights"}, {generic.getKeys().front(), 1, "the keys"}));
    checks.add(same({output, 0, "the weights"}, {query, 0, "the query"}));
    return checks;
  }
  checks.add(sameLeading(output, "the output", query, "the query", rows));
  if (generic.getLse())
    checks.add(sameLeading(generic.getLse(), "the log-sum-exp", query, "the query", rows));
  return checks;
}

LogicalResult SizeCheck::check(GenericOp generic) {
  Checks checks;
  Value query = generic.getQueries().front(), key = generic.getKeys().front();
  for (auto [number, part] : llvm::enumerate(generic.getQueries()))
    checks.add(sameLeading(part, "query part " + std::to_string(number), query, "the query", rankOf(query) - 2));
  for (auto [number, part] : llvm::enumerate(generic.getKeys()))
    checks.add(sameLeading(part, "key part " + std::to_string(number), key, "the keys", rankOf(key) - 2));
  checks.add(sameLeading(generic.getValue(), "the value", key, "the keys", rankOf(key) - 2));
  checks.add(checkSlots(generic));
  checks.add(checkResults(generic));
  SmallVector<Axis> counts;
  if (rankOf(query) == 4)
    counts.push_back({query, 0, "the query"});
  if (rankOf(key) == 4)
    counts.push_back({key, 0, "the keys"});
  for (Value state : generic.getState())
    counts.push_back({state, 0, "the initial state"});
  for (Value state : generic.getFinal())
    counts.push_back({state, 0, "the final state"});
  checks.add(sameSequences(generic.getSequences(), std::move(counts)));
  return checks;
}

/// A table of a written size may have more than a call takes, where `nn.bounds` says how much that is at most.
LogicalResult SizeCheck::coversBound(const Axis &table, const Axis &reference) {
  FailureOr<Dimensions::Sizes> ours = dimensions.of(table.value), theirs = dimensions.of(reference.value);
  if (failed(ours) || failed(theirs))
    return failure();
  StringRef name = (*theirs)[reference.dimension];
  auto bounds = op->getParentOfType<func::FuncOp>()->getAttrOfType<DictionaryAttr>("nn.bounds");
  auto bound = bounds ? bounds.getAs<IntegerAttr>(name) : IntegerAttr();
  int64_t size;
  if (!bound || StringRef((*ours)[table.dimension]).getAsInteger(10, size))
    return same(table, reference);
  if (size >= bound.getInt())
    return success();
  return refuse(llvm::formatv("expects dimension {0} of {1} to have at least the {2} that nn.bounds grants '{3}', but "
                              "got {4}; give it as many, or lower the bound",
                              table.dimension, table.name, bound.getInt(), name, size),
                table, *ours, reference, *theirs);
}

/// One axis of a tensor that attention reads by its written axes. What sequences have by lengths alone is not known
/// here: keys in a cache, of which there are fewer than it has room for, and packed ones.
LogicalResult SizeCheck::checkTable(GenericOp generic, char letter, const Axis &axis) {
  Value query = generic.getQueries().front(), key = generic.getKeys().front();
  bool isPacked = rankOf(query) == 3;
  switch (letter) {
  case 'h':
    return same(axis, {query, rankOf(query) - 2, "the query"});
  case 't':
    return coversBound(axis, {query, isPacked ? 0u : 1u, "the query"});
  case 's':
    return isa<CacheType>(key.getType()) || rankOf(key) == 3 ? success() : coversBound(axis, {key, 1, "the keys"});
  default:
    if (!isPacked)
      return same(axis, {query, 0, "the query"});
    auto packed = generic.getSequences().getDefiningOp<PackedOp>();
    return packed ? oneMore({packed.getQueryOffsets(), 0, "the query offsets"}, axis) : success();
  }
}

LogicalResult SizeCheck::check(LoadOp load) {
  auto axes = load->getAttrOfType<StringAttr>(axesAttr);
  auto generic = dyn_cast<GenericOp>(load->getParentOp());
  if (!axes || !generic)
    return success();
  auto argument = cast<BlockArgument>(load.getCapture());
  unsigned firstCapture = argument.getOwner()->getNumArguments() - generic.getCaptures().size();
  Value table = generic.getCaptures()[argument.getArgNumber() - firstCapture];
  Checks checks;
  for (auto [dimension, letter] : llvm::enumerate(axisLetters(axes)))
    checks.add(checkTable(
        generic, letter,
        {table, static_cast<unsigned>(dimension), ("the tensor read by axes \"" + axes.getValue() + "\"").str()}));
  return checks;
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
  Checks checks;
  Value first = op->getOperand(0);
  if (isa<ElementwiseOpInterface>(op)) {
    for (auto [number, operand] : llvm::enumerate(op->getOperands()))
      if (isa<ShapedType>(operand.getType()))
        checks.add(sameLeading(operand, "operand " + std::to_string(number), first, "operand 0", rankOf(first)));
    checks.add(sameLeading(op->getResult(0), "the result", first, "operand 0", rankOf(first)));
    return checks;
  }
  for (auto [number, result] : llvm::enumerate(op->getResults()))
    checks.add(sameLeading(result, "result " + std::to_string(number), first, "operand 0", rowWise.getSharedRank()));
  if (auto pool = dyn_cast<nn::PoolOp>(op); pool && pool.getLengths())
    checks.add(same({pool.getLengths(), 0, "the lengths"}, {first, 0, "the rows"}));
  for (Value operand : op->getOperands())
    if (isa<SequencesType>(operand.getType())) {
      bool isPadded = isa_and_nonnull<PaddedOp>(operand.getDefiningOp());
      checks.add(sameSequences(operand, isPadded ? SmallVector<Axis>{{first, 0, "the rows"}} : SmallVector<Axis>()));
    }
  return checks;
}

LogicalResult SizeCheck::check(nn::ContractOp contract) {
  Checks checks;
  Value result = contract.getResult();
  unsigned rank = rankOf(result);
  checks.add(sameLeading(result, "the result", contract.getInput(), "the input", rank - 1));
  for (auto [number, extra] : llvm::enumerate(contract.getExtras()))
    checks.add(sameLeading(extra, "extra " + std::to_string(number), result, "the result", rank));
  return checks;
}

/// Dynamic sizes along one loop; what a static one leaves out reads as 0.
LogicalResult SizeCheck::check(nn::GenericOp generic) {
  Checks checks;
  SmallVector<std::optional<Axis>> loops(generic.getNumLoops());
  for (auto [number, input] : llvm::enumerate(generic.getInputs()))
    for (auto [dimension, index] : llvm::enumerate(generic.getMap(number).getResults())) {
      auto alone = dyn_cast<AffineDimExpr>(index);
      if (!alone || !ShapedType::isDynamic(generic.getInputShape(number)[dimension]))
        continue;
      Axis axis{input, static_cast<unsigned>(dimension), "input " + std::to_string(number)};
      std::optional<Axis> &first = loops[alone.getPosition()];
      if (first)
        checks.add(same(axis, *first));
      else
        first = axis;
    }
  return checks;
}

LogicalResult SizeCheck::check(nn::ConcatOp concat) {
  Checks checks;
  Value result = concat.getResult();
  for (auto [number, input] : llvm::enumerate(concat.getInputs()))
    for (unsigned d = 0; d != rankOf(result); ++d)
      if (d != concat.getAxis())
        checks.add(same({input, d, "input " + std::to_string(number)}, {result, d, "the result"}));
  return checks;
}

/// A round gives what the next one takes, and all cases of a choice give the same.
LogicalResult SizeCheck::check(nn::YieldOp yield) {
  Checks checks;
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
    checks.add(sameLeading(yield.getValues()[number], "value " + std::to_string(number), reference,
                           (name + Twine(number)).str(), rankOf(reference)));
  return checks;
}

/// A result is called what it is.
LogicalResult SizeCheck::check(func::ReturnOp end) {
  Checks checks;
  auto function = cast<func::FuncOp>(end->getParentOp());
  for (auto [index, value] : llvm::enumerate(end.getOperands())) {
    auto named = function.getResultAttrOfType<ArrayAttr>(index, "nn.dims");
    if (!named)
      continue;
    FailureOr<Dimensions::Sizes> sizes = dimensions.of(value);
    checks.add(sizes);
    if (failed(sizes))
      continue;
    SmallVector<StringRef> computed(sizes->begin(), sizes->end());
    if (ArrayAttr dims = Builder(function).getStrArrayAttr(computed); named != dims)
      checks.add(function.emitOpError() << "expects result " << index << " to have the sizes " << dims
                                        << ", but its nn.dims are " << named << "; write those that it has");
  }
  return checks;
}

LogicalResult SizeCheck::run() {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<GenericOp, LoadOp, AppendOp, LengthOp, nn::ContractOp, nn::GenericOp, nn::ConcatOp, nn::YieldOp,
            func::ReturnOp>([&](auto op) { return check(op); })
      .Case<nn::SplitHeadsOp>([&](auto op) {
        return sameLeading(op.getResult(), "the result", op.getInput(), "the input", rankOf(op.getInput()) - 1);
      })
      .Case<nn::MergeHeadsOp>([&](auto op) {
        return sameLeading(op.getResult(), "the result", op.getInput(), "the input", rankOf(op.getInput()) - 2);
      })
      .Case<nn::SliceOp>([&](nn::SliceOp op) {
        Checks checks;
        for (unsigned d = 0; d != rankOf(op.getInput()); ++d)
          if (d != op.getAxis())
            checks.add(same({op.getResult(), d, "the result"}, {op.getInput(), d, "the input"}));
        return checks;
      })
      .Case<nn::TransposeOp>([&](nn::TransposeOp op) {
        Checks checks;
        for (auto [d, from] : llvm::enumerate(op.getOrder()))
          checks.add(same({op.getResult(), static_cast<unsigned>(d), "the result"},
                          {op.getInput(), static_cast<unsigned>(from), "the input"}));
        return checks;
      })
      .Case<RowWiseOpInterface>([&](RowWiseOpInterface op) { return check(op); })
      .Default([](Operation *) { return success(); });
}

LogicalResult attn::checkSizes(func::FuncOp function) {
  Dimensions dimensions;
  Said said;
  Checks checks;
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    checks.add(SizeCheck(op, dimensions, said).run());
    return isa<nn::GenericOp, nn::ContractOp>(op) ? WalkResult::skip() : WalkResult::advance();
  });
  return checks;
}
