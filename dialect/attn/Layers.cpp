//===- Layers.cpp - what layers share ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

ArrayRef<int64_t> attn::learnedShape(Value weight) { return cast<nn::WeightType>(weight.getType()).getShape(); }

bool attn::sizesFit(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [](auto pair) {
           auto [x, y] = pair;
           return x == y || ShapedType::isDynamic(x) || ShapedType::isDynamic(y);
         });
}

LogicalResult attn::verifyHeadMatrices(Operation *op, Value query, Value weight, int64_t width) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(query.getType()).getShape();
  if (shape.size() < 3 || ShapedType::isDynamic(shape.back()) || ShapedType::isDynamic(shape.rbegin()[1]))
    return op->emitOpError() << "expects a query (…, heads, width) with static heads and width, but got "
                             << query.getType()
                             << "; split features into heads by nn.split_heads, and write heads and width as numbers";
  int64_t rows = shape.back() * shape.rbegin()[1];
  if (learnedShape(weight) != ArrayRef<int64_t>({rows, width}))
    return op->emitOpError() << "expects a weight of " << rows << "x" << width
                             << ", a matrix for each head one below the other, but got " << weight.getType()
                             << "; write !nn.weight<" << rows << "x" << width << ">";
  return success();
}

Value attn::gateHeads(nn::GraphBuilder &b, Value query, Value weight, Value input, RankedTensorType result) {
  auto queryType = cast<RankedTensorType>(query.getType()), inputType = cast<RankedTensorType>(input.getType());
  unsigned rank = queryType.getRank(), head = rank - 2, feature = rank - 1, reduced = rank;
  int64_t width = queryType.getShape().back(), group = queryType.getDimSize(head) / inputType.getDimSize(head);
  auto ofQuery = b.loopRange(0, rank), ofInput = b.loopRange(0, rank);
  ofQuery.back() = b.loop(reduced);
  ofInput[head] = b.loop(head).floorDiv(group);
  SmallVector<AffineExpr, 4> ofWeight = {b.loop(head) * width + b.loop(reduced), b.loop(feature)};
  Value products =
      b.sumOfProducts(b.tensorOf(result.getShape(), b.getF32Type()), 1, {{query, ofQuery}, {weight, ofWeight}});
  return b.map(result, {{products, b.loopRange(0, rank)}, {input, ofInput}}, [&](const nn::LoopScalars &at) -> Value {
    return arith::MulFOp::create(b, b.sigmoid(at.elements[0]), at.elements[1]);
  });
}

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

DotProductOp attn::sourceOf(Value scores) {
  SmallVector<Operation *> chain = chainBehind(scores);
  return chain.empty() ? DotProductOp() : dyn_cast<DotProductOp>(chain.back());
}

Value attn::rebuildChain(OpBuilder &b, Value scores, Value source) {
  IRMapping mapping;
  for (Operation *op : llvm::reverse(chainBehind(scores))) {
    if (isa<DotProductOp>(op))
      mapping.map(op->getResult(0), source);
    else
      b.clone(*op, mapping);
  }
  return mapping.lookup(scores);
}

bool attn::isMaskOfKeys(Operation *op) {
  auto mask = dyn_cast<MaskedOp>(op);
  return mask && mask.getAxes().contains('s') && !mask.getAxes().contains('t') && !mask.getAxes().contains('h');
}

InFlightDiagnostic attn::refuseSource(Operation *op, Value scores, StringRef reason) {
  SmallVector<Operation *> chain = chainBehind(scores);
  StringRef begin = chain.empty() ? "a block argument" : chain.back()->getName().getStringRef();
  return op->emitOpError() << "expects scores of a chain that begins at attn.dot_product, " << reason << ", but got "
                           << begin << "; begin there, or close the chain with attn.softmax or attn.sum";
}

LogicalResult attn::verifyAdaptive(Operation *op, Value scores, Value sequences, Value previous, Value statistics,
                                   std::optional<int64_t> count) {
  Checks checks;
  for (Value counts : {previous, statistics})
    if (count && counts && cast<RankedTensorType>(counts.getType()).getShape() != ArrayRef(*count))
      checks.add(op->emitOpError() << "expects statistics of " << *count << " numbers, but got " << counts.getType()
                                   << "; write tensor<" << *count << "xi32>");
  DotProductOp source = sourceOf(scores);
  if (!source) {
    checks.add(refuseSource(op, scores, "which it computes in more than one way"));
    return checks;
  }
  auto packed = sequences ? sequences.getDefiningOp<PackedOp>() : PackedOp();
  if (auto query = dyn_cast<RankedTensorType>(source.getQuery().getType());
      !query || query.getRank() != (packed ? 3 : 4))
    checks.add(op->emitOpError() << "expects queries that are a tensor of "
                                 << (packed ? "(row, head, width) at attn.packed" : "(sequence, position, head, width)")
                                 << ", but got " << source.getQuery().getType()
                                 << (packed ? "; put the rows of all sequences end to end"
                                            : "; say by attn.packed where sequences begin"));
  if (isa<CacheType>(source.getKey().getType()) && !countsKeys(sequences))
    checks.add(
        op->emitOpError() << "expects sequences that say how many keys of " << source.getKey().getType()
                          << " there are, for its sample; give attn.padded key lengths, or the start of the queries");
  for (Operation *link : chainBehind(scores))
    if (isa<CacheType>(source.getKey().getType()) && isMaskOfKeys(link)) {
      InFlightDiagnostic error =
          op->emitOpError() << "expects a cache to hold no hidden keys, which its sample cannot pass over; take the "
                               "mask out of the chain and keep hidden keys out of the cache";
      error.attachNote(link->getLoc()) << "keys are hidden here";
      checks.add(error);
    }
  return checks;
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

Value attn::maskHeads(OpBuilder &b, Location location, Value scores, Value turns) {
  return turns ? Value(MaskedOp::create(b, location, scores.getType(), scores, turns, "h")) : scores;
}

/// The choice between `cases` graphs by a flag of one i32.
static Value chooseOne(nn::GraphBuilder &b, Type type, Value flag, unsigned cases,
                       llvm::function_ref<Value(unsigned)> code) {
  auto choice = nn::ChooseOp::create(b, TypeRange(type), flag, cases);
  OpBuilder::InsertionGuard guard(b);
  for (auto [number, region] : llvm::enumerate(choice.getCases())) {
    b.createBlock(&region);
    nn::YieldOp::create(b, ValueRange(code(number)));
  }
  return choice.getResult(0);
}

///     y = case 0, by its heads
///     for each other case: if any head takes it: y = select(the head takes it, case, y)
Value attn::chooseByFlags(nn::GraphBuilder &b, RankedTensorType output, Value flags, unsigned cases, Case code) {
  int64_t groups = cast<RankedTensorType>(flags.getType()).getShape()[0];
  if (groups == 1)
    return chooseOne(b, output, flags, cases, [&](unsigned number) { return code(number, Value()); });
  auto isOwn = [&](Value flag, unsigned number) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, flag, b.i32(number));
  };
  auto turnsOf = [&](unsigned number) {
    return b.map(b.tensorOf({groups}, b.getI1Type()), {{flags, {b.loop(0)}}},
                 [&](const nn::LoopScalars &at) { return isOwn(at.elements[0], number); });
  };
  unsigned rank = output.getRank();
  Value result = code(0, turnsOf(0));
  for (unsigned number = 1; number < cases; ++number) {
    Value some = b.fold(b.tensorOf({1}, b.getI32Type()), 1, b.getI32IntegerAttr(0), {{flags, {b.loop(1)}}},
                        [&](const nn::LoopScalars &at) -> Value {
                          Value own = arith::ExtUIOp::create(b, b.getI32Type(), isOwn(at.elements[0], number));
                          return arith::OrIOp::create(b, at.accumulator, own);
                        });
    Value turns = turnsOf(number), before = result;
    result = chooseOne(b, output, some, 2, [&](unsigned isTaken) -> Value {
      if (!isTaken)
        return before;
      return b.map(
          output,
          {{before, b.loopRange(0, rank)}, {code(number, turns), b.loopRange(0, rank)}, {turns, {b.loop(rank - 2)}}},
          [&](const nn::LoopScalars &at) -> Value {
            return arith::SelectOp::create(b, at.elements[2], at.elements[1], at.elements[0]);
          });
    });
  }
  return result;
}
