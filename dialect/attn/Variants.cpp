//===- Variants.cpp - registration of the named ops of chains ---===//

#include "dialect/attn/Variants.h"

#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace attn;

#define GET_OP_CLASSES
#include "dialect/attn/VariantOps.cpp.inc"

void AttnDialect::addVariants() {
  addOperations<
#define GET_OP_LIST
#include "dialect/attn/VariantOps.cpp.inc"
      >();
}
