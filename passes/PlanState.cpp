//===- PlanState.cpp - which attention has a state over keys, and when it pays ---===//
//
// With linear weights and nothing that looks at a pair, what a query takes of all keys is its features times a sum over
// keys: Φ · e numbers a key head, whatever the length. Pairs cost (d + e) a pair; a state Φ · (e + 1) a query for
// reading and a key for updating, and the pairs inside a chunk. Both sides are multiplications, so that lengths at run
// time choose by comparing them. For Φ of degree 4 and d = e = 64, T = S, that is beyond 1.5 million tokens.
//
//===----------------------------------------------------------------------===//

#include "passes/PlanState.h"

#include "passes/Homogeneous.h"
#include "passes/KeyHeads.h"
#include "passes/Plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace attn;

/// Tokens of a chunk: four registers of keys in AVX-512, and a run of 64 features of the state stays in the first-level
/// cache beside its queries.
static constexpr int64_t chunkTokens = 64;

/// Below it a chunk is mostly empty: tokens go one by one.
static constexpr int64_t recurrentTokens = 4;

/// A state that is only a choice must not ask for more scratch than this on each thread; one that is asked for may have
/// as much as an artefact can say.
static constexpr int64_t chosenBytes = int64_t(16) << 20, mostBytes = int64_t(1) << 31;

/// Code of a state nests a loop for each factor of a feature.
static constexpr int64_t mostDegree = 8;

static int64_t widthOf(Value data) { return dataShape(data.getType()).back(); }

static int64_t featuresOf(GenericOp generic) {
  return stateWidth(widthOf(generic.getKeys().front()), generic.getPower().value_or(1));
}
/// Rows in scratch are whole vectors, of at most 16 lanes.
static int64_t stateBytes(GenericOp generic) {
  int64_t row = static_cast<int64_t>(llvm::alignTo(widthOf(generic.getValue()), 16)) + 1;
  return featuresOf(generic) * row * 4;
}

bool attn::needsState(GenericOp generic) {
  if (generic.getWeights()) // Of which a state is part of a sum.
    return false;
  return !generic.getState().empty() || !generic.getFinal().empty() ||
         (generic.getWeighting() == Weighting::linear && generic.getDestinations().size() > 1);
}

std::string attn::findStateObstacle(GenericOp generic) {
  if (generic.getWeighting() != Weighting::linear)
    return "has weights that are exponentials of scores, which are no sum over features";
  for (auto [region, name] : {std::pair{&generic.getScore(), "score"}, std::pair{&generic.getFactor(), "factor"},
                              std::pair{&generic.getPair(), "pair"}, std::pair{&generic.getEpilogue(), "epilogue"}})
    if (!region->empty())
      return ("has " + Twine(StringRef("aeiou").contains(name[0]) ? "an " : "a ") + name +
              " region, beside which there is no state over keys; leave it out, or ask for no state or form")
          .str();
  if (!classifyMask(generic).isOfKeys)
    return "has a mask that is not j <= i, a condition on keys alone, or both, beside which there is no state over "
           "keys; leave out the mask, or ask for no state or form";
  if (generic.getKeys().size() != 1)
    return "has scores that are a sum of " + std::to_string(generic.getKeys().size()) +
           " products, of which there is no state over keys";
  if (headsOf(generic.getKeys().front()) != headsOf(generic.getValue()))
    return "has keys and values of " + std::to_string(headsOf(generic.getKeys().front())) + " and " +
           std::to_string(headsOf(generic.getValue())) + " heads, but a state has one number of them";
  if (int64_t degree = generic.getPower().value_or(1); degree > mostDegree)
    return "has weights of degree " + std::to_string(degree) + ", but states are of degree " +
           std::to_string(mostDegree) + " at most; take a lower degree, or ask for no state or form";
  if (stateBytes(generic) > mostBytes)
    return "has a state of " + std::to_string(featuresOf(generic)) + " features a key head, " +
           std::to_string(stateBytes(generic) >> 20) + " MiB, but kernels carry at most " +
           std::to_string(mostBytes >> 20) + " MiB; take a lower degree or a narrower head";
  return "";
}

/// Multiplications of pairs ≥ those of a state, over the lengths of a call: T and S of each sequence, or where rows are
/// packed their sums, times the number of sequences.
static std::string paysWhen(GenericOp generic) {
  auto dim = [](Value data, int64_t dimension) {
    return ("dim(" + Twine(cast<BlockArgument>(data).getArgNumber()) + "," + Twine(dimension) + ")").str();
  };
  Value query = generic.getQueries()[0], key = generic.getKeys()[0];
  bool isPacked = dataShape(query.getType()).size() == 3, hasPackedKeys = dataShape(key.getType()).size() == 3;
  std::string rows = dim(query, isPacked ? 0 : 1), keys = dim(key, hasPackedKeys ? 0 : 1), sequences = "1";
  if (isPacked) {
    auto packed = generic.getSequences().getDefiningOp<PackedOp>();
    sequences = "(" + dim(packed.getQueryOffsets(), 0) + " - 1)";
    if (!hasPackedKeys)
      keys = dim(key, 0) + " * " + dim(key, 1);
  }
  int64_t group = headsOf(query) / headsOf(key), pair = widthOf(key) + widthOf(generic.getValue());
  int64_t token = featuresOf(generic) * (widthOf(generic.getValue()) + 1);
  auto number = [](int64_t value) { return std::to_string(value); };
  bool isCausal = classifyMask(generic).isCausal;
  // A causal row meets S − T / 2 keys on average: everything is doubled.
  std::string met = isCausal ? "(2 * " + keys + " - " + rows + ")" : "2 * " + keys;
  std::string pairs = number(group * pair) + " * " + rows + " * " + met;
  std::string state = number(2 * token) + " * (" + number(group) + " * " + rows + " + " + keys + ")";
  if (isCausal)
    state += " + " + number(group * chunkTokens * pair) + " * " + rows;
  return pairs + " >= " + sequences + " * (" + state + ")";
}

void attn::takeLogarithms(GenericOp generic) {
  int64_t power = generic.getPower().value_or(1);
  if (power % 2 != 0 || !isHomogeneous(generic))
    return;
  OpBuilder outside(generic);
  Location loc = generic.getLoc();
  Type f32 = outside.getF32Type(), i32 = outside.getI32Type();
  Region &score = generic.getScore();
  if (score.empty()) {
    Block &block = score.emplaceBlock();
    SmallVector<Type> arguments{f32, i32, i32, i32, i32};
    llvm::append_range(arguments, generic.getCaptures().getTypes());
    for (Type type : arguments)
      block.addArgument(type, loc);
    OpBuilder inside = OpBuilder::atBlockEnd(&block);
    YieldOp::create(inside, loc, block.getArgument(0));
  }
  auto yield = cast<YieldOp>(score.front().getTerminator());
  ImplicitLocOpBuilder b(loc, yield);
  Value logarithm = math::LogOp::create(b, math::AbsFOp::create(b, yield.getValue()));
  Value times = arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(power)));
  yield->setOperand(0, arith::MulFOp::create(b, logarithm, times));
  generic.setWeighting(Weighting::exp);
  generic.removePowerAttr();
}

RequestedForm attn::requestedForm(GenericOp generic) {
  auto text = generic->getAttrOfType<StringAttr>(formAttr);
  if (!text)
    return {};
  auto [name, number] = text.getValue().split(' ');
  RequestedForm form{name};
  return number.empty() || !number.getAsInteger(10, form.tokens) ? form : RequestedForm{text.getValue()};
}

bool attn::planStates(tile::KernelOp kernel, const Target &target) {
  auto generic = *kernel.getBody().getOps<GenericOp>().begin();
  RequestedForm requested = requestedForm(generic);
  bool isAsked = isStateForm(requested.name);
  bool fades = bool(generic.getGates()), isNeeded = needsState(generic);
  OpBuilder at(kernel);
  std::string name = kernel.getSymName().str();
  auto add = [&](StringRef form, int64_t tokens, const std::string &when) {
    auto copy = cast<tile::KernelOp>(at.clone(*kernel));
    copy.setSymName(name + "_" + form.str());
    copy.setImplements(name);
    copy.setPlanAttr(tile::PlanAttr::get(at.getContext(), tokens, tokens, form));
    if (!when.empty())
      copy.setWhen(when);
  };
  if (isAsked || (!requested.name.empty() && isNeeded)) {
    int64_t tokens = requested.name == "recurrent" ? 1 : chunkTokens;
    add(requested.name, requested.tokens ? requested.tokens : tokens, "");
    return false;
  }
  if (!isNeeded) {
    if (requested.name.empty() && findStateObstacle(generic).empty() && stateBytes(generic) <= chosenBytes)
      add("chunked", chunkTokens, paysWhen(generic));
    // Pairs that fade are no sweep: their gates add up from the query back to the keys.
    if (fades)
      add("quadratic", chunkTokens, "");
    return !fades;
  }
  auto isShort = [&](Value data) {
    int64_t position = dataShape(data.getType()).size() == 4 ? 1 : 0;
    return ("dim(" + Twine(cast<BlockArgument>(data).getArgNumber()) + "," + Twine(position) +
            ") <= " + Twine(recurrentTokens))
        .str();
  };
  // Keys that a state has yet to take in are met as pairs, of which a chunk is full.
  if (classifyMask(generic).isCausal && !generic.getSwitchOver())
    add("recurrent", 1, isShort(generic.getQueries()[0]) + " and " + isShort(generic.getKeys()[0]));
  add("chunked", chunkTokens, "");
  return false;
}
