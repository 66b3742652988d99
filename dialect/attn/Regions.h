//===- Regions.h - the regions of scalars that attention consists of -*- C++ -*-===//
//
// One table says which regions there are, what their arguments are in front of the captures and what they yield. The
// verifier of `attn.generic`, variants written as text and the builder of chains all read it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_REGIONS_H
#define ATTN_DIALECT_ATTN_REGIONS_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace attn {

/// In the order in which `attn.generic` and `attn.variant` have them; a variant has no epilogue.
enum class RegionKind : unsigned { pair, features, score, mask, factor, epilogue };

/// What a region looks like.
struct RegionForm {
  RegionKind kind;
  llvm::StringLiteral name;
  /// Arguments in front of the captures: so many f32, then so many i32. Four of these are the coordinates n, h, i and j
  /// (of an epilogue n, h, i and the feature).
  unsigned numReals, numIntegers;
  bool yieldsMask; ///< i1, else f32

  unsigned numFixed() const { return numReals + numIntegers; }
  bool hasCoordinates() const { return numIntegers == 4; }
  llvm::SmallVector<mlir::Type, 5> fixedTypes(mlir::MLIRContext *context) const;
  mlir::Type yieldedType(mlir::MLIRContext *context) const;
};

inline constexpr RegionForm regionForms[] = {
    {RegionKind::pair, "pair", 2, 1, false},     {RegionKind::features, "features", 1, 0, false},
    {RegionKind::score, "score", 1, 4, false},   {RegionKind::mask, "mask", 0, 4, true},
    {RegionKind::factor, "factor", 0, 4, false}, {RegionKind::epilogue, "epilogue", 1, 4, false},
};

/// The forms that a variant written as text may give.
inline llvm::ArrayRef<RegionForm> variantRegionForms() { return llvm::ArrayRef(regionForms).drop_back(); }

inline const RegionForm &formOf(RegionKind kind) { return regionForms[static_cast<unsigned>(kind)]; }

} // namespace attn

#endif // ATTN_DIALECT_ATTN_REGIONS_H
