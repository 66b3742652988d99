//===- Storage.cpp - how a file of weights stores those of a program ---===//

#include "lowering/Storage.h"

#include "dialect/tile/Tile.h"
#include "lowering/Declarations.h"
#include "passes/Plan.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Whether the weights are there
//===----------------------------------------------------------------------===//

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "scalar" : text;
}

/// What is wrong with a weight's tensors; empty if nothing is.
static std::string findMisfits(nn::WeightOp op, const StoredWeights &stored) {
  ArrayRef<int64_t> shape = op.getWeight().getType().getShape();
  std::string misfits;
  for (const std::string &name : tensorNames(op)) {
    auto tensor = stored.tensors.find(name);
    bool isThere = tensor != stored.tensors.end();
    if (isThere && shape == ArrayRef(tensor->second.shape))
      continue;
    misfits += (misfits.empty() ? "" : ", ") + ("'" + name + "' ");
    misfits += isThere ? "is " + shapeText(tensor->second.shape) : "is missing";
  }
  return misfits;
}

LogicalResult attn::checkWeights(ModuleOp module, const StoredWeights &stored) {
  bool areRight = true;
  llvm::StringSet<> seen;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    function.walk([&](nn::WeightOp op) {
      std::string misfits = seen.insert(op.getName()).second ? findMisfits(op, stored) : "";
      if (misfits.empty())
        return;
      areRight = false;
      op.emitOpError() << "expects tensors of shape " << shapeText(op.getWeight().getType().getShape()) << " in "
                       << stored.file << ", but there " << misfits
                       << "; name the weights as the file does, or pass the file of this model to --weights";
    });
  }
  return success(areRight);
}

//===----------------------------------------------------------------------===//
// In which formats they meet
//===----------------------------------------------------------------------===//

namespace {
/// The formats in which the weights of one kernel meet, over all of its launches.
struct Meetings {
  tile::KernelOp kernel;
  llvm::SetVector<ArrayAttr> choices;
};
} // namespace

/// Adds what one launch has in each round of the repeat around it.
static LogicalResult addLaunch(tile::LaunchOp launch, const StoredWeights &stored, Meetings &meetings) {
  SmallVector<nn::WeightOp> weights;
  SmallVector<std::vector<std::string>> names;
  size_t rounds = 0;
  for (Value argument : launch.getArguments())
    if (auto weight = argument.getDefiningOp<nn::WeightOp>()) {
      weights.push_back(weight);
      names.push_back(tensorNames(weight));
      rounds = std::max(rounds, names.back().size());
    }
  bool areRight = true;
  llvm::StringSet<> refused;
  for (size_t round = 0; round < rounds; ++round) {
    SmallVector<StringRef> formats;
    auto nameAt = [&](size_t w) -> StringRef { return names[w][names[w].size() == 1 ? 0 : round]; };
    for (size_t w = 0; w < weights.size(); ++w)
      formats.push_back(stored.tensors.find(nameAt(w))->second.format);
    meetings.choices.insert(Builder(launch).getStrArrayAttr(formats));
    std::optional<StorageProblem> problem = findStorageProblem(meetings.kernel, formats);
    if (!problem || !refused.insert(nameAt(problem->weight)).second)
      continue;
    areRight = false;
    weights[problem->weight].emitOpError()
        << "expects '" << nameAt(problem->weight) << "' of " << stored.file << " to be stored as " << problem->expected
        << ", but got " << formats[problem->weight] << "; convert the file";
  }
  return success(areRight);
}

LogicalResult attn::recordStorage(ModuleOp module, const StoredWeights &stored) {
  llvm::MapVector<StringAttr, Meetings> kernels;
  for (auto kernel : module.getOps<tile::KernelOp>())
    kernels[kernel.getSymNameAttr()].kernel = kernel;
  bool areRight = true;
  module.walk([&](tile::LaunchOp launch) {
    Meetings &meetings = kernels[StringAttr::get(module.getContext(), launch.getKernel())];
    areRight &= succeeded(addLaunch(launch, stored, meetings));
  });
  for (auto &[name, meetings] : kernels)
    if (!meetings.choices.empty()) {
      SmallVector<Attribute> choices(meetings.choices.begin(), meetings.choices.end());
      meetings.kernel->setAttr(storedFormatsAttr, ArrayAttr::get(module.getContext(), choices));
    }
  return success(areRight);
}
