//===- Generalize.cpp - turn chains of named ops into attn.generic ---===//
//
// A chain is walked from its closing op back to its source; then each op says, source first, what it adds to the
// `attn.generic` under construction. Nothing here names a variant.
//
//   %s0 = attn.dot_product %q, %k          attn.generic exp sum queries(%q) keys(%k) value(%v) scale %c
//   %s1 = attn.causal %s0            ->        mask { j <= i }
//   %o  = attn.softmax %s1, %v
//
//===----------------------------------------------------------------------===//

#include "passes/Generalize.h"
#include "dialect/attn/CausalOnly.h"
#include "dialect/attn/Checks.h"
#include "passes/Passes.h"

#include "mlir/IR/Verifier.h"

namespace attn {
#define GEN_PASS_DEF_GENERALIZE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// The chain
//===----------------------------------------------------------------------===//

namespace {
/// The ops behind a closing op: `modifiers` in the order in which they apply.
struct Chain {
  SourceOpInterface source;
  SmallVector<ModifierOpInterface> modifiers;
};
} // namespace

static FailureOr<Chain> walkChain(ClosingOpInterface closing) {
  Chain chain;
  Value scores = closing.getScores();
  while (Operation *op = scores.getDefiningOp()) {
    if (auto source = dyn_cast<SourceOpInterface>(op)) {
      chain.source = source;
      std::reverse(chain.modifiers.begin(), chain.modifiers.end());
      return chain;
    }
    auto modifier = dyn_cast<ModifierOpInterface>(op);
    if (!modifier) {
      InFlightDiagnostic error = closing.emitOpError()
                                 << "expects scores made by a chain of attn ops; begin it with a source such as "
                                    "attn.dot_product";
      error.attachNote(op->getLoc()) << "these scores are neither a source nor a modifier";
      return error;
    }
    chain.modifiers.push_back(modifier);
    scores = modifier.getScores();
  }
  InFlightDiagnostic error = closing.emitOpError()
                             << "expects a chain that begins at a source such as attn.dot_product, but it begins at a "
                                "block argument; scores are never materialised, so build them where they are used";
  error.attachNote(scores.getLoc()) << "the chain begins here";
  return error;
}

//===----------------------------------------------------------------------===//
// Positions: where regions use i, the start of the queries must be known
//===----------------------------------------------------------------------===//

namespace {
/// A dimension of a value, followed back to where its size comes from.
struct Dimension {
  Value root;
  unsigned index;
  /// The name that the function gives it, or null.
  Attribute name;
};
} // namespace

/// The operand whose dimension `index` the result of `op` has, or null where it may be another.
static Value shapeOrigin(Operation *op, unsigned index) {
  if (auto rowWise = dyn_cast<RowWiseOpInterface>(op))
    return index < rowWise.getSharedRank() ? op->getOperand(0) : Value();
  // Only leading dimensions are handed on; the last one is the op's own.
  bool keepsRows = isa<nn::LinearOp, nn::SwigluOp, nn::ContractOp, nn::SplitHeadsOp, nn::MergeHeadsOp>(op);
  if (!keepsRows)
    return Value();
  unsigned rank = cast<ShapedType>(op->getResult(0).getType()).getRank();
  return index + 1 < rank ? op->getOperand(0) : Value();
}

static Dimension traceDimension(Value value, unsigned index) {
  while (true) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      Operation *parent = argument.getOwner()->getParentOp();
      if (auto repeat = dyn_cast<nn::RepeatOp>(parent);
          repeat && argument.getArgNumber() < repeat.getCarried().size()) {
        // Carried values keep their shape: they live in one buffer.
        value = repeat.getCarried()[argument.getArgNumber()];
        continue;
      }
      if (auto function = dyn_cast<func::FuncOp>(parent))
        if (auto names = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "nn.dims"))
          if (index < names.size())
            return {value, index, names[index]};
      return {value, index, nullptr};
    }
    if (auto generic = value.getDefiningOp<nn::GenericOp>()) {
      std::optional<nn::GenericOp::Dimension> indexed = generic.findIndexedAlone(index, /*dynamic=*/true);
      if (!indexed)
        return {value, index, nullptr};
      value = generic.getInputs()[indexed->input];
      index = indexed->dimension;
      continue;
    }
    Value origin = shapeOrigin(value.getDefiningOp(), index);
    if (!origin || !isa<ShapedType>(origin.getType()))
      return {value, index, nullptr};
    value = origin;
  }
}

/// Whether `query` has as many rows as `key` has positions, for every input.
static bool haveOneLength(Value query, Value key) {
  if (isa<CacheType>(key.getType()))
    return false;
  constexpr unsigned position = 1;
  int64_t rows = dataShape(query.getType())[position], keys = dataShape(key.getType())[position];
  if (!ShapedType::isDynamic(rows) || !ShapedType::isDynamic(keys))
    return rows == keys;
  Dimension a = traceDimension(query, position), b = traceDimension(key, position);
  return (a.root == b.root && a.index == b.index) || (a.name && a.name == b.name);
}

/// Whether `sequences` says where the queries stand.
static bool hasStart(Value sequences) {
  if (!sequences)
    return false;
  if (auto padded = sequences.getDefiningOp<PaddedOp>())
    return padded.getAlignment() || padded.getStart();
  return sequences.getDefiningOp<PackedOp>();
}

/// The first op of a region that depends on the query's position itself, not only on its row.
static Operation *findPositionUse(GenericOp generic) {
  for (const RegionForm &form : regionForms) {
    Region &region = generic->getRegion(static_cast<unsigned>(form.kind));
    if (region.empty() || !form.hasCoordinates())
      continue;
    for (Operation *user : region.getArgument(form.numReals + 2).getUsers())
      if (!isa<RowOp>(user))
        return user;
  }
  return nullptr;
}

static LogicalResult checkPositions(ClosingOpInterface closing, GenericOp generic) {
  Operation *use = findPositionUse(generic);
  if (!use || hasStart(generic.getSequences()) ||
      haveOneLength(generic.getQueries().front(), generic.getKeys().front()))
    return success();
  InFlightDiagnostic error =
      closing.emitOpError()
      << "expects to know where the queries stand on the key axis, because queries and keys are not "
         "known to have one length; write `in` with an attn.padded that says `start bottom_right` "
         "(the last query at the last key), `start top_left` or `start %value`, or give both "
         "lengths one name in nn.dims";
  error.attachNote(use->getLoc()) << "the query's position is used here";
  return error;
}

/// Gates and `switch_over` ask for the same mask; where the generic form has them, it has said so.
static LogicalResult checkCausality(SourceOpInterface source, GenericOp generic) {
  if (!source->hasTrait<CausalOnly>() || classifyMask(generic).isCausal || generic.getGates() ||
      generic.getSwitchOver())
    return success();
  InFlightDiagnostic error = source.emitOpError()
                             << "expects a chain with a mask that keeps j <= i alone or among its conditions, but got "
                             << (generic.getMask().empty() ? "none" : "another one")
                             << "; add attn.causal, because its weights are those of keys up to the query";
  error.attachNote(generic.getLoc()) << "the chain is closed here";
  return error;
}

//===----------------------------------------------------------------------===//
// The rewrite and the pass around it
//===----------------------------------------------------------------------===//

FailureOr<GenericOp> attn::generalize(ClosingOpInterface closing) {
  FailureOr<Chain> chain = walkChain(closing);
  if (failed(chain))
    return failure();

  OpBuilder builder(closing);
  GenericBuilder collected(builder, closing.getLoc());
  // What an op says is built at its own location, so that later errors and remarks point at it.
  collected.outside().setLoc(chain->source.getLoc());
  chain->source.begin(collected);
  for (ModifierOpInterface modifier : chain->modifiers) {
    collected.outside().setLoc(modifier.getLoc());
    modifier.contribute(collected);
  }
  collected.outside().setLoc(closing.getLoc());
  closing.finish(collected);
  FailureOr<GenericOp> generic = collected.create();
  if (failed(generic))
    return failure();
  // The ops of a chain verify what each of them sees; what they say together is right only here.
  Checks checks;
  {
    // An error of the generic form is one of the op that was written.
    ScopedDiagnosticHandler handler(closing.getContext(), [&](Diagnostic &diagnostic) {
      for (DiagnosticArgument &argument : diagnostic.getArguments().take_front(2)) // 'name' op …
        if (argument.getKind() == DiagnosticArgument::DiagnosticArgumentKind::String &&
            argument.getAsString() == GenericOp::getOperationName())
          argument = DiagnosticArgument(closing->getName().getStringRef());
      return failure(); // to be printed by the one before
    });
    checks.add(verify(*generic));
  }
  checks.add(checkCausality(chain->source, *generic));
  checks.add(checkPositions(closing, *generic));
  if (failed(checks)) {
    generic->erase();
    return failure();
  }
  closing->replaceAllUsesWith((*generic)->getResults());
  closing.erase();
  return generic;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// What stands in the way of weights behind `output`; empty where nothing does.
static std::string findWeightsObstacle(Value output) {
  Operation *made = output.getDefiningOp();
  if (!made)
    return "a block argument; take weights where the chain is closed";
  auto generic = dyn_cast<GenericOp>(made);
  if (!generic)
    return ("a result of '" + made->getName().getStringRef() +
            "'; take weights of the chain itself, before its output is changed or merged")
        .str();
  if (output != generic.getOutput() || generic.getWeights())
    return "another result of it; weights are behind the output alone";
  return "";
}

///     %o = attn.generic … value(%v) score {…} -> …      %o = attn.generic … as before
///     %a = attn.weights of %o                       ->  %a = attn.generic … weights heads score {…} -> …
///
/// It stands before the attention whose weights it gives, so that both see the same caches and states. Attention whose
/// output was asked for by nothing else goes, unless it updates a state.
static LogicalResult generalizeWeights(WeightsOp weights) {
  if (std::string obstacle = findWeightsObstacle(weights.getOutput()); !obstacle.empty()) {
    InFlightDiagnostic error = weights.emitOpError()
                               << "expects the output of a closing op or of attn.generic, but got " << obstacle;
    error.attachNote(weights.getOutput().getLoc()) << "the output comes from here";
    return error;
  }
  auto generic = weights.getOutput().getDefiningOp<GenericOp>();
  OpBuilder builder(generic);
  // Keys of earlier calls have a part in the sum, and no pairs.
  ValueRange state = generic.getState().empty() ? ValueRange() : ValueRange(generic.getState()).drop_front();
  auto of = WeightsOfAttr::get(builder.getContext(), weights.getMean() ? WeightsOf::mean : WeightsOf::heads);
  auto again = GenericOp::create(builder, weights.getLoc(), weights.getType(), /*lse=*/Type(), /*final=*/TypeRange(),
                                 generic.getWeighting(), generic.getNormalizer(), generic.getEpsilonAttr(),
                                 generic.getPowerAttr(), /*switchOver=*/IntegerAttr(), of, generic.getQueries(),
                                 generic.getKeys(), generic.getValue(), generic.getScale(), generic.getSequences(),
                                 generic.getGates(), generic.getSink(), state, generic.getCaptures(),
                                 /*destinations=*/ValueRange());
  for (const RegionForm &form : regionForms) {
    unsigned number = static_cast<unsigned>(form.kind);
    if (form.kind == attn::RegionKind::epilogue) // of the output
      continue;
    IRMapping mapping;
    generic->getRegion(number).cloneInto(&again->getRegion(number), mapping);
  }
  if (failed(verify(again))) {
    again.erase();
    return failure();
  }
  weights.replaceAllUsesWith(again.getOutput());
  weights.erase();
  bool updatesState = llvm::any_of(generic.getState().getTypes(), isHandle);
  if (generic->use_empty() && !updatesState)
    generic.erase();
  return success();
}

/// What is left of a chain is used by what is left of it, if at all.
static LogicalResult checkUsers(Operation *op) {
  for (Operation *user : op->getUsers()) {
    if (isa<ModifierOpInterface>(user))
      continue;
    InFlightDiagnostic error = op->emitOpError()
                               << "expects scores that a closing op such as attn.softmax takes, but they are used by '"
                               << user->getName()
                               << "'; scores are never materialised: hand on what the closing op or attn.weights gives";
    error.attachNote(user->getLoc()) << "they are used here";
    return error;
  }
  return success();
}

namespace {
struct Generalize : attn::impl::GeneralizeBase<Generalize> {
  void runOnOperation() override {
    SmallVector<ClosingOpInterface> closings;
    SmallVector<WeightsOp> weights;
    getOperation().walk([&](Operation *op) {
      if (auto closing = dyn_cast<ClosingOpInterface>(op))
        closings.push_back(closing);
      else if (auto of = dyn_cast<WeightsOp>(op))
        weights.push_back(of);
    });
    bool isWrong = false; // Each chain that is wrong is reported.
    for (ClosingOpInterface closing : closings)
      isWrong |= failed(generalize(closing));
    for (WeightsOp of : weights)
      if (!of.getOutput().getDefiningOp<ClosingOpInterface>()) // else its chain was reported
        isWrong |= failed(generalizeWeights(of));
    if (isWrong)
      return signalPassFailure();

    // What is left of the chains has no user, and variants written as text have no op that applies them.
    SmallVector<Operation *> chains;
    getOperation().walk([&](Operation *op) {
      if (isa<SourceOpInterface, ModifierOpInterface, VariantOp>(op))
        chains.push_back(op);
    });
    for (Operation *op : chains)
      isWrong |= failed(checkUsers(op));
    if (isWrong)
      return signalPassFailure();
    for (Operation *op : llvm::reverse(chains))
      op->erase();
  }
};
} // namespace
