//===- Outline.cpp - make every compute piece a kernel ---===//
//
// A graph is cut into pieces: each `attn.generic`, `nn.contract` and `nn.generic` is one, and row-wise ops over the
// same rows are gathered into as few as the order of effects allows. A piece becomes the body of a `tile.kernel` and a
// `tile.launch` takes its place; pieces that are equal, in one function or several, share a kernel. What computes
// nothing (weights, lengths, views) stays in the graph and is handed to launches; what costs nothing to compute
// (scalar constants, sequences) is repeated inside the kernels that need it.
//
// All pieces of a function are found before the first is moved: finding them needs the sizes of its values. Before that
// the sizes are compared, in all functions: no kernel sees more than its own buffers.
//
//===----------------------------------------------------------------------===//

#include "passes/RowWiseGroups.h"
#include "passes/SizeChecks.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

namespace attn {
#define GEN_PASS_DEF_OUTLINE
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct Outline : attn::impl::OutlineBase<Outline> {
  void runOnOperation() override;
};
} // namespace

//===----------------------------------------------------------------------===//
// What an op is to the graph
//===----------------------------------------------------------------------===//

/// Repeated inside each kernel that uses it, rather than handed over: scalars and descriptions of sequences.
static bool isRepeatedInside(Operation *op) {
  if (!op || op->getNumRegions() || op->getNumResults() != 1)
    return false;
  if (isa<PaddedOp, PackedOp>(op))
    return true;
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         op->getResult(0).getType().isIntOrIndexOrFloat();
}

static bool staysInGraph(Operation *op) {
  return nn::isView(op) ||
         isa<nn::ConcatOp, nn::WeightOp, nn::RepeatOp, nn::ChooseOp, nn::YieldOp, LengthOp, func::ReturnOp>(op);
}

/// A view moves next to each of its users, so that no use of it stands between the ops of one piece.
static void sinkViews(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (!nn::isView(&op))
      continue;
    for (OpOperand &use : llvm::make_early_inc_range(op.getUses())) {
      OpBuilder builder(block.findAncestorOpInBlock(*use.getOwner()));
      use.set(builder.clone(op)->getResult(0));
    }
    op.erase();
  }
}

//===----------------------------------------------------------------------===//
// Pieces become kernels
//===----------------------------------------------------------------------===//

namespace {

/// The kernels made so far; equal ones are kept once.
class Kernels {
public:
  explicit Kernels(ModuleOp module) : symbols(module), builder(module.getContext()) {
    builder.setInsertionPointToStart(module.getBody());
  }

  /// Replaces the piece by a launch.
  void outline(ArrayRef<Operation *> piece);

private:
  /// Keeps `kernel` under a name that begins with `name`, or erases it where an equal one is kept already.
  StringAttr keep(tile::KernelOp kernel, StringRef name);

  SymbolTable symbols;
  OpBuilder builder;
  SmallVector<tile::KernelOp> kept;
};

/// The values that a piece takes from the graph, in the order in which it uses them.
class Inputs {
public:
  explicit Inputs(ArrayRef<Operation *> piece) : members(piece.begin(), piece.end()) {
    for (Operation *op : piece)
      addAllOf(op);
  }
  ArrayRef<Value> get() const { return values.getArrayRef(); }

private:
  void addAllOf(Operation *op) {
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    for (Value value : llvm::concat<Value>(llvm::to_vector(op->getOperands()), captured.takeVector()))
      add(value);
  }
  void add(Value value) {
    Operation *definition = value.getDefiningOp();
    if (members.contains(definition))
      return;
    if (isRepeatedInside(definition))
      addAllOf(definition);
    else
      values.insert(value);
  }

  llvm::SmallPtrSet<Operation *, 8> members;
  llvm::SetVector<Value> values;
};

} // namespace

/// Clones `op` and, before it, those of its inputs that kernels repeat.
static void cloneInto(OpBuilder &builder, Operation *op, IRMapping &mapping) {
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(op->getRegions(), used);
  used.insert(op->operand_begin(), op->operand_end());
  for (Value value : used)
    if (!mapping.contains(value))
      cloneInto(builder, value.getDefiningOp(), mapping);
  builder.clone(*op, mapping);
}

/// What a reader calls the piece: attention, attention_weights, linear_576x1536, loops, rms_norm, rotary_append.
static std::string nameOf(ArrayRef<Operation *> piece) {
  if (auto generic = dyn_cast<GenericOp>(piece.front()))
    return generic.getWeights() ? "attention_weights" : "attention";
  if (auto contract = dyn_cast<nn::ContractOp>(piece.front())) {
    ArrayRef<int64_t> shape = cast<nn::WeightType>(contract.getWeights().front().getType()).getShape();
    return ("linear_" + Twine(shape[1]) + "x" + Twine(shape[0])).str();
  }
  if (isa<nn::GenericOp>(piece.front()))
    return "loops";
  llvm::SetVector<StringRef> words;
  for (Operation *op : piece)
    if (!nn::isRowView(op))
      words.insert(op->getName().stripDialect());
  return llvm::join(words.getArrayRef().take_front(4), "_");
}

StringAttr Kernels::keep(tile::KernelOp kernel, StringRef name) {
  for (tile::KernelOp other : kept) {
    if (OperationEquivalence::isRegionEquivalentTo(&kernel.getBody(), &other.getBody(),
                                                   OperationEquivalence::IgnoreLocations)) {
      kernel.erase();
      return other.getSymNameAttr();
    }
  }
  kept.push_back(kernel);
  unsigned count = 0;
  std::string unique = name.str();
  while (symbols.lookup(unique))
    unique = (name + "_" + Twine(++count)).str();
  kernel.setSymName(unique);
  // Already in the module, in order of first use: only its name is news to the table.
  return symbols.insert(kernel, Block::iterator(kernel));
}

void Kernels::outline(ArrayRef<Operation *> piece) {
  llvm::SmallPtrSet<Operation *, 8> members(piece.begin(), piece.end());
  // Attention and contractions write all their results; of row-wise ops only what leaves the piece is one.
  auto isResult = [&](Value result) {
    return !isa<RowWiseOpInterface>(piece.back()) ||
           llvm::any_of(result.getUsers(), [&](Operation *user) { return !members.contains(user); });
  };
  SmallVector<Value> results;
  for (Operation *op : piece)
    llvm::copy_if(op->getResults(), std::back_inserter(results), isResult);

  Inputs inputs(piece);
  Location location = piece.back()->getLoc();
  auto kernel = tile::KernelOp::create(builder, location, builder.getStringAttr(""), StringAttr(), StringAttr(),
                                       ArrayAttr(), ArrayAttr(), ArrayAttr(), IntegerAttr(), tile::PlanAttr());
  Block &body = kernel.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value input : inputs.get())
    mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
  OpBuilder inside = OpBuilder::atBlockEnd(&body);
  for (Operation *op : piece)
    cloneInto(inside, op, mapping);
  tile::ReturnOp::create(inside, location,
                         llvm::map_to_vector(results, [&](Value result) { return mapping.lookup(result); }));

  StringAttr name = keep(kernel, nameOf(piece));
  OpBuilder graph(piece.back());
  auto launch = tile::LaunchOp::create(graph, location, ValueRange(results).getTypes(), FlatSymbolRefAttr::get(name),
                                       inputs.get());
  for (auto [result, replacement] : llvm::zip_equal(results, launch.getResults()))
    result.replaceUsesWithIf(replacement, [&](OpOperand &use) { return !members.contains(use.getOwner()); });
  for (Operation *op : llvm::reverse(piece))
    op->erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

using Piece = SmallVector<Operation *>;

/// The pieces of one block, in the order in which they run.
static FailureOr<std::vector<Piece>> findPieces(Block &block, Dimensions &dimensions) {
  RowWiseGroups groups(dimensions);
  std::vector<Piece> pieces;
  for (Operation &op : block) {
    if (isa<GenericOp, nn::ContractOp, nn::GenericOp>(op))
      pieces.push_back({&op});
    else if (auto rowWise = dyn_cast<RowWiseOpInterface>(op); rowWise && failed(groups.add(rowWise)))
      return failure();
    else if (isa<tensor::CastOp>(op))
      return op.emitOpError() << "cannot stand in a graph of kernels; use " << op.getOperand(0).getType()
                              << " itself, since nn and attn ops take static sizes where others are `?`";
    else if (!rowWise && !isRepeatedInside(&op) && !staysInGraph(&op))
      return op.emitOpError()
             << "cannot stand in a graph of kernels; run attn-generalize and attn-fuse first, and keep "
                "anything but nn and attn ops out of models";
  }
  for (Piece &group : groups.take())
    pieces.push_back(std::move(group));
  llvm::sort(pieces, [](const Piece &a, const Piece &b) { return a.back()->isBeforeInBlock(b.back()); });
  return pieces;
}

/// Whether the op, or one in its regions, writes to what outlives it: a state that attention updates, a cache.
static bool writes(Operation &op) {
  WalkResult result = op.walk([](MemoryEffectOpInterface nested) {
    return nested.hasEffect<MemoryEffects::Write>() ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result.wasInterrupted();
}

/// Erases ops of the graph that nobody uses any more: what kernels have repeated inside, and dead compute.
static void eraseUnused(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    bool isCompute = isa<nn::ContractOp, nn::GenericOp, nn::ChooseOp, GenericOp>(op);
    if (isOpTriviallyDead(&op) || (op.use_empty() && (isRepeatedInside(&op) || (isCompute && !writes(op)))))
      op.erase();
    else if (isa<nn::RepeatOp, nn::ChooseOp>(op))
      for (Region &region : op.getRegions())
        eraseUnused(region.front());
  }
}

static LogicalResult outline(func::FuncOp function, Kernels &kernels) {
  SmallVector<Block *> blocks = {&function.front()};
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<nn::RepeatOp, nn::ChooseOp>(op))
      for (Region &region : op->getRegions())
        blocks.push_back(&region.front());
  });
  Dimensions dimensions;
  std::vector<Piece> pieces;
  for (Block *block : blocks) {
    sinkViews(*block);
    FailureOr<std::vector<Piece>> found = findPieces(*block, dimensions);
    if (failed(found))
      return failure();
    llvm::append_range(pieces, *found);
  }
  for (const Piece &piece : pieces)
    kernels.outline(piece);
  eraseUnused(function.front());
  return success();
}

void Outline::runOnOperation() {
  auto functions = llvm::make_filter_range(getOperation().getOps<func::FuncOp>(),
                                           [](func::FuncOp function) { return !function.isExternal(); });
  bool areRight = true;
  for (func::FuncOp function : functions) {
    eraseUnused(function.front());
    areRight &= succeeded(checkSizes(function));
  }
  if (!areRight)
    return signalPassFailure();
  Kernels kernels(getOperation());
  for (func::FuncOp function : functions)
    if (failed(outline(function, kernels)))
      return signalPassFailure();
}
