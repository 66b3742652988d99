//===- Bufferize.cpp - turn the graph of launches from tensors to memrefs ---===//
//
// First kernels, then functions. A kernel's tensors become memrefs of any strides and its results trailing
// destinations. A function's tensors become memrefs likewise; a launch's result becomes, in this order of preference,
//
//   1. a result of the function that returns it, or of the choice whose case yields it,
//   2. the carried buffer of the repeat whose round it ends, if nothing reads the old content once it is written,
//   3. its range of a concatenation,
//   4. a temporary, `tile.alloc`.
//
// What cannot be written in place is copied by `memref.copy`, one command. Views stay nn ops, on memrefs: each is an
// offset, a shape and strides into a temporary.
//
//===----------------------------------------------------------------------===//

#include "passes/AttentionRoles.h"
#include "passes/Dimensions.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace attn {
#define GEN_PASS_DEF_BUFFERIZE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Bufferize : attn::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override;
};
} // namespace

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// A buffer that comes from outside: of any strides and offset.
static MemRefType anyStrides(ShapedType type) {
  SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
  return MemRefType::get(type.getShape(), type.getElementType(),
                         StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides));
}

/// A buffer that the graph allocates: elements side by side.
static MemRefType contiguous(ShapedType type) { return MemRefType::get(type.getShape(), type.getElementType()); }

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// The op again, writing to `destinations` instead of giving results.
template <typename Op> static void writeInto(Op op, MutableOperandRange destinationOperands, ValueRange destinations) {
  destinationOperands.append(destinations);
  OperationState state(op.getLoc(), Op::getOperationName(), op->getOperands(), TypeRange(),
                       llvm::to_vector(op->getDiscardableAttrs()));
  state.getOrAddProperties<typename Op::Properties>() = op.getProperties();
  if constexpr (std::is_same_v<Op, GenericOp>)
    llvm::fill(state.getOrAddProperties<typename Op::Properties>().resultSegmentSizes, 0);
  for (Region &region : op->getRegions())
    state.addRegion()->takeBody(region);
  OpBuilder(op).create(state);
  op->erase();
}

/// The tensors that a generic form's regions load from are its captures, memrefs now.
static void bufferizeCaptures(GenericOp op) {
  for (Region &region : op->getRegions())
    for (BlockArgument argument : region.getArguments())
      if (auto tensor = dyn_cast<RankedTensorType>(argument.getType()))
        argument.setType(anyStrides(tensor));
}

static StringRef accessOf(BlockArgument argument) {
  auto onlyReads = [](Operation *user) { return isa<GenericOp>(user) && cast<GenericOp>(user).getWeights(); };
  if (isa<StateType>(argument.getType()))
    return llvm::all_of(argument.getUsers(), onlyReads) ? "read" : "update";
  auto appendsTo = [&](Operation *user) { return isa<AppendOp>(user) && cast<AppendOp>(user).getCache() == argument; };
  return llvm::any_of(argument.getUsers(), appendsTo) ? "update" : "read";
}

/// Which arguments hold the values, the output and the sums of earlier values: what looks at weights gives the kernel
/// other ones.
static DenseI64ArrayAttr rolesOf(GenericOp generic) {
  SmallVector<int64_t, 3> roles;
  auto add = [&](Value argument) { roles.push_back(cast<BlockArgument>(argument).getArgNumber()); };
  add(generic.getValue());
  add(generic.getDestinations().front());
  if (!generic.getState().empty())
    add(generic.getState().front());
  return DenseI64ArrayAttr::get(generic.getContext(), roles);
}

/// Adds, where weights cannot be asked of `kernel` itself, its twin (AttentionRoles.h):
///
///     @attention(%q, %c, %o)          @attention_twin(%q, %c, %o, %v)
///       keys(%c) value(%c) into(%o)     keys(%c) value(%v) into(%o)
static void addTwin(tile::KernelOp kernel, DenseI64ArrayAttr roles) {
  OpBuilder builder(kernel.getContext());
  builder.setInsertionPointAfter(kernel);
  auto twin = cast<tile::KernelOp>(builder.clone(*kernel));
  twin.setSymName((kernel.getSymName() + "_twin").str());
  twin->setAttr(twinOfAttr, kernel.getSymNameAttr());
  twin->setAttr(attentionRolesAttr, roles);
  auto generic = *twin.getBody().getOps<GenericOp>().begin();
  generic.getValueMutable().assign(twin.getBody().addArgument(generic.getValue().getType(), kernel.getLoc()));
  generic.getEpilogue().dropAllReferences();
  generic.getEpilogue().getBlocks().clear();
  SmallVector<Attribute> access(kernel.getAccessAttr().begin(), kernel.getAccessAttr().end());
  access.push_back(builder.getStringAttr("read"));
  twin.setAccessAttr(builder.getArrayAttr(access));
}

/// Says how to ask an attention kernel for its weights.
static void describeAttention(tile::KernelOp kernel) {
  auto generics = kernel.getBody().getOps<GenericOp>();
  if (generics.empty() || (*generics.begin()).getWeights())
    return;
  GenericOp generic = *generics.begin();
  if (llvm::is_contained(generic.getKeys(), generic.getValue()) || !generic.getEpilogue().empty())
    addTwin(kernel, rolesOf(generic));
  else
    kernel->setAttr(attentionRolesAttr, rolesOf(generic));
}

///     ^bb0(%x: tensor<…>):             ^bb0(%x: memref<…>, %y: memref<…>):
///       %y = compute %x           ->     compute %x into %y
///       tile.return %y                   tile.return
///
/// Row-wise kernels keep values inside: to_tensor at the top, materialize_in_destination at the end.
static void bufferizeKernel(tile::KernelOp kernel) {
  Block &body = kernel.getBody().front();
  Operation *end = body.getTerminator();
  OpBuilder builder(kernel.getContext());
  SmallVector<StringRef> access = llvm::map_to_vector(body.getArguments(), accessOf);

  auto direct = llvm::find_if(body, [](Operation &op) { return isa<GenericOp, nn::ContractOp, nn::GenericOp>(op); });
  bool writesDirectly = direct != body.end();
  builder.setInsertionPointToStart(&body);
  for (BlockArgument argument : body.getArguments()) {
    auto tensor = dyn_cast<RankedTensorType>(argument.getType());
    if (!tensor)
      continue;
    argument.setType(anyStrides(tensor));
    if (writesDirectly)
      continue;
    auto value = bufferization::ToTensorOp::create(builder, argument.getLoc(), tensor, argument);
    argument.replaceAllUsesExcept(value, value);
  }

  SmallVector<Value> destinations;
  for (Value result : end->getOperands()) {
    destinations.push_back(body.addArgument(anyStrides(cast<ShapedType>(result.getType())), result.getLoc()));
    access.push_back("write");
  }
  SmallVector<Value> results(end->getOperands());
  end->setOperands({});
  if (!writesDirectly) {
    builder.setInsertionPoint(end);
    for (auto [result, destination] : llvm::zip_equal(results, destinations))
      bufferization::MaterializeInDestinationOp::create(builder, result.getLoc(), TypeRange(), result, destination,
                                                        /*restrict=*/true, /*writable=*/true);
  } else if (auto generic = dyn_cast<GenericOp>(*direct)) {
    bufferizeCaptures(generic);
    writeInto(generic, generic.getDestinationsMutable(), destinations);
  } else if (auto contract = dyn_cast<nn::ContractOp>(*direct)) {
    writeInto(contract, contract.getDestinationMutable(), destinations);
  } else {
    auto loops = cast<nn::GenericOp>(*direct);
    writeInto(loops, loops.getDestinationMutable(), destinations);
  }
  kernel.setAccessAttr(builder.getStrArrayAttr(access));
}

//===----------------------------------------------------------------------===//
// What may be written in place
//===----------------------------------------------------------------------===//

/// Whether `use` reads an element of `argument` where the op writes its result's, and nothing else of it.
static bool readsAsItWrites(OpOperand &use, BlockArgument argument) {
  if (auto contract = dyn_cast<nn::ContractOp>(use.getOwner()))
    return llvm::is_contained(contract.getExtras(), argument) && contract.getInput() != argument;
  auto loops = dyn_cast<nn::GenericOp>(use.getOwner());
  return loops && !loops.getInit() && loops.getMap(use.getOperandNumber()).isIdentity();
}

/// Whether the launch reads the operand only element by element, as it writes them.
static bool readsAsItWrites(tile::LaunchOp launch, Value operand) {
  auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(launch, launch.getKernelAttr());
  for (auto [value, argument] : llvm::zip(launch.getArguments(), kernel.getBody().getArguments()))
    if (value == operand)
      for (OpOperand &use : argument.getUses())
        if (!readsAsItWrites(use, argument))
          return false;
  return true;
}

/// Whether nothing in the block of `op` reads `buffer`, or a view of it, at `op` or later; as an operand of `except` it
/// may be read.
static bool isDeadAt(Value buffer, Operation *op, Operation *except = nullptr) {
  return llvm::all_of(buffer.getUsers(), [&](Operation *user) {
    if (nn::isView(user) && !isDeadAt(user->getResult(0), op))
      return false;
    return user == except || op->getBlock()->findAncestorOpInBlock(*user)->isBeforeInBlock(op);
  });
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {

/// Turns one function; values are replaced in the order of their definitions.
class FunctionBufferizer {
public:
  explicit FunctionBufferizer(func::FuncOp function) : function(function), builder(function.getContext()) {}
  LogicalResult run();

private:
  LogicalResult collectSizes();
  LogicalResult addResults();
  void bufferize(Block &block);
  void bufferize(tile::LaunchOp launch);
  void bufferize(nn::RepeatOp repeat);
  void bufferize(nn::ChooseOp choose);
  void bufferize(LengthOp length);
  void bufferizeView(Operation *view);
  void placeConcat(nn::ConcatOp concat);
  void bufferize(nn::ConcatOp concat);
  /// Ends a round: what is not in its carried buffer yet is copied there.
  void endRound(nn::YieldOp yield, ValueRange carried);

  /// Has whatever makes `value` write it to `buffer`, as far as it can.
  void want(Value value, Value buffer);
  Value allocate(Location location, MemRefType type, const Dimensions::Sizes &sizes);
  Value copyToTemporary(Location location, Value from);

  func::FuncOp function;
  OpBuilder builder;
  llvm::DenseMap<Value, Dimensions::Sizes> sizes;
  /// Where a result of a launch or a choice is wanted.
  llvm::DenseMap<Value, Value> wanted;
  /// The buffers of concatenations.
  llvm::DenseMap<Operation *, Value> concatenated;
};

} // namespace

Value FunctionBufferizer::allocate(Location location, MemRefType type, const Dimensions::Sizes &shape) {
  SmallVector<StringRef> expressions(shape.begin(), shape.end());
  Value buffer = tile::AllocOp::create(builder, location, type, builder.getStrArrayAttr(expressions), IntegerAttr(),
                                       IntegerAttr());
  sizes[buffer] = shape;
  return buffer;
}

Value FunctionBufferizer::copyToTemporary(Location location, Value from) {
  Value copy = allocate(location, contiguous(cast<ShapedType>(from.getType())), sizes.at(from));
  memref::CopyOp::create(builder, location, from, copy);
  return copy;
}

/// The sizes of all tensors, found while they still are tensors.
LogicalResult FunctionBufferizer::collectSizes() {
  Dimensions dimensions;
  auto collect = [&](ValueRange values) {
    for (Value value : values) {
      if (!isa<RankedTensorType>(value.getType()))
        continue;
      FailureOr<Dimensions::Sizes> found = dimensions.of(value);
      if (failed(found))
        return failure();
      sizes[value] = *found;
    }
    return success();
  };
  WalkResult result = function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (failed(collect(op->getResults())))
      return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      if (failed(collect(ValueRange(region.getArguments()))))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Results become trailing arguments, named as they were; what a launch makes for one goes there directly.
LogicalResult FunctionBufferizer::addResults() {
  auto end = cast<func::ReturnOp>(function.front().getTerminator());
  for (auto [index, value] : llvm::enumerate(end.getOperands())) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    if (!tensor)
      return function.emitOpError() << "expects its results to be tensors, but result " << index << " is "
                                    << value.getType();
    SmallVector<StringRef> computed(sizes.at(value).begin(), sizes.at(value).end());
    NamedAttrList attributes(function.getResultAttrs(index));
    attributes.set("nn.dims", builder.getStrArrayAttr(computed));
    attributes.set("nn.result", builder.getUnitAttr());
    if (failed(function.insertArgument(function.getNumArguments(), anyStrides(tensor),
                                       attributes.getDictionary(builder.getContext()), value.getLoc())))
      return failure();
    want(value, function.getArguments().back());
  }
  return success();
}

LogicalResult FunctionBufferizer::run() {
  if (failed(collectSizes()))
    return failure();
  unsigned numArguments = function.getNumArguments(), numResults = function.getNumResults();
  if (failed(addResults()))
    return failure();
  SmallVector<Type> types(function.getArgumentTypes());
  for (unsigned index = 0; index != numArguments; ++index)
    if (auto tensor = dyn_cast<RankedTensorType>(types[index]))
      function.getArgument(index).setType(types[index] = anyStrides(tensor));
  function.walk([&](nn::ConcatOp concat) { placeConcat(concat); });
  bufferize(function.front());

  Operation *end = function.front().getTerminator();
  builder.setInsertionPoint(end);
  for (unsigned index = 0; index != numResults; ++index)
    if (Value result = function.getArgument(numArguments + index); end->getOperand(index) != result)
      memref::CopyOp::create(builder, end->getLoc(), end->getOperand(index), result);
  end->setOperands({});
  if (failed(function.eraseResults(llvm::BitVector(numResults, true))))
    return failure();
  function.setType(FunctionType::get(function.getContext(), types, {}));
  return success();
}

void FunctionBufferizer::bufferize(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    builder.setInsertionPoint(&op);
    if (auto launch = dyn_cast<tile::LaunchOp>(op))
      bufferize(launch);
    else if (auto repeat = dyn_cast<nn::RepeatOp>(op))
      bufferize(repeat);
    else if (auto choose = dyn_cast<nn::ChooseOp>(op))
      bufferize(choose);
    else if (auto length = dyn_cast<LengthOp>(op))
      bufferize(length);
    else if (auto concat = dyn_cast<nn::ConcatOp>(op))
      bufferize(concat);
    else if (nn::isView(&op))
      bufferizeView(&op);
  }
}

void FunctionBufferizer::bufferize(tile::LaunchOp launch) {
  SmallVector<Value> operands(launch.getArguments());
  for (Value result : launch.getResults()) {
    Value buffer = wanted.lookup(result);
    if (!buffer)
      buffer = allocate(launch.getLoc(), contiguous(cast<ShapedType>(result.getType())), sizes.at(result));
    operands.push_back(buffer);
  }
  for (auto [result, buffer] : llvm::zip(launch.getResults(), llvm::drop_begin(operands, launch.getArguments().size())))
    result.replaceAllUsesWith(buffer);
  tile::LaunchOp::create(builder, launch.getLoc(), TypeRange(), launch.getKernelAttr(), operands);
  launch.erase();
}

/// The runtime keeps lengths: they are a buffer already.
void FunctionBufferizer::bufferize(LengthOp length) {
  builder.setInsertionPointAfter(length);
  auto buffer = bufferization::ToBufferOp::create(
      builder, length.getLoc(), anyStrides(cast<ShapedType>(length.getLengths().getType())), length.getLengths());
  length.getLengths().replaceAllUsesExcept(buffer, buffer);
}

/// A view says where its elements are in expressions, and so looks into a temporary: the strides of buffers from
/// outside are known at run time only. Heads are merged where they stand side by side.
void FunctionBufferizer::bufferizeView(Operation *view) {
  Value source = view->getOperand(0), root = source;
  while (nn::isView(root.getDefiningOp()))
    root = root.getDefiningOp()->getOperand(0);
  auto isContiguous = [](Value value) { return cast<MemRefType>(value.getType()).getLayout().isIdentity(); };
  if (!isContiguous(root) || (isa<nn::MergeHeadsOp>(view) && !isContiguous(source)))
    view->setOperand(0, source = copyToTemporary(view->getLoc(), source));
  auto type = cast<ShapedType>(view->getResult(0).getType());
  view->getResult(0).setType(nn::isRowView(view) && isContiguous(source) ? contiguous(type) : anyStrides(type));
}

/// The result of a concatenation is made where the first of its inputs is, and launches write their inputs into it.
void FunctionBufferizer::placeConcat(nn::ConcatOp concat) {
  Operation *first = concat;
  for (Value input : concat.getInputs())
    if (auto launch = input.getDefiningOp<tile::LaunchOp>();
        launch && launch->getBlock() == concat->getBlock() && launch->isBeforeInBlock(first))
      first = launch;
  builder.setInsertionPoint(first);
  Value whole = concatenated[concat] =
      allocate(concat.getLoc(), contiguous(cast<ShapedType>(concat.getType())), sizes.at(concat));
  int64_t offset = 0;
  for (Value input : concat.getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    auto launch = input.getDefiningOp<tile::LaunchOp>();
    if (launch && launch->getBlock() == concat->getBlock() && !wanted.contains(input)) {
      Value range = nn::SliceOp::create(builder, concat.getLoc(), anyStrides(type), whole, concat.getAxis(), offset);
      sizes[range] = sizes.at(input);
      wanted[input] = range;
    }
    offset += type.getDimSize(concat.getAxis());
  }
}

/// What no launch has written in place is copied there.
void FunctionBufferizer::bufferize(nn::ConcatOp concat) {
  Value whole = concatenated.at(concat);
  int64_t offset = 0, axis = concat.getAxis();
  for (Value input : concat.getInputs()) {
    auto placed = input.getDefiningOp<nn::SliceOp>();
    if (!placed || placed.getInput() != whole || static_cast<int64_t>(placed.getOffset()) != offset) {
      auto type = anyStrides(cast<ShapedType>(input.getType()));
      memref::CopyOp::create(builder, concat.getLoc(), input,
                             nn::SliceOp::create(builder, concat.getLoc(), type, whole, axis, offset));
    }
    offset += cast<ShapedType>(input.getType()).getDimSize(axis);
  }
  concat.getResult().replaceAllUsesWith(whole);
  concat.erase();
}

///     %y = nn.repeat 30 carry(%x) { ^bb0(%h): … nn.yield %h1 }
///  ->
///     nn.repeat 30 carry(%x) { ^bb0(%h): … nn.yield }      %h written in place, %x holds the last %h1
void FunctionBufferizer::bufferize(nn::RepeatOp repeat) {
  SmallVector<Value> carried;
  for (OpOperand &operand : repeat->getOpOperands().take_front(repeat.getCarried().size())) {
    Value init = operand.get();
    bool taken = llvm::is_contained(carried, init);
    bool mayOverwrite = init.getDefiningOp<tile::AllocOp>() && !taken && isDeadAt(init, repeat, /*except=*/repeat);
    carried.push_back(mayOverwrite ? init : copyToTemporary(repeat.getLoc(), init));
  }
  repeat.getCarriedMutable().assign(carried);
  for (auto [result, buffer] : llvm::zip_equal(repeat.getResults(), carried))
    result.replaceAllUsesWith(buffer);

  // The body: a round's last launches write to the carried buffers where nothing reads these any more.
  Block &body = repeat.getBody().front();
  auto yield = cast<nn::YieldOp>(body.getTerminator());
  auto arguments = body.getArguments().take_front(carried.size());
  for (auto [argument, value] : llvm::zip_equal(arguments, yield.getValues())) {
    auto launch = value.getDefiningOp<tile::LaunchOp>();
    if (launch && launch->getBlock() == &body && isDeadAt(argument, launch, /*except=*/launch) &&
        readsAsItWrites(launch, argument))
      wanted.try_emplace(value, argument);
  }
  for (BlockArgument argument : arguments)
    argument.setType(contiguous(cast<ShapedType>(argument.getType())));
  bufferize(body);
  endRound(yield, ValueRange(arguments));

  builder.setInsertionPoint(repeat);
  auto inPlace = nn::RepeatOp::create(builder, repeat.getLoc(), TypeRange(), repeat.getCountAttr(),
                                      repeat.getIndexAttr(), repeat.getCarried(), repeat.getSliced());
  inPlace.getBody().takeBody(repeat.getBody());
  repeat.erase();
}

/// Whether `choose` and what follows it do no more with `value` than to hand it on as result `number`, or to make that
/// result of it element by element.
static bool isOnlyHandedOn(Value value, nn::ChooseOp choose, unsigned number) {
  auto isResult = [&](Operation *maker) {
    auto yield = dyn_cast<nn::YieldOp>(maker->getBlock()->getTerminator());
    return yield && yield.getOperand(number).getDefiningOp() == maker;
  };
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner(), *place = choose->getBlock()->findAncestorOpInBlock(*user);
    if (place != choose)
      return place->isBeforeInBlock(choose) && !nn::isView(user);
    if (isa<nn::YieldOp>(user))
      return use.getOperandNumber() == number;
    auto launch = dyn_cast<tile::LaunchOp>(user);
    return launch && isResult(launch) && readsAsItWrites(launch, value);
  });
}

/// What a case hands on from before the choice is made where the choice's result is wanted, if nobody else reads it.
void FunctionBufferizer::want(Value value, Value buffer) {
  Operation *maker = value.getDefiningOp();
  if (!isa_and_nonnull<tile::LaunchOp, nn::ChooseOp>(maker) || !wanted.try_emplace(value, buffer).second)
    return;
  auto choose = dyn_cast<nn::ChooseOp>(maker);
  if (!choose)
    return;
  for (Region &region : choose.getCases()) {
    unsigned number = cast<OpResult>(value).getResultNumber();
    Value yielded = region.front().getTerminator()->getOperand(number);
    if (yielded.getParentBlock() == choose->getBlock() && isOnlyHandedOn(yielded, choose, number))
      return want(yielded, buffer); // a second one would overwrite the first
  }
}

///     %y = nn.choose %flag { nn.yield %x }, { %z = tile.launch … nn.yield %z }
///  ->
///     nn.choose %flag { nn.yield }, { tile.launch …, %x; nn.yield }               where %x is a temporary
///
/// Each case writes to the one buffer of the result: the one that is wanted, or else that of a value which a case hands
/// on and nobody else reads.
void FunctionBufferizer::bufferize(nn::ChooseOp choose) {
  SmallVector<Value> buffers;
  for (OpResult result : choose.getResults()) {
    Value buffer = wanted.lookup(result);
    for (Region &region : choose.getCases()) {
      Value yielded = region.front().getTerminator()->getOperand(result.getResultNumber());
      if (!buffer && yielded.getDefiningOp<tile::AllocOp>() && yielded.getParentBlock() == choose->getBlock() &&
          !llvm::is_contained(buffers, yielded) && isOnlyHandedOn(yielded, choose, result.getResultNumber()))
        buffer = yielded;
    }
    if (!buffer)
      buffer = allocate(choose.getLoc(), contiguous(cast<ShapedType>(result.getType())), sizes.at(result));
    buffers.push_back(buffer);
  }
  for (Region &region : choose.getCases()) {
    auto yield = cast<nn::YieldOp>(region.front().getTerminator());
    for (auto [value, buffer] : llvm::zip_equal(yield.getValues(), buffers))
      if (value.getParentBlock() == &region.front())
        want(value, buffer);
    bufferize(region.front());
    builder.setInsertionPoint(yield);
    for (auto [value, buffer] : llvm::zip_equal(yield.getValues(), buffers))
      if (value != buffer)
        memref::CopyOp::create(builder, yield.getLoc(), value, buffer);
    yield->setOperands({});
  }
  for (auto [result, buffer] : llvm::zip_equal(choose.getResults(), buffers))
    result.replaceAllUsesWith(buffer);
  builder.setInsertionPoint(choose);
  auto inPlace =
      nn::ChooseOp::create(builder, choose.getLoc(), TypeRange(), choose.getFlag(), choose.getCases().size());
  for (auto [from, to] : llvm::zip_equal(choose.getCases(), inPlace.getCases()))
    to.takeBody(from);
  choose.erase();
}

void FunctionBufferizer::endRound(nn::YieldOp yield, ValueRange carried) {
  builder.setInsertionPoint(yield);
  SmallVector<Value> values(yield.getValues());
  // Carried values that change places are read before any is overwritten.
  for (auto [value, buffer] : llvm::zip_equal(values, carried))
    if (value != buffer && llvm::is_contained(carried, value))
      value = copyToTemporary(yield.getLoc(), value);
  for (auto [value, buffer] : llvm::zip_equal(values, carried))
    if (value != buffer)
      memref::CopyOp::create(builder, yield.getLoc(), value, buffer);
  yield->setOperands({});
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void Bufferize::runOnOperation() {
  // Functions first look at kernels in tensor form: sizes of results are read off what kernels return.
  for (auto function : getOperation().getOps<func::FuncOp>())
    if (!function.isExternal() && failed(FunctionBufferizer(function).run()))
      return signalPassFailure();
  for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
    bufferizeKernel(kernel);
    describeAttention(kernel);
  }
}
