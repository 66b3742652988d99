//===- RecordStates.cpp - what must the runtime know of lengths ---===//
//
// The runtime keeps the lengths of caches and states. What a call adds to them is the query lengths of the sequences at
// which it appends, given as lengths or as offsets; this pass finds the function argument that holds them and writes
// its name on the argument of the cache or state. It also writes on arguments that are lengths or offsets what they
// count, so that the runtime refuses those that no tensor of the call has room for.
//
//===----------------------------------------------------------------------===//

#include "passes/Dimensions.h"
#include "passes/Passes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace attn {
#define GEN_PASS_DEF_RECORDSTATES
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
/// A function argument, and through how many repeats it was sliced on the way.
struct Root {
  BlockArgument argument;
  int64_t slices = 0;
};
} // namespace

/// The function argument behind a handle or tensor; null if there is none.
static Root rootOf(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return {};
  Operation *parent = argument.getOwner()->getParentOp();
  if (isa<func::FuncOp>(parent))
    return {argument};
  auto repeat = dyn_cast<nn::RepeatOp>(parent);
  unsigned place = argument.getArgNumber(), carried = repeat ? repeat.getCarried().size() : 0;
  if (!repeat || place < carried)
    return {};
  Root root = rootOf(repeat.getSliced()[place - carried]);
  ++root.slices;
  return root;
}

namespace {
/// The argument of the function that says how many rows a call has of each sequence, and the attribute that says in
/// which way.
struct Growth {
  BlockArgument argument;
  StringRef attribute;
};
} // namespace

static StringRef wordsFor(StringRef attribute) { return attribute == "nn.advance" ? "the lengths" : "the offsets"; }

static StringRef kindOf(Value handle) { return isa<StateType>(handle.getType()) ? "state" : "cache"; }

static FailureOr<Growth> growthOf(Operation *writer, Value sequences, StringRef kind) {
  Operation *made = sequences ? sequences.getDefiningOp() : nullptr;
  if (auto packed = dyn_cast_or_null<PackedOp>(made)) {
    if (BlockArgument offsets = rootOf(packed.getQueryOffsets()).argument)
      return Growth{offsets, "nn.advance_offsets"};
    return writer->emitOpError("expects the query offsets of its sequences to be an argument of the function, by which "
                               "the ")
           << kind << " grows";
  }
  auto padded = dyn_cast_or_null<PaddedOp>(made);
  if (BlockArgument lengths =
          padded && padded.getQueryLengths() ? rootOf(padded.getQueryLengths()).argument : BlockArgument())
    return Growth{lengths, "nn.advance"};
  return writer->emitOpError("expects the query lengths of its sequences to be an argument of the function, by which "
                             "the ")
         << kind << " grows; write attn.padded queries(%lengths : tensor<?xi32>)";
}

/// What `writer` says of the growth of a handle; null after an error.
static BlockArgument record(Operation *writer, Value handle, Value sequences) {
  if (auto choose = writer->getParentOfType<nn::ChooseOp>()) {
    InFlightDiagnostic error = writer->emitOpError()
                               << "cannot stand in a case of nn.choose, because its " << kindOf(handle)
                               << " grows whatever is chosen; put it before or after";
    error.attachNote(choose.getLoc()) << "the choice";
    return nullptr;
  }
  Root root = rootOf(handle);
  if (!root.argument) {
    writer->emitOpError() << "expects its " << kindOf(handle)
                          << " to be an argument of the function, or a slice of one";
    return nullptr;
  }
  FailureOr<Growth> growth = growthOf(writer, sequences, kindOf(handle));
  if (failed(growth))
    return nullptr;
  auto function = cast<func::FuncOp>(root.argument.getOwner()->getParentOp());
  auto name = function.getArgAttrOfType<StringAttr>(growth->argument.getArgNumber(), "nn.name");
  if (!name) {
    writer->emitOpError() << "expects `nn.name` on argument " << growth->argument.getArgNumber() << ", by which the "
                          << kindOf(handle) << " grows";
    return nullptr;
  }
  unsigned number = root.argument.getArgNumber();
  for (StringRef other : {"nn.advance", "nn.advance_offsets"}) {
    auto known = function.getArgAttrOfType<StringAttr>(number, other);
    if (known && (known != name || other != growth->attribute)) {
      writer->emitOpError() << "grows a " << kindOf(handle) << " by " << wordsFor(growth->attribute) << " '"
                            << name.strref() << "', but another op grows it by " << wordsFor(other) << " '"
                            << known.strref() << "'";
      return nullptr;
    }
  }
  function.setArgAttr(number, growth->attribute, name);
  if (isa<StateType>(handle.getType()))
    function.setArgAttr(number, "nn.sequence_axis", Builder(function).getI64IntegerAttr(root.slices));
  return root.argument;
}

static LogicalResult recordFolding(GenericOp generic, Value cache) {
  BlockArgument argument = rootOf(cache).argument;
  if (!argument)
    return generic.emitOpError("expects its caches to be arguments of the function, or slices of them");
  auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  unsigned number = argument.getArgNumber();
  auto known = function.getArgAttrOfType<IntegerAttr>(number, "nn.folds_at");
  int64_t least = *generic.getSwitchOver();
  if (known && known.getInt() != least)
    return generic.emitOpError() << "empties a cache at " << least << " positions, but other attention empties it at "
                                 << known.getInt() << "; give both one `switch_over`";
  function.setArgAttr(number, "nn.folds_at", Builder(function).getI64IntegerAttr(least));
  return success();
}

/// Attention that updates states, and empties the caches that they take in.
static LogicalResult record(GenericOp generic) {
  if (generic.getWeights()) // which only read
    return success();
  for (Value state : generic.getState())
    if (isa<StateType>(state.getType()) && !record(generic, state, generic.getSequences()))
      return failure();
  if (!generic.getSwitchOver())
    return success();
  SmallVector<Value, 3> caches{generic.getKeys().front(), generic.getValue()};
  if (Value gates = generic.getGates(); gates && isa<CacheType>(gates.getType()))
    caches.push_back(gates);
  for (Value cache : caches)
    if (failed(recordFolding(generic, cache)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// What lengths and offsets count
//===----------------------------------------------------------------------===//

namespace {
/// Gathers over a function what each of its arguments counts by each attribute, then writes it.
class CountRecorder {
public:
  explicit CountRecorder(func::FuncOp function) : function(function) {}

  LogicalResult run();

private:
  LogicalResult note(Value vector, StringRef attribute, Value data, unsigned dimension);
  LogicalResult noteRows(Value sequences, Value rows);
  LogicalResult noteKeys(Value sequences, Value keys);
  LogicalResult write();

  func::FuncOp function;
  Dimensions dimensions;
  llvm::MapVector<std::pair<BlockArgument, StringRef>, llvm::SmallSetVector<StringAttr, 2>> counts;
};
} // namespace

static constexpr StringRef lengthsAttr = "nn.lengths", offsetsAttr = "nn.offsets", stepsAttr = "nn.steps";

/// `vector`, if it is an argument of the function, counts along `dimension` of `data`.
LogicalResult CountRecorder::note(Value vector, StringRef attribute, Value data, unsigned dimension) {
  BlockArgument argument = vector ? rootOf(vector).argument : BlockArgument();
  if (!argument)
    return success();
  FailureOr<Dimensions::Sizes> sizes = dimensions.of(data);
  if (failed(sizes))
    return failure();
  counts[{argument, attribute}].insert(StringAttr::get(function.getContext(), (*sizes)[dimension]));
  return success();
}

static bool isPacked(Value data) { return dataShape(data.getType()).size() == 3; }

LogicalResult CountRecorder::noteRows(Value sequences, Value rows) {
  Operation *made = sequences ? sequences.getDefiningOp() : nullptr;
  if (auto padded = dyn_cast_or_null<PaddedOp>(made))
    return note(padded.getQueryLengths(), lengthsAttr, rows, 1);
  if (auto packed = dyn_cast_or_null<PackedOp>(made))
    return note(packed.getQueryOffsets(), offsetsAttr, rows, 0);
  return success();
}

LogicalResult CountRecorder::noteKeys(Value sequences, Value keys) {
  Operation *made = sequences ? sequences.getDefiningOp() : nullptr;
  if (auto padded = dyn_cast_or_null<PaddedOp>(made))
    return note(padded.getKeyLengths(), lengthsAttr, keys, 1);
  if (auto packed = dyn_cast_or_null<PackedOp>(made))
    return isPacked(keys) ? note(packed.getKeyOffsets(), offsetsAttr, keys, 0)
                          : note(packed.getKeyOffsets(), stepsAttr, keys, 1);
  return success();
}

/// What counts along several sizes counts along the least of them.
LogicalResult CountRecorder::write() {
  for (auto &[key, sizes] : counts) {
    auto [argument, attribute] = key;
    if (attribute == lengthsAttr &&
        (counts.contains({argument, offsetsAttr}) || counts.contains({argument, stepsAttr})))
      return emitError(argument.getLoc()) << "expects an argument to be lengths or offsets, but it is read as both; "
                                             "pass two arguments";
    std::string least = sizes.front().str();
    for (StringAttr size : ArrayRef(sizes.getArrayRef()).drop_front())
      least = "min(" + least + ", " + size.str() + ")";
    function.setArgAttr(argument.getArgNumber(), attribute, StringAttr::get(function.getContext(), least));
  }
  return success();
}

LogicalResult CountRecorder::run() {
  WalkResult result = function.walk([&](Operation *op) {
    LogicalResult noted = success();
    if (auto append = dyn_cast<AppendOp>(op))
      noted = noteRows(append.getSequences(), append.getRows());
    else if (auto pool = dyn_cast<nn::PoolOp>(op))
      noted = note(pool.getLengths(), lengthsAttr, pool.getInput(), 1);
    else if (auto generic = dyn_cast<GenericOp>(op))
      noted = success(succeeded(noteRows(generic.getSequences(), generic.getQueries().front())) &&
                      succeeded(noteKeys(generic.getSequences(), generic.getKeys().front())));
    return failed(noted) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result.wasInterrupted() ? failure() : write();
}

namespace {
struct RecordStates : attn::impl::RecordStatesBase<RecordStates> {
  void runOnOperation() override {
    bool areRight = true;
    getOperation().walk([&](Operation *op) {
      if (auto append = dyn_cast<AppendOp>(op))
        areRight &= bool(record(append, append.getCache(), append.getSequences()));
      else if (auto generic = dyn_cast<GenericOp>(op))
        areRight &= succeeded(record(generic));
    });
    for (auto function : getOperation().getOps<func::FuncOp>())
      areRight = areRight && succeeded(CountRecorder(function).run());
    if (!areRight)
      signalPassFailure();
  }
};
} // namespace
