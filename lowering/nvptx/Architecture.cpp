//===- Architecture.cpp - the table of GPU architectures ---===//

#include "lowering/nvptx/Architecture.h"

#include "lowering/Passes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace attn;

static const Architecture architectures[] = {
    {"sm_80", createNvptxSm80, "+ptx70"},  // CUDA 11.0
    {"sm_90a", createNvptxSm90, "+ptx80"}, // CUDA 12.0
};

const Architecture *Architecture::find(StringRef name) {
  const auto *found = llvm::find_if(architectures, [&](const Architecture &a) { return a.name == name; });
  return found == std::end(architectures) ? nullptr : found;
}
