//===- Tile.cpp - the tile dialect: registration and verifiers ---===//

#include "dialect/tile/Tile.h"

#include "dialect/nn/NN.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;
using namespace attn::tile;

static ParseResult parseTileShape(AsmParser &parser, SmallVector<int64_t> &shape, Type &elementType) {
  return failure(parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/true) ||
                 parser.parseType(elementType));
}

static void printTileShape(AsmPrinter &printer, ArrayRef<int64_t> shape, Type elementType) {
  printer.printDimensionList(shape);
  printer << 'x' << elementType;
}

#include "dialect/tile/TileDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/tile/TileAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/tile/TileTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/tile/TileOps.cpp.inc"

void TileDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/tile/TileOps.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/tile/TileTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/tile/TileAttributes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Expressions: the grammar is that of runtime/artifact.h
//===----------------------------------------------------------------------===//

namespace {
/// Accepts sums and products of integers, symbols, calls and parentheses.
class ExpressionReader {
public:
  explicit ExpressionReader(StringRef text) : rest(text) {}

  bool sum() {
    if (!product())
      return false;
    while (take("+") || take("-"))
      if (!product())
        return false;
    return true;
  }
  bool predicate() {
    do {
      if (!sum() || !(take("<=") || take(">=") || take("==") || take("!=") || take("<") || take(">")) || !sum())
        return false;
    } while (take("and "));
    return true;
  }
  bool atEnd() {
    rest = rest.ltrim();
    return rest.empty();
  }

private:
  bool take(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }
  bool product() {
    if (!atom())
      return false;
    while (take("*"))
      if (!atom())
        return false;
    return true;
  }
  bool atom() {
    if (take("("))
      return sum() && take(")");
    if (take("-"))
      return atom();
    rest = rest.ltrim();
    StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (word.empty())
      return false;
    rest = rest.drop_front(word.size());
    if (llvm::isDigit(word.front()))
      return llvm::all_of(word, llvm::isDigit);
    bool isCall = llvm::is_contained({"ceildiv", "floordiv", "mod", "min", "max", "dim"}, word);
    return !isCall || (take("(") && sum() && take(",") && sum() && take(")"));
  }

  StringRef rest;
};
} // namespace

static bool isExpression(StringRef text) {
  ExpressionReader reader(text);
  return reader.sum() && reader.atEnd();
}

static bool isPredicate(StringRef text) {
  ExpressionReader reader(text);
  return reader.predicate() && reader.atEnd();
}

//===----------------------------------------------------------------------===//
// Kernels and launches
//===----------------------------------------------------------------------===//

LogicalResult KernelOp::verify() {
  if (std::optional<ArrayAttr> grid = getGrid()) {
    if (grid->empty() || grid->size() > 3) // (C1)
      return emitOpError() << "expects a grid of 1 to 3 dimensions, but got " << grid->size();
    for (StringRef extent : grid->getAsValueRange<StringAttr>())
      if (!isExpression(extent)) // (C1)
        return emitOpError() << "expects expressions of runtime/artifact.h in its grid, but got '" << extent << "'";
    if (grid->size() > getBody().getNumArguments() ||
        !llvm::all_of(getGridIndices(), [](Value index) { return index.getType().isIndex(); })) // (C1)
      return emitOpError() << "expects a trailing block argument of type index for each of the " << grid->size()
                           << " dimensions of its grid";
  }
  if (getWhen() && !isPredicate(*getWhen())) // (C2)
    return emitOpError() << "expects `when` to be a predicate of runtime/artifact.h, but got '" << *getWhen() << "'";
  unsigned count = getNumKernelArguments();
  if (getFormats() && getFormats()->size() != count) // (C3)
    return emitOpError() << "expects a format for each of its " << count << " arguments (\"\" for any), but got "
                         << getFormats()->size();
  if (getAccess() && getAccess()->size() != count) // (C3)
    return emitOpError() << "expects an access for each of its " << count << " arguments, but got "
                         << getAccess()->size();
  if (getAccess())
    for (StringRef access : getAccess()->getAsValueRange<StringAttr>())
      if (access != "read" && access != "write" && access != "update") // (C4)
        return emitOpError() << "expects an access to be \"read\", \"write\" or \"update\", but got \"" << access
                             << "\"";
  return success();
}

/// Whether a launch may pass `operand` for `argument`: layouts of memrefs are free, the rest agrees. A lowered kernel
/// takes handles as memrefs: a cache or state as one of its shape, a weight as its storage format lays it out.
static bool fits(Type operand, Type argument) {
  if (operand == argument || (isa<nn::WeightType>(operand) && isa<MemRefType>(argument)))
    return true;
  auto from = dyn_cast<ShapedType>(operand), to = dyn_cast<ShapedType>(argument);
  if (from && to)
    return from.getTypeID() == to.getTypeID() && from.getElementType() == to.getElementType() &&
           succeeded(verifyCompatibleShape(from, to));
  bool isSameKind = isHandle(operand) && (operand.getTypeID() == argument.getTypeID() || isa<MemRefType>(argument));
  return isSameKind && dataElementType(operand) == dataElementType(argument) &&
         succeeded(verifyCompatibleShape(dataShape(operand), dataShape(argument)));
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &) {
  auto module = (*this)->getParentOfType<ModuleOp>();
  bool found = false;
  auto result = module.walk([&](KernelOp kernel) {
    if (kernel.getImplemented() != getKernel())
      return WalkResult::advance();
    found = true;
    auto arguments = kernel.getKernelArguments();
    if (arguments.size() != getArguments().size()) { // (C1)
      auto error = emitOpError() << "expects " << arguments.size() << " operands, but got " << getArguments().size();
      error.attachNote(kernel.getLoc()) << "the kernel is here";
      return WalkResult::interrupt();
    }
    for (auto [index, operand, argument] : llvm::enumerate(getArguments(), arguments)) {
      if (fits(operand.getType(), argument.getType()))
        continue;
      auto error = emitOpError() << "expects operand " << index << " to be " << argument.getType()
                                 << ", but got " // (C1)
                                 << operand.getType();
      error.attachNote(kernel.getLoc()) << "the kernel is here";
      return WalkResult::interrupt();
    }
    return WalkResult::skip();
  });
  if (result.wasInterrupted())
    return failure();
  if (!found) // (C1)
    return emitOpError() << "expects @" << getKernel()
                         << " to be a kernel, or one that a kernel implements, but there is none";
  return success();
}

LogicalResult AllocOp::verify() {
  auto type = cast<MemRefType>(getMemref().getType());
  if (int64_t(getSizes().size()) != type.getRank()) // (C1)
    return emitOpError() << "expects an expression for each of " << type.getRank() << " dimensions, but got "
                         << getSizes().size();
  for (auto [size, extent] : llvm::zip(getSizes().getAsValueRange<StringAttr>(), type.getShape())) {
    if (!isExpression(size)) // (C1)
      return emitOpError() << "expects expressions of runtime/artifact.h as sizes, but got '" << size << "'";
    int64_t value;
    if (!ShapedType::isDynamic(extent) && (size.getAsInteger(10, value) || value != extent)) // (C1)
      return emitOpError() << "expects the size of a static dimension to be " << extent << ", but got '" << size << "'";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> tileShape(Value value) {
  if (auto tile = dyn_cast<TileType>(value.getType()))
    return tile.getShape();
  return cast<ViewType>(value.getType()).getShape();
}

LogicalResult ViewOp::verify() {
  if (bool(getRows()) == bool(getKey())) // (C1)
    return emitOpError() << "expects either rows or keys";
  auto view = cast<ViewType>(getView().getType());
  ArrayRef<int64_t> shape = view.getShape();
  ArrayRef<int64_t> source = dataShape(getSource().getType());
  if (source.size() != 3 && source.size() != 4) // (C2)
    return emitOpError() << "expects a source of 3 or 4 dimensions, but got " << source.size();
  bool sameRows = !getRows() || (!shape.empty() && shape[0] == cast<RowsType>(getRows().getType()).getCount());
  if (shape.size() != 2 || shape[1] != source.back() || !sameRows ||
      view.getElementType() != dataElementType(getSource().getType())) // (C2)
    return emitOpError() << "expects a view of rows or keys of width " << source.back()
                         << " and the source's element type, but got " << view;
  return success();
}

/// Checks that `block` takes `leading` scalars, then coordinates where `coordinates`, then the captures.
static LogicalResult verifyScalars(Operation *op, Block &block, TypeRange leading, bool coordinates,
                                   TypeRange captures) {
  SmallVector<Type> expected(leading);
  if (coordinates)
    expected.append(4, IntegerType::get(op->getContext(), 32));
  llvm::append_range(expected, captures);
  if (block.getArgumentTypes() != TypeRange(expected))
    return op->emitOpError() << "expects its body to take (" << expected << "), but got (" << block.getArgumentTypes()
                             << ")";
  return success();
}

LogicalResult DotOp::verify() {
  ArrayRef<int64_t> a = tileShape(getA()), b = tileShape(getB()), result = tileShape(getResult());
  if (a.size() != 2 || b.size() != 2 || result.size() != 2) // (C1)
    return emitOpError() << "expects tiles of two dimensions";
  int64_t m = a[getTransposeA()], k = a[!getTransposeA()], n = b[!getTransposeB()], bk = b[getTransposeB()];
  if (k != bk || result[0] != m || result[1] != n || (getAcc() && getAcc().getType() != getResult().getType())) // (C1)
    return emitOpError() << "expects the product of " << m << "x" << k << " and " << bk << "x" << n
                         << " to have equal inner sizes and give " << m << "x" << n << ", but got "
                         << getResult().getType();
  if (!cast<TileType>(getResult().getType()).getElementType().isF32()) // (C2)
    return emitOpError() << "expects an f32 result, but got " << getResult().getType();
  if (getBody().empty())
    return success();
  Type f32 = Float32Type::get(getContext()), i32 = IntegerType::get(getContext(), 32);
  return verifyScalars(*this, getBody().front(), {f32, f32, i32}, /*coordinates=*/false,
                       getCaptures().getTypes()); // (C3)
}

LogicalResult MapOp::verify() {
  auto result = cast<TileType>(getResult().getType());
  SmallVector<Type> elements;
  for (Value tile : getTiles()) {
    elements.push_back(Float32Type::get(getContext()));
    ArrayRef<int64_t> shape = tileShape(tile);
    if (shape != result.getShape() && shape != result.getShape().take_front()) // (C1)
      return emitOpError() << "expects tiles of the result's shape or one value a row, but got " << tile.getType()
                           << " for " << result;
  }
  return verifyScalars(*this, getBody().front(), elements, bool(getRows()), getCaptures().getTypes()); // (C2)
}

LogicalResult MaskOp::verify() {
  if (getBody().empty())
    return success();
  return verifyScalars(*this, getBody().front(), {}, /*coordinates=*/true, getCaptures().getTypes()); // (C1)
}

LogicalResult FinishOp::verify() {
  if (getSink() && getSink().getType() != getMaximum().getType()) // (C1)
    return emitOpError() << "expects a sink of the maximum's type, but got " << getSink().getType() << " and "
                         << getMaximum().getType();
  return success();
}

LogicalResult SweepOp::verify() {
  if (getBounds().size() != 2 * getKinds().size()) // (C1)
    return emitOpError() << "expects two bounds for each of " << getKinds().size() << " ranges, but got "
                         << getBounds().size();
  for (StringRef kind : getKinds().getAsValueRange<StringAttr>())
    if (kind != "full" && kind != "partial") // (C3)
      return emitOpError() << "expects kinds to be \"full\" or \"partial\", but got \"" << kind << "\"";
  Block &body = getBody().front();
  SmallVector<Type> expected{IndexType::get(getContext())};
  llvm::append_range(expected, getInits().getTypes());
  auto yield = dyn_cast<YieldOp>(body.back());
  if (body.getArgumentTypes() != TypeRange(expected) || !yield || yield.getOperandTypes() != getInits().getTypes() ||
      getResultTypes() != getInits().getTypes()) // (C2)
    return emitOpError()
           << "expects its body to take the key and the carried tiles and to yield the latter, but it takes ("
           << body.getArgumentTypes() << ")";
  return success();
}
