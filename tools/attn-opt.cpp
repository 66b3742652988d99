//===- attn-opt.cpp - rewrites attention programs, from the model down to the machine ---===//

#include "lowering/Passes.h"
#include "passes/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<attn::AttnDialect, attn::nn::NNDialect, attn::tile::TileDialect>();
  mlir::registerAllPasses();
  attn::registerAttnPasses();
  attn::registerAttnLoweringPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "attn-opt: rewrites attention programs\n", registry));
}
