//===- Tile.cpp - the tile dialect: registration and verifiers ---===//

#include "dialect/tile/Tile.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;
using namespace attn::tile;

static ParseResult parseTileShape(AsmParser &parser, SmallVector<int64_t> &shape) {
  return parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/true);
}

static void printTileShape(AsmPrinter &printer, ArrayRef<int64_t> shape) {
  printer.printDimensionList(shape);
  printer << 'x';
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
LogicalResult KernelOp::verify() { return success(); }
LogicalResult AllocOp::verify() { return success(); }
LogicalResult ViewOp::verify() { return success(); }
LogicalResult DotOp::verify() { return success(); }
LogicalResult SweepOp::verify() { return success(); }
LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
