//===- StateForm.cpp - what of an attn.generic a state over keys depends on ---===//

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/SetVector.h"

#include <algorithm>

using namespace mlir;
using namespace attn;

int64_t attn::stateWidth(int64_t width, int64_t power) {
  constexpr int64_t most = int64_t(1) << 40;
  // C(n, k) = C(n − 1, k − 1) · n / k, whole at each step, for the smaller of the two equal ones: of k = p out of
  // d + p − 1 and k = d − 1. Each step then doubles it at least, so that few are taken.
  int64_t chosen = std::min(power, width - 1), others = std::max(power, width - 1);
  int64_t result = 1;
  for (int64_t k = 1; k <= chosen; ++k) {
    __int128 next = static_cast<__int128>(result) * (others + k) / k;
    if (next > most)
      return most;
    result = static_cast<int64_t>(next);
  }
  return result;
}

/// The values whose conjunction `value` is.
static void collectConjuncts(Value value, SmallVectorImpl<Value> &conjuncts) {
  auto both = value.getDefiningOp<arith::AndIOp>();
  if (!both) {
    conjuncts.push_back(value);
    return;
  }
  collectConjuncts(both.getLhs(), conjuncts);
  collectConjuncts(both.getRhs(), conjuncts);
}

MaskForm attn::classifyMask(GenericOp generic) {
  MaskForm form;
  Region &mask = generic.getMask();
  if (mask.empty())
    return form;
  Value h = mask.getArgument(1), i = mask.getArgument(2), j = mask.getArgument(3);
  auto isCausal = [&](Value conjunct) {
    auto compare = conjunct.getDefiningOp<arith::CmpIOp>();
    if (!compare)
      return false;
    using Predicate = arith::CmpIPredicate;
    return (compare.getPredicate() == Predicate::sle && compare.getLhs() == j && compare.getRhs() == i) ||
           (compare.getPredicate() == Predicate::sge && compare.getLhs() == i && compare.getRhs() == j);
  };
  auto isOfKeys = [&](Value conjunct) {
    llvm::SetVector<Value> reached;
    reached.insert(conjunct);
    for (size_t next = 0; next < reached.size(); ++next)
      if (Operation *op = reached[next].getDefiningOp())
        reached.insert(op->operand_begin(), op->operand_end());
    return !reached.contains(h) && !reached.contains(i);
  };
  SmallVector<Value> conjuncts;
  collectConjuncts(cast<YieldOp>(mask.front().getTerminator()).getValue(), conjuncts);
  for (Value conjunct : conjuncts) {
    if (isCausal(conjunct))
      form.isCausal = true;
    else if (isOfKeys(conjunct))
      form.hidesKeys = true;
    else
      form.isOfKeys = false;
  }
  return form;
}
