//===- PlanContract.cpp - plan linear and row-wise kernels ---===//
//
// A weight's storage is known only when weights are bound, so that a kernel that reads weights exists once for each
// storage format; a linear layer besides once for few rows and once for many.
//
//===----------------------------------------------------------------------===//

#include "passes/PlanContract.h"

#include "passes/Plan.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Storage formats
//===----------------------------------------------------------------------===//

static constexpr StringRef allFormats[] = {"f32", "bf16", "f16", "q8_0", "q4_0", "q4_1"};
static constexpr int64_t formatBlock = 32; // elements of a block, of all formats whose names begin with q

static bool isBlockFormat(StringRef format) { return format.starts_with("q"); }

/// The arguments that are weights.
static SmallVector<BlockArgument> weightsOf(tile::KernelOp kernel) {
  return llvm::filter_to_vector(kernel.getKernelArguments(),
                                [](BlockArgument argument) { return isa<nn::WeightType>(argument.getType()); });
}

static ArrayRef<int64_t> shapeOf(BlockArgument weight) { return cast<nn::WeightType>(weight.getType()).getShape(); }

static bool isMatrix(BlockArgument weight) { return shapeOf(weight).size() > 1; }

std::optional<StorageProblem> attn::findStorageProblem(tile::KernelOp kernel, ArrayRef<StringRef> formats) {
  bool readsElements = !kernel.getBody().getOps<nn::GenericOp>().empty(); // loops do not suit blocks
  auto contracts = kernel.getBody().getOps<nn::ContractOp>();
  auto contract = contracts.empty() ? nn::ContractOp() : *contracts.begin();
  StringRef product; // the format of the first weight of the linear layer, and so of all
  for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(weightsOf(kernel), formats))) {
    auto [weight, format] = pair;
    bool blocksFit = isMatrix(weight) && !readsElements && shapeOf(weight).back() % formatBlock == 0;
    if (!llvm::is_contained(allFormats, format) || (isBlockFormat(format) && !blocksFit))
      return StorageProblem{static_cast<unsigned>(number),
                            blocksFit ? "f32, bf16, f16, q8_0, q4_0 or q4_1" : "f32, bf16 or f16"};
    if (!contract || !llvm::is_contained(contract.getWeights(), Value(weight)))
      continue;
    if (product.empty())
      product = format;
    if (product != format)
      return StorageProblem{static_cast<unsigned>(number), product.str() + " as the other weights of its linear layer"};
  }
  return std::nullopt;
}

/// A format for each of the kernel's weights.
using FormatChoice = SmallVector<StringRef>;

/// What a file of weights asks for, or else what files have: one format for the matrices, the same or f32 for the
/// vectors (gains, biases), which GGUF files keep in f32 whatever the matrices are.
static SmallVector<FormatChoice> choicesFor(tile::KernelOp kernel) {
  SmallVector<FormatChoice> choices;
  if (auto stored = kernel->getAttrOfType<ArrayAttr>(storedFormatsAttr)) {
    for (auto choice : stored.getAsRange<ArrayAttr>())
      choices.push_back(llvm::to_vector(choice.getAsValueRange<StringAttr>()));
    return choices;
  }
  SmallVector<BlockArgument> weights = weightsOf(kernel);
  bool hasVector = llvm::any_of(weights, [](BlockArgument weight) { return !isMatrix(weight); });
  bool hasMatrix = llvm::any_of(weights, isMatrix);
  auto add = [&](StringRef matrices, StringRef vectors) {
    FormatChoice choice;
    for (BlockArgument weight : weights)
      choice.push_back(isMatrix(weight) ? matrices : vectors);
    if (!findStorageProblem(kernel, choice))
      choices.push_back(choice);
  };
  for (StringRef format : allFormats) {
    if (hasVector && (format != "f32" || !hasMatrix))
      add(format, format);
    if (hasMatrix)
      add(format, "f32");
  }
  return choices;
}

/// Matrices, then vectors, each said once where they are of one format; else all of them in order.
static std::string describe(ArrayRef<BlockArgument> weights, const FormatChoice &choice) {
  llvm::SmallSetVector<StringRef, 2> matrices, vectors;
  for (auto [weight, format] : llvm::zip_equal(weights, choice))
    (isMatrix(weight) ? matrices : vectors).insert(format);
  if (matrices.size() > 1 || vectors.size() > 1)
    return llvm::join(choice, "_");
  matrices.insert_range(vectors);
  return llvm::join(matrices, "_");
}

/// A copy of the kernel, before it, for one choice of formats. Its name is that of the kernel and what is chosen.
static tile::KernelOp cloneFor(tile::KernelOp kernel, const FormatChoice &choice, StringRef suffix) {
  OpBuilder builder(kernel);
  auto copy = cast<tile::KernelOp>(builder.clone(*kernel));
  SmallVector<BlockArgument> weights = weightsOf(kernel);
  SmallVector<StringRef> formats(kernel.getNumKernelArguments(), "");
  for (auto [weight, format] : llvm::zip_equal(weights, choice))
    formats[weight.getArgNumber()] = format;
  copy.setSymName((kernel.getSymName() + "_" + describe(weights, choice) + (suffix.empty() ? "" : "_") + suffix).str());
  copy.setImplements(kernel.getImplemented());
  copy.setFormatsAttr(builder.getStrArrayAttr(formats));
  copy->removeAttr(storedFormatsAttr);
  return copy;
}

static void setGrid(tile::KernelOp kernel, ArrayRef<std::string> grid) {
  Builder builder(kernel.getContext());
  SmallVector<StringRef> expressions(grid.begin(), grid.end());
  kernel.setGridAttr(builder.getStrArrayAttr(expressions));
  for (size_t d = 0; d < grid.size(); ++d)
    kernel.getBody().front().addArgument(builder.getIndexType(), kernel.getLoc());
}

/// How many rows the dimensions from `first` up to `end` of an argument hold.
static std::string countRows(unsigned argument, unsigned first, unsigned end) {
  SmallVector<std::string> sizes;
  for (unsigned d = first; d < end; ++d)
    sizes.push_back(("dim(" + Twine(argument) + "," + Twine(d) + ")").str());
  return sizes.empty() ? "1" : llvm::join(sizes, " * ");
}

static std::string ceildiv(const std::string &size, int64_t by) {
  return "ceildiv(" + size + ", " + std::to_string(by) + ")";
}

//===----------------------------------------------------------------------===//
// Linear layers
//===----------------------------------------------------------------------===//

/// `vector` computes row by row and reads weights from memory once, which pays for up to this many rows; beyond it
/// `matrix` is faster although it turns the weights into f32 first.
static constexpr int64_t vectorRows = 3;
/// Rows of a matrix task: the cost of turning its weights into f32 is spread over them. A multiple of the tiles' 6.
static constexpr int64_t matrixRows = 132;

/// Output features of a task. `vector`: enough tasks for 16 threads, and no more than 128 rows of weights. `matrix`:
/// the task's weights, in f32, take half of the second-level cache at most.
static int64_t taskFeatures(ArrayRef<int64_t> shape, int64_t weights, bool isMatrix, const Target &target) {
  if (!isMatrix) {
    int64_t features = 128;
    while (features > 16 && features * 16 > shape[0])
      features /= 2;
    return features;
  }
  int64_t features = 64;
  while (features > 16 && features * weights * shape[1] * 4 > target.l2Bytes / 2)
    features /= 2;
  return features;
}

static LogicalResult planLinear(tile::KernelOp kernel, nn::ContractOp contract, const Target &target) {
  ArrayRef<int64_t> shape = cast<nn::WeightType>(contract.getWeights().front().getType()).getShape();
  unsigned output = cast<BlockArgument>(contract.getDestination()).getArgNumber();
  int64_t rank = cast<MemRefType>(contract.getDestination().getType()).getRank();
  std::string rows = countRows(output, 0, rank - 1);

  for (const FormatChoice &choice : choicesFor(kernel)) {
    for (bool isMatrix : {false, true}) {
      tile::KernelOp copy = cloneFor(kernel, choice, isMatrix ? "matrix" : "vector");
      int64_t features = taskFeatures(shape, contract.getWeights().size(), isMatrix, target);
      copy.setPlanAttr(tile::PlanAttr::get(kernel.getContext(), isMatrix ? matrixRows : 0, features,
                                           isMatrix ? "matrix" : "vector"));
      std::string blocks = std::to_string(llvm::divideCeil(shape[0], features));
      if (isMatrix) {
        setGrid(copy, {ceildiv(rows, matrixRows), blocks});
      } else {
        copy.setWhen(rows + " <= " + std::to_string(vectorRows));
        setGrid(copy, {blocks});
      }
    }
  }
  kernel.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Row-wise kernels
//===----------------------------------------------------------------------===//

/// The argument that a value comes from row by row: the leading sizes of both are the same.
static BlockArgument rowsArgumentOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (op->getNumOperands() == 0)
      return {};
    value = op->getOperand(0);
  }
  return cast<BlockArgument>(value);
}

/// The memref that a value is written to, itself or a view of its rows; null where it stays in the kernel.
static BlockArgument destinationOf(Value value) {
  for (Operation *user : value.getUsers()) {
    if (auto write = dyn_cast<bufferization::MaterializeInDestinationOp>(user))
      return dyn_cast<BlockArgument>(write.getDest());
    if (nn::isRowView(user))
      if (BlockArgument destination = destinationOf(user->getResult(0)))
        return destination;
  }
  return {};
}

FailureOr<RowSpace> attn::rowSpaceOf(tile::KernelOp kernel) {
  for (auto op : kernel.getBody().front().getOps<RowWiseOpInterface>()) {
    // What is written has the rows; what is read may have others, which the op gathers from.
    Value data = op.getRowData();
    BlockArgument argument = data.getDefiningOp() == op ? destinationOf(data) : rowsArgumentOf(data);
    int64_t rank = cast<ShapedType>(data.getType()).getRank() - op.getFeatureRank();
    if (argument)
      return RowSpace{argument.getArgNumber(), static_cast<unsigned>(rank)};
  }
  return kernel.emitOpError("expects a row-wise op whose rows come or leave by an argument");
}

LogicalResult attn::planRowWise(tile::KernelOp kernel, const Target &) {
  FailureOr<RowSpace> space = rowSpaceOf(kernel);
  if (failed(space))
    return failure();
  // A task should take some microseconds: about 8192 features.
  int64_t features = 1;
  kernel.walk([&](Operation *op) {
    for (Value value : op->getResults())
      if (auto type = dyn_cast<RankedTensorType>(value.getType()); type && type.getRank() > space->rank) {
        int64_t size = 1;
        for (int64_t d : type.getShape().drop_front(space->rank))
          size *= ShapedType::isDynamic(d) ? 1 : d;
        features = std::max(features, size);
      }
  });
  int64_t rows = std::clamp<int64_t>(8192 / features, 1, 64);
  kernel.setPlanAttr(tile::PlanAttr::get(kernel.getContext(), rows, 0, "rows"));
  SmallVector<std::string> grid;
  if (space->firstCut())
    grid.push_back(countRows(space->argument, 0, space->firstCut()));
  grid.push_back(ceildiv(countRows(space->argument, space->firstCut(), space->rank), rows));
  setGrid(kernel, grid);
  return success();
}

//===----------------------------------------------------------------------===//
// Nests of loops
//===----------------------------------------------------------------------===//

/// The grid has the outermost dimensions of the result, two at most, and not the last one where there are more; of the
/// last of them a task has as many rounds as take some microseconds.
LogicalResult attn::planLoops(tile::KernelOp kernel, const Target &) {
  auto loops = *kernel.getBody().getOps<nn::GenericOp>().begin();
  auto output = dyn_cast<BlockArgument>(loops.getDestination());
  int64_t rank = loops.getOutputType().getRank();
  if (!output || rank < 1)
    return loops.emitOpError("expects a destination of rank 1 or more that is an argument of its kernel");
  unsigned outer = std::clamp<int64_t>(rank - 1, 1, 2);
  int64_t work = 1;
  for (unsigned loop = outer, e = loops.getNumLoops(); loop != e; ++loop) {
    int64_t size = ShapedType::kDynamic;
    if (loop < rank)
      size = loops.getOutputType().getDimSize(loop);
    else if (auto indexed = loops.findIndexedAlone(loop))
      size = loops.getInputShape(indexed->input)[indexed->dimension];
    work *= ShapedType::isDynamic(size) ? 64 : size;
  }
  int64_t rounds = std::clamp<int64_t>(16384 / std::max<int64_t>(work, 1), 1, 64);
  kernel.setPlanAttr(tile::PlanAttr::get(kernel.getContext(), rounds, 0, "loops"));
  std::string argument = std::to_string(output.getArgNumber());
  SmallVector<std::string> grid;
  for (unsigned loop = 0; loop + 1 < outer; ++loop)
    grid.push_back("dim(" + argument + "," + std::to_string(loop) + ")");
  grid.push_back("ceildiv(dim(" + argument + "," + std::to_string(outer - 1) + "), " + std::to_string(rounds) + ")");
  setGrid(kernel, grid);
  return success();
}

//===----------------------------------------------------------------------===//
// Kernels that read weights
//===----------------------------------------------------------------------===//

LogicalResult attn::planContract(tile::KernelOp kernel, const Target &target) {
  for (Operation &op : kernel.getBody().front())
    if (auto contract = dyn_cast<nn::ContractOp>(op))
      return planLinear(kernel, contract, target);
  auto plan = kernel.getBody().getOps<nn::GenericOp>().empty() ? planRowWise : planLoops;
  for (const FormatChoice &choice : choicesFor(kernel))
    if (failed(plan(cloneFor(kernel, choice, ""), target)))
      return failure();
  kernel.erase();
  return success();
}
