//===- Parameters.cpp - the compile-time parameters of a model ---===//
//
// A model writes the default where it is used: `!cache = !attn.cache<30x?x?x3x64xbf16>` at its top. Setting a parameter
// replaces that in types, so that a model needs no syntax for parameters and is valid as it stands.
//
//===----------------------------------------------------------------------===//

#include "passes/Parameters.h"

#include "dialect/attn/Attn.h"

#include "mlir/IR/AttrTypeSubElements.h"

using namespace mlir;
using namespace attn;

/// The element type of all caches.
static LogicalResult setCacheElement(ModuleOp module, StringRef value) {
  Builder builder(module.getContext());
  Type element = llvm::StringSwitch<Type>(value)
                     .Case("f32", builder.getF32Type())
                     .Case("bf16", builder.getBF16Type())
                     .Case("f16", builder.getF16Type())
                     .Default(Type());
  if (!element)
    return module.emitError() << "expects the parameter 'cache' to be f32, bf16 or f16, but got '" << value << "'";
  bool found = false;
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](CacheType type) -> Type {
    found = true;
    return CacheType::get(type.getContext(), type.getShape(), element);
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
  if (!found)
    return module.emitError() << "does not have the parameter 'cache': the model uses no !attn.cache";
  return success();
}

LogicalResult attn::setParameter(ModuleOp module, StringRef name, StringRef value) {
  if (name == "cache")
    return setCacheElement(module, value);
  return module.emitError() << "does not have the parameter '" << name
                            << "'; the one there is is 'cache', the element type of caches";
}
