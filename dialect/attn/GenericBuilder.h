//===- GenericBuilder.h - collects what a chain of named ops says -*- C++ -*-===//
//
// `attn-generalize` walks a chain from its closing op back to its source, then lets each op say, source first, what it
// adds to the `attn.generic` under construction. This is what they say it to.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_GENERICBUILDER_H
#define ATTN_DIALECT_ATTN_GENERICBUILDER_H

#include "dialect/attn/Regions.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <iterator>
#include <memory>
#include <optional>

namespace attn {

enum class Weighting : uint32_t;
enum class Normalizer : uint32_t;
class GenericOp;

/// Builds inside a region of scalars: the pair's coordinates, and whatever is captured from outside.
class ScalarBuilder : public mlir::ImplicitLocOpBuilder {
public:
  ScalarBuilder(mlir::OpBuilder &at, mlir::Location location, mlir::ValueRange coordinates,
                llvm::function_ref<mlir::Value(mlir::Value)> capture)
      : ImplicitLocOpBuilder(location, at), n(coordinates[0]), h(coordinates[1]), i(coordinates[2]), j(coordinates[3]),
        captureFrom(capture) {}
  /// In a region without coordinates (pair, features), where these are null.
  ScalarBuilder(mlir::OpBuilder &at, mlir::Location location, llvm::function_ref<mlir::Value(mlir::Value)> capture)
      : ImplicitLocOpBuilder(location, at), captureFrom(capture) {}

  /// Sequence, query head, query position and key position: i32. In an epilogue j is the feature.
  const mlir::Value n, h, i, j;

  /// What stands inside the region for `outside`, a tensor, weight or scalar defined around the `attn.generic`: an
  /// argument of the region, or for a scalar constant the same constant inside, so that a constant needs no capture.
  mlir::Value capture(mlir::Value outside) { return captureFrom(outside); }

  mlir::Value f32(double value);
  mlir::Value i32(int64_t value);

  /// An element of a tensor from outside; 16-bit floats arrive as f32.
  mlir::Value load(mlir::Value outside, mlir::ValueRange indices);
  /// An integer from outside to divide by: 1 where it is less, so that the region cannot fault.
  mlir::Value divisor(mlir::Value outside);
  /// i − left ≤ j ≤ i + right, with j alone on its side: the form that the analysis of mask ranges reads.
  mlir::Value isWithin(mlir::Value left, mlir::Value right);
  /// |i − j| ≤ ⌊width / 2⌋, for a width from outside.
  mlir::Value isAround(mlir::Value width);
  /// `changed`, or −∞ where `score` is −∞: what an addition has taken out stays out, whatever bounds scores later.
  mlir::Value unlessMasked(mlir::Value score, mlir::Value changed);

private:
  llvm::function_ref<mlir::Value(mlir::Value)> captureFrom;
};

/// Collects slots and regions, then makes the op.
class GenericBuilder {
public:
  /// `outside` builds before the closing op: constants such as the scale go there.
  GenericBuilder(mlir::OpBuilder &outside, mlir::Location location);
  ~GenericBuilder();

  mlir::ImplicitLocOpBuilder &outside() { return out; }

  /// Adds the pair (query, key) to the sum of products that a score is.
  void addPart(mlir::Value query, mlir::Value key);
  void setScale(mlir::Value f32Scale) { scale = f32Scale; }
  void setValue(mlir::Value newValue) { value = newValue; }
  void setSequences(mlir::Value newSequences) { sequences = newSequences; }
  void setSink(mlir::Value newSink) { sink = readWeight(newSink); }
  void setWeighting(Weighting newWeighting, Normalizer newNormalizer);
  /// What is declared at `location` holds for these weights only: a closing op that sets others is an error.
  void expectWeighting(Weighting declared, Normalizer declaredNormalizer, mlir::Location location);
  /// `lse` may be null: no log-sum-exp.
  void setResultTypes(mlir::Type output, mlir::Type lse);
  void setPower(int64_t newPower) { power = newPower; }
  void setEpsilon(double newEpsilon) { epsilon = newEpsilon; }
  void setGates(mlir::Value newGates) { gates = readWeight(newGates); }
  /// The state that rows and keys continue, and the types of the one they leave; either may be empty. One that stays
  /// takes keys in after a call that leaves a sequence with `switchOver` of them, if given.
  void setState(mlir::ValueRange initial, mlir::TypeRange final, std::optional<int64_t> switchOver);
  /// The form that the closing op asks for, or null.
  void setForm(mlir::StringAttr newForm) { form = newForm; }

  /// Adds a step to a region; `step` gets the region's arguments in front of the captures and returns what it yields.
  ///   score, features, epilogue  arguments[0] is what the steps before gave: steps apply in their order
  ///   mask                       a pair stays admitted where the step holds, too
  ///   factor                     factors multiply
  ///   pair                       there is one: a second step is an error
  void grow(RegionKind kind, llvm::function_ref<mlir::Value(ScalarBuilder &, mlir::ValueRange arguments)> step);

  /// Appends to the score region: `change` gets the score so far and returns the new one.
  void changeScore(llvm::function_ref<mlir::Value(ScalarBuilder &, mlir::Value score)> change);

  /// Narrows the mask: a pair stays admitted where `admits` (i1) holds too.
  void narrowMask(llvm::function_ref<mlir::Value(ScalarBuilder &)> admits);

  /// Makes the op; to be called once, after the closing op has spoken. Where the ops contradict each other there is
  /// none, and an error says which.
  mlir::FailureOr<GenericOp> create();

private:
  struct ScalarRegion;
  struct DeclaredWeighting {
    Weighting weighting;
    Normalizer normalizer;
    mlir::Location location;
  };
  mlir::Value captureInto(ScalarRegion &region, mlir::Value outside);
  /// A weight as a tensor, which regions and slots can take: each call copies its elements as f32, whatever their
  /// storage. All else is what it is.
  mlir::Value readWeight(mlir::Value outside);
  mlir::LogicalResult checkWeighting();

  mlir::ImplicitLocOpBuilder out;
  llvm::SmallVector<mlir::Value> queries, keys, captures, state;
  mlir::Value scale, value, sequences, sink, gates;
  mlir::Type outputType, lseType;
  llvm::SmallVector<mlir::Type> finalTypes;
  std::optional<int64_t> power, switchOver;
  std::optional<double> epsilon;
  mlir::StringAttr form;
  Weighting weighting{};
  Normalizer normalizer{};
  llvm::SmallVector<DeclaredWeighting, 1> declared;
  llvm::SmallDenseMap<mlir::Value, mlir::Value> readWeights;
  /// By RegionKind; null where no op has said anything.
  std::unique_ptr<ScalarRegion> regions[std::size(regionForms)];
  /// Where a second pair region was given.
  std::optional<mlir::Location> secondPair;
};

} // namespace attn

#endif // ATTN_DIALECT_ATTN_GENERICBUILDER_H
