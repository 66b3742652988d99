//===- VariantList.h - names and summaries of the built-in variants -*- C++ -*-===//
//
// Derived at configure time from dialect/attn/Variants.cmake and the .td files that it lists.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_VARIANTLIST_H
#define ATTN_TOOLS_VARIANTLIST_H

namespace attn {

struct ListedVariant {
  const char *name, *summary;
};

inline constexpr ListedVariant listedVariants[] = {
#include "tools/VariantList.inc"
};

} // namespace attn

#endif // ATTN_TOOLS_VARIANTLIST_H
