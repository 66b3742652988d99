//===- AssignMemory.cpp - find the lifetimes of temporaries ---===//
//
// Commands are numbered as runtime/artifact.h (11) says: launches, copies and repeats from 0 in the order written, a
// repeat before its body, the body once, a choice not at all, its cases one after the other. A temporary lives from the
// first to the last command that touches it or a view of it. One from outside a repeat that the body touches or that is
// carried lives in the whole repeat.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace attn {
#define GEN_PASS_DEF_ASSIGNMEMORY
#include "passes/Passes.h.inc"
} // namespace attn

using namespace mlir;
using namespace attn;

namespace {

struct AssignMemory : attn::impl::AssignMemoryBase<AssignMemory> {
  void runOnOperation() override;
};

struct Lifetime {
  int64_t first = std::numeric_limits<int64_t>::max(), last = -1;
  void include(Lifetime other) { first = std::min(first, other.first), last = std::max(last, other.last); }
};

/// The numbers of commands; of a repeat, its own to the last one of its body, of a choice those of all its cases.
using Numbers = llvm::DenseMap<Operation *, Lifetime>;

} // namespace

static void numberCommands(Block &block, int64_t &next, Numbers &numbers) {
  for (Operation &op : block) {
    if (isa<tile::LaunchOp, memref::CopyOp>(op))
      numbers[&op] = {next, next}, ++next;
    if (!isa<nn::RepeatOp, nn::ChooseOp>(op))
      continue;
    int64_t first = next;
    next += isa<nn::RepeatOp>(op);
    for (Region &region : op.getRegions())
      numberCommands(region.front(), next, numbers);
    numbers[&op] = {first, next - 1};
  }
}

/// When `buffer`, which is allocated in `block`, is touched, views included.
static Lifetime lifetimeOf(Value buffer, Block *block, const Numbers &numbers) {
  Lifetime lifetime;
  for (Operation *user : buffer.getUsers()) {
    if (nn::isView(user))
      lifetime.include(lifetimeOf(user->getResult(0), block, numbers));
    else if (auto found = numbers.find(block->findAncestorOpInBlock(*user)); found != numbers.end())
      lifetime.include(found->second);
  }
  return lifetime;
}

void AssignMemory::runOnOperation() {
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    Numbers numbers;
    int64_t next = 0;
    numberCommands(function.front(), next, numbers);
    function.walk([&](tile::AllocOp alloc) {
      Lifetime lifetime = lifetimeOf(alloc.getMemref(), alloc->getBlock(), numbers);
      if (lifetime.last < 0) {
        alloc.emitOpError() << "expects a command that uses it";
        return signalPassFailure();
      }
      alloc.setFirst(lifetime.first);
      alloc.setLast(lifetime.last);
    });
  }
}
