//===- VariantList.h - the built-in variants, by name -*- C++ -*-===//
//
// Derived at configure time from dialect/attn/Variants.cmake and the .td files that it lists.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_VARIANTLIST_H
#define ATTN_TOOLS_VARIANTLIST_H

namespace attn {

struct ListedVariant {
  const char *name;
  const char *kind; ///< source, modifier, closing, operand or layer
  const char *summary;
  const char *source; ///< the paper and section that define it
};

inline constexpr ListedVariant listedVariants[] = {
#include "tools/VariantList.inc"
};

} // namespace attn

#endif // ATTN_TOOLS_VARIANTLIST_H
