//===- Generic.cpp - the verifier of attn.generic, check by check ---===//
//
// The labels (C1) … (C15) are those of the op's description; a variant written as text is held to the same regions.
//
//===----------------------------------------------------------------------===//

#include "dialect/attn/Weights.h"

#include "dialect/attn/Axes.h"
#include "dialect/attn/Checks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Regions of scalars
//===----------------------------------------------------------------------===//

SmallVector<Type, 5> RegionForm::fixedTypes(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<Type, 5> types(numReals, builder.getF32Type());
  types.append(numIntegers, builder.getI32Type());
  return types;
}

Type RegionForm::yieldedType(MLIRContext *context) const {
  return yieldsMask ? Type(IntegerType::get(context, 1)) : Type(Float32Type::get(context));
}

/// Integer divisions trap where the divisor is 0, and signed ones at −1 for the least integer; that arith calls some of
/// them pure is a promise which only the divisor can keep.
static bool cannotFault(Operation &scalar) {
  if (!isa<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp, arith::CeilDivSIOp, arith::CeilDivUIOp, arith::RemSIOp,
           arith::RemUIOp>(scalar))
    return isPure(&scalar);
  Value divisor = scalar.getOperand(1);
  APInt constant;
  if (matchPattern(divisor, m_ConstantInt(&constant)))
    return !constant.isZero() && !constant.isAllOnes();
  auto larger = divisor.getDefiningOp<arith::MaxSIOp>();
  return larger && llvm::any_of(larger->getOperands(), [&](Value operand) {
           return matchPattern(operand, m_ConstantInt(&constant)) && constant.isStrictlyPositive();
         });
}

/// (C7): whatever runs for pairs that do not count must neither fault nor leave a trace.
static LogicalResult verifyScalars(Operation *op, const RegionForm &form, Region &region) {
  Block &block = region.front();
  Checks checks;
  llvm::SmallPtrSet<Value, 4> strangers; // each is said once
  for (Operation &scalar : block.without_terminator()) {
    auto isScalar = [](Type type) { return type.isIntOrIndexOrFloat(); };
    bool readsCapture = isa<LoadOp>(scalar);
    if (scalar.getNumRegions() != 0 || !llvm::all_of(scalar.getResultTypes(), isScalar) ||
        (!readsCapture && !llvm::all_of(scalar.getOperandTypes(), isScalar))) {
      InFlightDiagnostic error = op->emitOpError()
                                 << "expects only scalar ops in the " << form.name << " region, but got '"
                                 << scalar.getName() << "'; compute it from scalars by arith and math";
      error.attachNote(scalar.getLoc()) << "read elements of captured tensors by attn.load";
      checks.add(error);
      continue;
    }
    if (!cannotFault(scalar)) {
      InFlightDiagnostic error = op->emitOpError()
                                 << "expects ops that cannot fault in the " << form.name << " region, but got '"
                                 << scalar.getName() << "'; the region also runs for pairs that the mask hides";
      error.attachNote(scalar.getLoc()) << "a division needs a divisor that is a constant other than 0 and -1, or "
                                           "arith.maxsi of any value and a positive constant";
      checks.add(error);
    }
    for (Value operand : scalar.getOperands())
      if (operand.getParentRegion() != &region && strangers.insert(operand).second) {
        InFlightDiagnostic error = op->emitOpError() << "expects the " << form.name
                                                     << " region to use only its own values; add a capture";
        error.attachNote(scalar.getLoc()) << "this op uses a value from outside";
        checks.add(error);
      }
  }
  return checks;
}

/// (C6) and (C7); `captures` are the types behind the fixed arguments.
static LogicalResult verifyRegion(Operation *op, const RegionForm &form, TypeRange captures) {
  Region &region = op->getRegion(static_cast<unsigned>(form.kind));
  if (region.empty())
    return success();
  if (!region.hasOneBlock())
    return op->emitOpError() << "expects the " << form.name << " region to be one block; use arith.select for choices";
  Checks checks;
  SmallVector<Type> expected(form.fixedTypes(op->getContext()));
  llvm::append_range(expected, captures);
  if (TypeRange(region.getArgumentTypes()) != TypeRange(expected)) // (C6)
    checks.add(op->emitOpError() << "expects arguments (" << expected << ") of the " << form.name
                                 << " region, but got (" << region.getArgumentTypes()
                                 << "); write these, in this order");
  Block &block = region.front();
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield) {
    checks.add(op->emitOpError() << "expects the " << form.name << " region to end in attn.yield, but got "
                                 << (block.empty() ? std::string("nothing")
                                                   : ("'" + block.back().getName().getStringRef() + "'").str())
                                 << "; yield the region's result");
    return checks;
  }
  Type yielded = form.yieldedType(op->getContext());
  if (yield.getValue().getType() != yielded)
    checks.add(op->emitOpError() << "expects the " << form.name << " region to yield " << yielded << ", but got "
                                 << yield.getValue().getType()
                                 << (form.yieldsMask ? "; compare, as by arith.cmpi, so that it says which pairs count"
                                                     : "; convert it, as by arith.sitofp"));
  if (yield.getValue().getParentRegion() != &region)
    checks.add(op->emitOpError() << "expects the " << form.name
                                 << " region to yield a value of its own; add a capture");
  checks.add(verifyScalars(op, form, region));
  return checks;
}

//===----------------------------------------------------------------------===//
// attn.generic
//===----------------------------------------------------------------------===//

static bool mayBeEqual(int64_t a, int64_t b) { return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b; }

static bool mayBeEqual(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip(a, b), [](auto pair) { return mayBeEqual(std::get<0>(pair), std::get<1>(pair)); });
}

static int64_t headsOf(Value data) { return dataShape(data.getType()).drop_back().back(); }
static int64_t widthOf(Value data) { return dataShape(data.getType()).back(); }

/// All dimensions but head and width.
static ArrayRef<int64_t> rowsOf(Value data) { return dataShape(data.getType()).drop_back(2); }

/// (C1) and (C2), as far as all other checks count on it: parts and a value that have heads and a width.
static LogicalResult verifyForms(GenericOp op) {
  auto isAttentionData = [](Value data) {
    return isOfAttention(data.getType()) && !ShapedType::isDynamic(widthOf(data)) &&
           !ShapedType::isDynamic(headsOf(data)) && headsOf(data) > 0 && widthOf(data) > 0;
  };
  Checks checks;
  llvm::SmallPtrSet<Type, 4> wrong;                                             // each is said once
  if (op.getQueries().empty() || op.getQueries().size() != op.getKeys().size()) // (C1)
    checks.add(op.emitOpError() << "expects as many query parts as key parts, at least one, but got "
                                << op.getQueries().size() << " and " << op.getKeys().size()
                                << "; give each query part a key part");
  auto add = [&](ValueRange data, StringRef name) {
    for (Value each : data)
      if (!isAttentionData(each) && wrong.insert(each.getType()).second) // (C2)
        checks.add(
            op.emitOpError() << "expects " << name << " of (sequence, position, head, width), or (row, head, "
                             << "width) when packed, with static heads and width, both at least 1, but got "
                             << each.getType()
                             << "; split features into heads by nn.split_heads, and write heads and width as numbers");
  };
  add(op.getQueries(), "parts");
  add(op.getKeys(), "parts");
  add(op.getValue(), "a value");
  return checks;
}

static LogicalResult verifyParts(GenericOp op) {
  Checks checks;
  Value first = op.getQueries().front();
  for (auto [query, key] : llvm::zip_equal(op.getQueries(), op.getKeys())) {
    if (widthOf(query) != widthOf(key)) // (C1)
      checks.add(op.emitOpError() << "expects query and key of one width, but got " << widthOf(query) << " and "
                                  << widthOf(key) << "; make them one");
    if (!mayBeEqual(rowsOf(query), rowsOf(first)) || headsOf(query) != headsOf(first)) // (C2)
      checks.add(op.emitOpError() << "expects query parts to share rows and heads, but got " << first.getType()
                                  << " and " << query.getType() << "; make them one");
    if (headsOf(first) % headsOf(key) != 0) // (C3)
      checks.add(op.emitOpError() << "expects query heads to be a multiple of key heads, but got " << headsOf(first)
                                  << " and " << headsOf(key) << "; give each key head equally many query heads");
    if (!mayBeEqual(rowsOf(key), rowsOf(op.getValue()))) // (C4)
      checks.add(op.emitOpError() << "expects keys and value to share sequences and positions, but got "
                                  << key.getType() << " and " << op.getValue().getType() << "; give each key a value");
  }
  if (headsOf(first) % headsOf(op.getValue()) != 0) // (C3)
    checks.add(op.emitOpError() << "expects query heads to be a multiple of the value's heads, but got "
                                << headsOf(first) << " and " << headsOf(op.getValue())
                                << "; give each of its heads equally many query heads");
  return checks;
}

/// Parts of a state: U, and u where a sum divides.
static size_t stateParts(GenericOp op) { return op.getNormalizer() == Normalizer::sum ? 2 : 1; }

static LogicalResult verifyResults(GenericOp op) {
  bool hasTensors = bool(op.getOutput());
  if (hasTensors != op.getDestinations().empty()) // (C10)
    return op.emitOpError() << "expects either results or destinations, but got " << (hasTensors ? "both" : "neither")
                            << "; results are tensors before bufferisation, `into` names memrefs after it";
  if (op.getWeights())
    return verifyWeights(op);
  Checks checks;
  bool isExp = op.getWeighting() == Weighting::exp;
  size_t most = isExp ? 2 : 1 + stateParts(op);
  if (op.getDestinations().size() > most) // (C10)
    checks.add(op.emitOpError() << "expects destinations for output, log-sum-exp or the state's parts at most, but got "
                                << op.getDestinations().size() << "; leave the others out");
  if (!hasTensors && (op.getLse() || !op.getFinal().empty()))
    checks.add(
        op.emitOpError() << "expects no results where `into` names destinations; leave out the one or the other");
  Type output = hasTensors ? op.getOutput().getType() : op.getDestinations().front().getType();
  Value query = op.getQueries().front();
  SmallVector<int64_t> expected(dataShape(query.getType()));
  expected.back() = widthOf(op.getValue());
  if (!mayBeEqual(dataShape(output), expected)) // (C5)
    checks.add(op.emitOpError() << "expects an output with the query's rows and heads and the value's width, but got "
                                << output << " for " << query.getType() << " and " << op.getValue().getType()
                                << "; give the output these sizes");
  checks.add(verifyNumbers(op, hasTensors ? Value(op.getOutput()) : op.getDestinations().front())); // (C5)
  Type lse = op.getLse()                                ? op.getLse().getType()
             : isExp && op.getDestinations().size() > 1 ? op.getDestinations()[1].getType()
                                                        : Type();
  if (lse &&
      (!mayBeEqual(dataShape(lse), dataShape(query.getType()).drop_back()) || !dataElementType(lse).isF32())) // (C5)
    checks.add(op.emitOpError() << "expects a log-sum-exp of f32 with the query's rows and heads, but got " << lse
                                << " for " << query.getType() << "; give it these sizes, and f32");
  return checks;
}

/// (C12)
static LogicalResult verifySink(GenericOp op) {
  Type sink = op.getSink().getType(), element = dataElementType(sink);
  int64_t heads = headsOf(op.getQueries().front());
  ArrayRef<int64_t> shape = dataShape(sink);
  Checks checks;
  if (isHandle(sink) || shape.size() != 1 || !mayBeEqual(shape[0], heads) || !isNumber(element))
    checks.add(op.emitOpError() << "expects a sink of f32, bf16 or f16 for " << heads << " query heads, but got "
                                << sink << "; give one number for each query head");
  if (op.getWeighting() != Weighting::exp || op.getNormalizer() != Normalizer::sum)
    checks.add(op.emitOpError() << "expects `exp sum` with a sink, but got " << stringifyWeighting(op.getWeighting())
                                << " " << stringifyNormalizer(op.getNormalizer())
                                << "; a sink joins a softmax's normaliser");
  return checks;
}

/// (C9) of gates.
static LogicalResult verifyGates(GenericOp op) {
  Type type = op.getGates().getType();
  ArrayRef<int64_t> shape = dataShape(type);
  int64_t heads = headsOf(op.getKeys().front());
  bool areKept = isa<CacheType>(type);
  ArrayRef<int64_t> rows = rowsOf(op.getKeys().front());
  size_t perKey = rows.size() + 1;
  bool hasShape =
      areKept ? shape.size() == 4 && shape.back() == 1 && perKey == 3 : shape.size() == 1 || shape.size() == perKey;
  if (hasShape && shape.size() > 1)
    hasShape = mayBeEqual(shape.take_front(rows.size()), rows);
  Checks checks;
  if (!dataElementType(type).isF32() || !hasShape || !mayBeEqual(areKept ? shape[2] : shape.back(), heads))
    checks.add(op.emitOpError() << "expects gates of f32 for " << heads
                                << " key heads, one a key head or one a key and head, in a cache of width 1, but got "
                                << type << " for keys of " << op.getKeys().front().getType()
                                << "; give gates these sizes");
  if (op.getWeighting() != Weighting::linear)
    checks.add(op.emitOpError() << "expects linear weighting with gates, but got exp; a score change that depends on i "
                                   "and j makes softmax weights fade");
  else if (!classifyMask(op).isCausal)
    checks.add(op.emitOpError() << "expects a mask that keeps j <= i alone or among its conditions with gates, but got "
                                << (op.getMask().empty() ? "none" : "another one")
                                << "; add attn.causal, because what comes after the query has no gates to fade by");
  return checks;
}

/// (C14)
static LogicalResult verifySwitchOver(GenericOp op) {
  Checks checks;
  int64_t least = *op.getSwitchOver();
  if (least < 1)
    checks.add(op.emitOpError() << "expects `switch_over` of at least 1, but got " << least
                                << "; write how many keys a cache collects before the state takes them in");
  if (op.getState().empty() || !isHandle(op.getState().front().getType()))
    checks.add(op.emitOpError() << "expects a state of handles with `switch_over`, but got "
                                << (op.getState().empty() ? "none" : "values")
                                << "; it says after how many keys a state that stays takes them in: give a "
                                   "!attn.state, or leave `switch_over` out");
  if (op.getState().empty()) // There is nothing to take over.
    return checks;
  llvm::SmallSetVector<Type, 2> kept;
  kept.insert(op.getKeys().front().getType());
  kept.insert(op.getValue().getType());
  for (Type type : kept)
    if (!isa<CacheType>(type))
      checks.add(op.emitOpError() << "expects caches as keys and value with `switch_over`, but got " << type
                                  << "; append the call's rows to a cache, which holds keys until the state takes "
                                     "them in");
  if (Value gates = op.getGates(); gates && dataShape(gates.getType()).size() > 1 && !isa<CacheType>(gates.getType()))
    checks.add(op.emitOpError() << "expects a cache of gates with `switch_over`, but got " << gates.getType()
                                << "; append them as (n, T, Hk, 1) to a cache, as keys are");
  if (!op.getGates() && !classifyMask(op).isCausal) // Gates have asked for it.
    checks.add(op.emitOpError() << "expects a mask that keeps j <= i with `switch_over`, but got "
                                << (op.getMask().empty() ? "none" : "another one") << "; add attn.causal");
  return checks;
}

/// (C13) of U, and u, of the state that a call begins with or leaves; (C15): with `weights`, of u alone.
static LogicalResult verifyStateParts(GenericOp op, TypeRange parts, StringRef name) {
  size_t first = op.getWeights() ? 1 : 0, count = stateParts(op) - first;
  if (!parts.empty() && parts.size() != count)
    return op.emitOpError() << "expects " << count << (count == 1 ? " part" : " parts") << " of the " << name
                            << " state, but got " << parts.size()
                            << (stateParts(op) == 2 && first ? "; of weights' sum there is u alone"
                                : first                      ? "; weights without a normaliser have none"
                                : count == 1                 ? "; without a normaliser there is U alone"
                                                             : "; give U and u");
  Checks checks;
  int64_t features = stateWidth(widthOf(op.getKeys().front()), op.getPower().value_or(1));
  int64_t expected[] = {ShapedType::kDynamic, headsOf(op.getValue()), features, widthOf(op.getValue())};
  for (auto [place, type] : llvm::enumerate(parts)) {
    size_t number = first + place;
    if (!dataElementType(type).isF32() || !mayBeEqual(dataShape(type), ArrayRef(expected).take_front(4 - number)))
      checks.add(op.emitOpError() << "expects " << (number == 0 ? "U" : "u") << " of the " << name
                                  << " state to be f32 of (sequence, " << expected[1] << ", " << features
                                  << (number == 0 ? ", " + std::to_string(expected[3]) : std::string()) << "), but got "
                                  << type << "; give it these sizes");
  }
  return checks;
}

/// (C9) and (C13) of what a state begins and ends as.
static LogicalResult verifyState(GenericOp op) {
  if (op.getWeighting() != Weighting::linear)
    return op.emitOpError() << "expects linear weighting with a state, but got exp; close the chain with attn.sum or "
                               "attn.none, or leave out the state";
  Checks checks;
  for (auto [region, name] :
       {std::pair(&op.getScore(), "score"), std::pair(&op.getFactor(), "factor"), std::pair(&op.getPair(), "pair")})
    if (!region->empty())
      checks.add(op.emitOpError() << "expects no score, factor or pair region with a state, but got a " << name
                                  << " region; a state is a sum over keys alone: leave out the state or what changes "
                                     "scores");
  if (!classifyMask(op).isOfKeys)
    checks.add(
        op.emitOpError() << "expects a mask with a state that is j <= i, a condition on keys alone, or both, but got "
                            "another one; a state forgets no key: leave out the state or the mask");
  if (op.getKeys().size() != 1) { // (C13)
    checks.add(op.emitOpError() << "expects one key part with a state, but got " << op.getKeys().size()
                                << "; leave out the state, or join the parts along their width by nn.concat");
    return checks;
  }
  TypeRange initial = op.getState().getTypes(), final = op.getFinal().getTypes();
  if (!op.getDestinations().empty())
    final = op.getDestinations().drop_front().getTypes();
  checks.add(verifyStateParts(op, initial, "initial"));
  checks.add(verifyStateParts(op, final, "final"));
  if (llvm::any_of(initial, isHandle) && (!llvm::all_of(initial, isHandle) || !final.empty()))
    checks.add(
        op.emitOpError("expects handles for all parts of a state and then no final one, because they are updated in "
                       "place; give values for all, or leave out `final`"));
  return checks;
}

static LogicalResult verifySlots(GenericOp op) {
  Checks checks;
  bool isLinear = op.getWeighting() == Weighting::linear, isSum = op.getNormalizer() == Normalizer::sum;
  if (op.getLse() && (isLinear || !isSum)) // (C5)
    checks.add(op.emitOpError() << "expects `exp sum` with a log-sum-exp, but got "
                                << stringifyWeighting(op.getWeighting()) << " "
                                << stringifyNormalizer(op.getNormalizer())
                                << "; leave out the log-sum-exp, or close the chain with attn.softmax");
  if (op.getPower() && (*op.getPower() < 1 || !isLinear)) // (C8)
    checks.add(op.emitOpError() << "expects `power` of at least 1 with linear weighting, but got " << *op.getPower()
                                << " with " << stringifyWeighting(op.getWeighting())
                                << "; close a chain of powers with attn.sum or attn.none");
  else if (isSum && op.getPower().value_or(2) % 2 != 0) // (C8)
    checks.add(op.emitOpError() << "expects an even `power` with the normaliser sum, but got " << *op.getPower()
                                << "; weights of both signs have no sum to divide by: close with attn.none");
  if (op.getEpsilon() && !isSum) // (C8)
    checks.add(
        op.emitOpError()
        << "expects `epsilon` with the normaliser sum only, but got none; there is nothing to divide by: leave it out");
  if (op.getGates())
    checks.add(verifyGates(op));
  if (op.getSink())
    checks.add(verifySink(op));
  if (op.getSwitchOver())
    checks.add(verifySwitchOver(op));
  bool leavesState = !op.getFinal().empty() || (isLinear && op.getDestinations().size() > 1);
  if (!op.getState().empty() || leavesState)
    checks.add(verifyState(op));
  return checks;
}

/// (C11), as far as the sequences are in sight.
static LogicalResult verifyPacking(GenericOp op) {
  auto isPackedData = [](Value data) { return dataShape(data.getType()).size() == 3; };
  Value sequences = op.getSequences();
  Operation *made = sequences ? sequences.getDefiningOp() : nullptr;
  auto packed = dyn_cast_or_null<PackedOp>(made);
  if (sequences && !packed && !isa_and_nonnull<PaddedOp>(made))
    return success();
  Value query = op.getQueries().front();
  if (isPackedData(query) != bool(packed))
    return op.emitOpError() << "expects queries of "
                            << (packed ? "(row, head, width) at" : "(sequence, position, head, width) without")
                            << " attn.packed, but got " << query.getType()
                            << (packed ? "; put the rows of all sequences end to end"
                                       : "; say by attn.packed where sequences begin");
  bool mayBePacked = packed && packed.getKeyOffsets();
  for (Value data : llvm::concat<Value>(llvm::to_vector(op.getKeys()), SmallVector<Value>{op.getValue()}))
    if (isPackedData(data) && !mayBePacked)
      return op.emitOpError()
             << "expects keys and value of (sequence, position, head, width), because nothing says where "
                "packed keys begin, but got "
             << data.getType() << "; give attn.packed key offsets";
  return success();
}

bool attn::countsKeys(Value sequences) {
  if (!sequences)
    return false;
  auto padded = sequences.getDefiningOp<PaddedOp>();
  return !padded || padded.getKeyLengths() || padded.getStart();
}

/// (C4): behind the keys that a cache holds there is room, which no query may meet.
static LogicalResult verifyCounts(GenericOp op) {
  for (Value data : llvm::concat<Value>(SmallVector<Value>(op.getKeys()), SmallVector<Value>{op.getValue()}))
    if (isa<CacheType>(data.getType()) && !countsKeys(op.getSequences()))
      return op.emitOpError()
             << "expects sequences that say how many keys of " << data.getType() << " there are, but got "
             << (op.getSequences() ? "attn.padded with neither" : "none")
             << "; give attn.padded key lengths, or attn.length of the cache as the start of the queries";
  return success();
}

LogicalResult GenericOp::verify() {
  Checks regions;
  for (const RegionForm &form : regionForms)
    regions.add(verifyRegion(*this, form, getCaptures().getTypes())); // (C6), (C7)
  SmallVector<Value> data(getQueries());
  llvm::append_range(data, getKeys());
  data.push_back(getValue());
  Checks checks;
  checks.add(regions);
  checks.add(verifyNumbers(*this, data)); // (C2)
  checks.add(verifyCounts(*this));
  if (failed(verifyForms(*this)))
    return failure();
  checks.add(verifyParts(*this));
  checks.add(verifyPacking(*this));
  checks.add(verifyResults(*this));
  if (succeeded(regions)) // Slots look into them.
    checks.add(verifySlots(*this));
  return checks;
}

void GenericOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (llvm::is_contained(getDestinations(), operand.get()))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      addDataEffects(operand, effects);
  }
}

//===----------------------------------------------------------------------===//
// What regions use, and variants as text
//===----------------------------------------------------------------------===//

LogicalResult LoadOp::verify() { // (C1)
  auto capture = cast<ShapedType>(getCapture().getType());
  Checks checks;
  if (static_cast<int64_t>(getIndices().size()) != capture.getRank())
    checks.add(emitOpError() << "expects an index for each dimension of " << capture << ", but got "
                             << getIndices().size() << "; write as many indices");
  Type element = capture.getElementType();
  Type expected = element.isBF16() || element.isF16() ? Type(Float32Type::get(getContext())) : element;
  if (!isNumber(element) && !element.isInteger(32) && !element.isInteger(1))
    checks.add(emitOpError() << "expects a tensor of f32, bf16, f16, i32 or i1, but got " << capture
                             << "; give one of these");
  else if (getValue().getType() != expected)
    checks.add(emitOpError() << "expects a result of " << expected << " from " << capture << ", but got "
                             << getValue().getType() << "; write that type");
  if (Attribute written = (*this)->getAttr(axesAttr)) {
    auto axes = dyn_cast<StringAttr>(written);
    if (!axes || axisLetters(axes).size() != getIndices().size() || !llvm::all_of(axisLetters(axes), isAxis))
      checks.add(emitOpError() << "expects `axes` to be a letter of n, h, t and s for each of " << getIndices().size()
                               << " indices, but got " << written << "; write a letter for each index");
  }
  return checks;
}

TypeRange VariantOp::getParameterTypes() {
  for (const RegionForm &form : variantRegionForms())
    if (Region &region = regionOf(form.kind); !region.empty())
      return TypeRange(region.getArgumentTypes()).drop_front(form.numFixed());
  return {};
}

LogicalResult VariantOp::verify() {
  Checks checks;
  if (llvm::all_of(getOperation()->getRegions(), [](Region &region) { return region.empty(); })) // (C1)
    checks.add(emitOpError() << "expects at least one of the regions pair, features, score, mask and factor, but got "
                                "none; write one of them");
  std::optional<TypeRange> parameters; // of the first region that has the arguments before them
  for (const RegionForm &form : variantRegionForms()) {
    Region &region = regionOf(form.kind);
    if (region.empty())
      continue;
    if (region.getNumArguments() < form.numFixed()) { // (C3)
      checks.add(emitOpError() << "expects the " << form.name << " region to begin with arguments ("
                               << form.fixedTypes(getContext()) << "), but got (" << region.getArgumentTypes()
                               << "); write these before the parameters");
      continue;
    }
    TypeRange own = TypeRange(region.getArgumentTypes()).drop_front(form.numFixed());
    if (!parameters)
      parameters = own;
    if (own != *parameters) // (C2)
      checks.add(emitOpError() << "expects all regions to take the same parameters, but got (" << *parameters
                               << ") and, in " << form.name << ", (" << own << "); write one list in all of them");
    checks.add(verifyRegion(*this, form, own)); // (C3)
  }
  if (getWeighting() == Weighting::exp && getNormalizer() == Normalizer::none) // (C4)
    checks.add(
        emitOpError() << "expects weights `exp sum`, `linear sum` or `linear none`, but got `exp none`; no op closes "
                         "a chain with exponentials that nothing divides: write one of these");
  return checks;
}

//===----------------------------------------------------------------------===//
// Sequences and caches
//===----------------------------------------------------------------------===//

static LogicalResult verifyRankOne(Operation *op, Value vector, StringRef name) {
  if (vector && cast<ShapedType>(vector.getType()).getRank() != 1)
    return op->emitOpError() << "expects " << name << " of rank 1, one for each sequence, but got " << vector.getType()
                             << "; give a tensor<?xi32>";
  return success();
}

LogicalResult PaddedOp::verify() { // (C1)
  Checks checks;
  checks.add(verifyRankOne(*this, getQueryLengths(), "query lengths"));
  checks.add(verifyRankOne(*this, getKeyLengths(), "key lengths"));
  checks.add(verifyRankOne(*this, getStart(), "starts"));
  return checks;
}

LogicalResult PackedOp::verify() {
  Checks checks;
  checks.add(verifyRankOne(*this, getQueryOffsets(), "query offsets")); // (C1)
  checks.add(verifyRankOne(*this, getKeyOffsets(), "key offsets"));
  checks.add(verifyRankOne(*this, getStart(), "starts"));
  if (!getStart() && !getAlignment()) // (C2)
    checks.add(emitOpError() << "expects a start; write `start top_left`, `start bottom_right` or `start %value`");
  else if (!getKeyOffsets() && !getStart()) // (C3)
    checks.add(emitOpError()
               << "expects key offsets, or a start by value from which the keys of a cache follow, but got `start "
               << stringifyAlignment(*getAlignment())
               << "` alone; give key offsets beside the query offsets, or `start %value`");
  return checks;
}

LogicalResult AppendOp::verify() {
  Checks checks;
  ArrayRef<int64_t> cache = dataShape(getCache().getType()), rows = dataShape(getRows().getType());
  if (cache.size() != 4) // (C1)
    checks.add(emitOpError() << "expects a cache of (sequence, position, head, width), but got " << getCache().getType()
                             << "; slice a cache of several layers by nn.repeat");
  bool areRows = isOfAttention(getRows().getType());
  if (!areRows || (cache.size() == 4 && cache.take_back(2) != rows.take_back(2))) // (C1)
    checks.add(emitOpError() << "expects rows of the cache's heads and width, but got " << getRows().getType()
                             << " for " << getCache().getType() << "; make them one");
  auto padded = getSequences().getDefiningOp<PaddedOp>();
  auto packed = getSequences().getDefiningOp<PackedOp>();
  if ((padded && !padded.getStart()) || (packed && !packed.getStart())) // (C2)
    checks.add(emitOpError() << "expects sequences with a start by value, the length before the append; give "
                                "attn.length's result as `start`");
  if (size_t rank = packed ? 3 : 4; areRows && (padded || packed) && rows.size() != rank) // (C3)
    checks.add(emitOpError() << "expects rows of "
                             << (packed ? "(row, head, width) at attn.packed"
                                        : "(sequence, position, head, width) at attn.padded")
                             << ", but got " << getRows().getType()
                             << (packed ? "; put the rows of all sequences end to end"
                                        : "; say by attn.packed where sequences begin"));
  return checks;
}
