//===- ExpandLayers.cpp - put the graph that each layer stands for in its place ---===//

#include "passes/Passes.h"

namespace attn {
#define GEN_PASS_DEF_EXPANDLAYERS
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {
struct ExpandLayers : attn::impl::ExpandLayersBase<ExpandLayers> {
  void runOnOperation() override {
    SmallVector<LayerOpInterface> layers;
    getOperation().walk([&](LayerOpInterface layer) { layers.push_back(layer); });
    bool isExpanded = true; // all problems of a file are reported in one run
    for (LayerOpInterface layer : layers) {
      OpBuilder builder(layer);
      FailureOr<SmallVector<Value>> values = layer.expand(builder);
      isExpanded &= succeeded(values);
      if (failed(values))
        continue;
      for (auto [result, value] : llvm::zip_equal(layer->getResults(), *values))
        if (value)
          result.replaceAllUsesWith(value);
      layer->erase();
    }
    if (!isExpanded)
      signalPassFailure();
  }
};
} // namespace
