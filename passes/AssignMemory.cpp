//===- AssignMemory.cpp - find the lifetimes of temporaries ---===//
//
// Commands are numbered as runtime/artifact.h (11) says: launches, copies and repeats from 0 in the order written, a
// repeat before its body, the body once. A temporary lives from the first to the last command that touches it or a view
// of it. One from outside a repeat that the body touches or that is carried lives in the whole repeat.
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

/// The numbers of commands; of a repeat, its own to the last one of its body.
using Numbers = llvm::DenseMap<Operation *, Lifetime>;

} // namespace

static Numbers numberCommands(func::FuncOp function) {
  Numbers numbers;
  int64_t next = 0;
  for (Operation &op : function.getOps()) {
    if (isa<tile::LaunchOp, memref::CopyOp>(op))
      numbers[&op] = {next, next}, ++next;
    auto repeat = dyn_cast<nn::RepeatOp>(op);
    if (!repeat)
      continue;
    int64_t first = next++;
    for (Operation &inner : repeat.getBody().front())
      if (isa<tile::LaunchOp, memref::CopyOp>(inner))
        numbers[&inner] = {next, next}, ++next;
    numbers[repeat] = {first, next - 1};
  }
  return numbers;
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
    Numbers numbers = numberCommands(function);
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
