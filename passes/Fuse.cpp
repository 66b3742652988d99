//===- Fuse.cpp - join what feeds and follows attention and linear layers ---===//
//
// Three steps, each over the whole module. Linear layers become the generic form, `nn.contract`. Elementwise ops that
// alone use a contraction's result join its epilogue, one after the other; the contraction moves to where they stood.
// Last, the inputs of contractions get the type of the activation policy, as late in their producer as can be:
// attention and contractions write it themselves, row-wise ops are followed by a conversion that `attn-outline` keeps
// in their kernel.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "mlir/IR/Remarks.h"

namespace attn {
#define GEN_PASS_DEF_FUSE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Fuse : attn::impl::FuseBase<Fuse> {
  using FuseBase::FuseBase;
  void runOnOperation() override;
};
} // namespace

//===----------------------------------------------------------------------===//
// Linear layers become contractions
//===----------------------------------------------------------------------===//

/// A contraction with an empty epilogue, whose scalars are f32.
static nn::ContractOp createContract(OpBuilder &builder, Location location, Type result, Value input,
                                     ValueRange weights, ValueRange extras, ValueRange vectors) {
  auto contract =
      nn::ContractOp::create(builder, location, result, input, weights, extras, vectors, /*destination=*/Value());
  Block &body = contract.getEpilogue().emplaceBlock();
  for (Value operand :
       llvm::concat<Value>(SmallVector<Value>(weights), SmallVector<Value>(extras), SmallVector<Value>(vectors)))
    body.addArgument(builder.getF32Type(), operand.getLoc());
  return contract;
}

static void contractLinear(nn::LinearOp linear) {
  OpBuilder builder(linear);
  Location location = linear.getLoc();
  ValueRange bias = linear.getBias() ? ValueRange(linear.getODSOperands(2)) : ValueRange();
  auto contract =
      createContract(builder, location, linear.getResult().getType(), linear.getInput(), linear.getWeight(), {}, bias);
  Block &body = contract.getEpilogue().front();
  builder.setInsertionPointToEnd(&body);
  Value sum = body.getArgument(0);
  if (linear.getBias())
    sum = arith::AddFOp::create(builder, location, sum, body.getArgument(1));
  nn::YieldOp::create(builder, location, sum);
  linear.replaceAllUsesWith(contract.getResult());
  linear.erase();
}

static void contractSwiglu(nn::SwigluOp swiglu) {
  OpBuilder builder(swiglu);
  Location location = swiglu.getLoc();
  auto contract = createContract(builder, location, swiglu.getResult().getType(), swiglu.getInput(),
                                 {swiglu.getGate(), swiglu.getUp()}, {}, {});
  Block &body = contract.getEpilogue().front();
  builder.setInsertionPointToEnd(&body);
  Value gate = nn::buildSilu(builder, location, body.getArgument(0));
  nn::YieldOp::create(builder, location,
                      ValueRange(arith::MulFOp::create(builder, location, gate, body.getArgument(1))));
  swiglu.replaceAllUsesWith(contract.getResult());
  swiglu.erase();
}

//===----------------------------------------------------------------------===//
// Elementwise ops join the epilogue
//===----------------------------------------------------------------------===//

/// The op that alone uses the result and works element by element, or null. A cast stays: it rounds, which in an
/// epilogue would be lost to what follows.
static Operation *elementwiseUser(nn::ContractOp contract) {
  if (!contract.getResult() || !contract.getResult().hasOneUse())
    return nullptr;
  Operation *user = *contract.getResult().user_begin();
  // An op in a repeat that reads a contraction outside it would compute that once a round.
  bool joins = isa<ElementwiseOpInterface>(user) && !isa<nn::CastOp>(user);
  return joins && user->getBlock() == contract->getBlock() ? user : nullptr;
}

///     %a = nn.contract %x … { epilogue }           %y = nn.contract %x … extras(…, %h) {
///     %y = nn.add %h, %a                      ->     epilogue; arith.addf %h', %a' }
static nn::ContractOp joinEpilogue(nn::ContractOp contract, Operation *user) {
  OpBuilder builder(user);
  Location location = user->getLoc();
  SmallVector<Value> extras(contract.getExtras()), vectors(contract.getVectors());
  for (Value operand : user->getOperands())
    if (operand != contract.getResult())
      (isa<nn::WeightType>(operand.getType()) ? vectors : extras).push_back(operand);
  auto joined = createContract(builder, location, user->getResult(0).getType(), contract.getInput(),
                               contract.getWeights(), extras, vectors);

  // The old epilogue's arguments are the new one's but for a new extra, which stands before the vectors, and a new
  // vector, which is the last.
  Block &from = contract.getEpilogue().front(), &to = joined.getEpilogue().front();
  size_t before = contract.getWeights().size() + contract.getExtras().size(),
         added = extras.size() - contract.getExtras().size();
  IRMapping mapping;
  for (auto [index, argument] : llvm::enumerate(from.getArguments()))
    mapping.map(argument, to.getArgument(index < before ? index : index + added));
  builder.setInsertionPointToEnd(&to);
  for (Operation &op : from.without_terminator())
    builder.clone(op, mapping);
  Value own = mapping.lookup(cast<nn::YieldOp>(from.getTerminator()).getValues()[0]);

  auto scalars = llvm::map_to_vector(user->getOperands(), [&](Value operand) -> Value {
    if (operand == contract.getResult())
      return own;
    return isa<nn::WeightType>(operand.getType()) ? to.getArguments().back() : to.getArgument(before);
  });
  Value result = cast<ElementwiseOpInterface>(user).buildScalar(builder, scalars);
  nn::YieldOp::create(builder, location, result);
  user->getResult(0).replaceAllUsesWith(joined.getResult());
  user->erase();
  contract.erase();
  return joined;
}

//===----------------------------------------------------------------------===//
// The activation policy
//===----------------------------------------------------------------------===//

namespace {

/// Gives the inputs of contractions another type.
class ActivationPolicy {
public:
  ActivationPolicy(MLIRContext *context, bool quantizes) : builder(context), quantizes(quantizes) {}
  void apply(nn::ContractOp contract);

private:
  /// Whether the value's producer may write bf16 itself; then it does.
  bool writesNarrow(Value value);
  Value convert(Value input);

  OpBuilder builder;
  bool quantizes;
  llvm::DenseMap<Value, Value> converted;
};

} // namespace

static bool feedsContractionsOnly(Value value) {
  return llvm::all_of(value.getUses(), [](OpOperand &use) {
    auto contract = dyn_cast<nn::ContractOp>(use.getOwner());
    return contract && use.getOperandNumber() == 0;
  });
}

bool ActivationPolicy::writesNarrow(Value value) {
  Value source = value;
  if (auto merge = value.getDefiningOp<nn::MergeHeadsOp>(); merge && merge.getInput().hasOneUse())
    source = merge.getInput();
  if (quantizes || !feedsContractionsOnly(value) || !source.getDefiningOp() ||
      !isa<GenericOp, nn::ContractOp>(source.getDefiningOp()))
    return false;
  // Weights, the log-sum-exp and final states are f32 by their definition.
  if (auto generic = source.getDefiningOp<GenericOp>();
      generic && (generic.getWeights() || source != generic.getOutput()))
    return false;
  for (Value each : {value, source})
    each.setType(cast<ShapedType>(each.getType()).clone(builder.getBF16Type()));
  return true;
}

Value ActivationPolicy::convert(Value input) {
  Value &known = converted[input];
  if (known)
    return known;
  builder.setInsertionPointAfterValue(input);
  auto type = cast<RankedTensorType>(input.getType());
  if (!quantizes)
    return known = nn::CastOp::create(builder, input.getLoc(), type.clone(builder.getBF16Type()), input);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= nn::kBlockElements;
  shape.push_back(nn::kBlockBytes);
  return known =
             nn::QuantizeOp::create(builder, input.getLoc(), RankedTensorType::get(shape, builder.getI8Type()), input);
}

void ActivationPolicy::apply(nn::ContractOp contract) {
  auto type = cast<ShapedType>(contract.getInput().getType());
  if (!type.getElementType().isF32() || writesNarrow(contract.getInput()))
    return;
  if (quantizes && type.getShape().back() % nn::kBlockElements != 0) {
    remark::missed(contract.getLoc(), remark::RemarkOpts::name("Quantize").category("attn-fuse"))
        << ("its input stays f32: " + Twine(type.getShape().back()) + " features are no whole blocks of " +
            Twine(nn::kBlockElements))
               .str();
    return;
  }
  contract.getInputMutable().assign(convert(contract.getInput()));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void Fuse::runOnOperation() {
  if (activations != "f32" && activations != "bf16" && activations != "int8") {
    getOperation().emitError() << "expects activations to be f32, bf16 or int8, but got '" << activations << "'";
    return signalPassFailure();
  }
  getOperation().walk(contractLinear);
  getOperation().walk(contractSwiglu);
  SmallVector<nn::ContractOp> contracts;
  getOperation().walk([&](nn::ContractOp contract) { contracts.push_back(contract); });
  for (nn::ContractOp &contract : contracts)
    while (Operation *user = elementwiseUser(contract))
      contract = joinEpilogue(contract, user);
  if (activations == "f32")
    return;
  ActivationPolicy policy(&getContext(), activations == "int8");
  for (nn::ContractOp contract : contracts)
    policy.apply(contract);
}
