//===- Parameters.cpp - the compile-time parameters of a model ---===//
//
// A model writes the default where it is used, and is valid as it stands. Two kinds of parameter: the element type of
// caches, `!cache = !attn.cache<30x?x?x3x64xbf16>` at its top (those of width 1 hold gates, which stay f32), and
// choices among private functions, `call @standard(…) {nn.choice = "attention"}`, whose callee is replaced.
//
//===----------------------------------------------------------------------===//

#include "passes/Parameters.h"

#include "dialect/attn/Checks.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// The element type of all caches
//===----------------------------------------------------------------------===//

static LogicalResult setCacheElement(ModuleOp module, StringRef value) {
  Builder builder(module.getContext());
  Type element = llvm::StringSwitch<Type>(value)
                     .Case("f32", builder.getF32Type())
                     .Case("bf16", builder.getBF16Type())
                     .Case("f16", builder.getF16Type())
                     .Default(Type());
  if (!element)
    return module.emitError() << "the parameter 'cache' of the model is f32, bf16 or f16, but --set gives '" << value
                              << "'";
  bool found = false;
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](CacheType type) -> Type {
    if (type.getShape().empty() || type.getShape().back() == 1) // log gates, which are f32
      return type;
    found = true;
    return CacheType::get(type.getContext(), type.getShape(), element);
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
  if (!found)
    return module.emitError() << "the model does not have the parameter 'cache' that --set names, because it uses no "
                                 "!attn.cache of keys or values; leave it out";
  return success();
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

static constexpr StringRef choiceAttr = "nn.choice";

/// The calls whose callee is the choice `name`; and the names of all choices, for messages.
static SmallVector<func::CallOp> callsOf(ModuleOp module, StringRef name, llvm::SetVector<StringRef> &names) {
  SmallVector<func::CallOp> calls;
  module.walk([&](func::CallOp call) {
    auto choice = call->getAttrOfType<StringAttr>(choiceAttr);
    if (!choice)
      return;
    names.insert(choice.getValue());
    if (choice.getValue() == name)
      calls.push_back(call);
  });
  return calls;
}

/// The private functions of the module that a call may go to instead.
static SmallVector<StringRef> choicesOf(ModuleOp module, func::CallOp call) {
  SmallVector<StringRef> names;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPrivate() && !function.isExternal() && function.getFunctionType() == call.getCalleeType())
      names.push_back(function.getSymName());
  return names;
}

/// Each call goes to the private function `value`, which has the type of the one that it replaces. Where it has not,
/// calls of one type are wrong in one way.
static LogicalResult choose(ModuleOp module, ArrayRef<func::CallOp> calls, StringRef name, StringRef value) {
  Checks checks;
  llvm::SmallPtrSet<Type, 2> refused;
  for (func::CallOp call : calls) {
    SmallVector<StringRef> choices = choicesOf(module, call);
    if (llvm::is_contained(choices, value)) {
      call.setCallee(value);
      continue;
    }
    if (!refused.insert(call.getCalleeType()).second)
      continue;
    checks.add(emitError(call.getLoc())
               << "the parameter '" << name << "', by which this call chooses a function, cannot be '" << value
               << "', which is no private function of the type " << call.getCalleeType() << "; "
               << (choices.empty() ? "there is none" : "choose one of " + llvm::join(choices, ", ")));
  }
  return checks;
}

LogicalResult attn::setParameter(ModuleOp module, StringRef name, StringRef value) {
  if (name == "cache")
    return setCacheElement(module, value);
  llvm::SetVector<StringRef> names;
  SmallVector<func::CallOp> calls = callsOf(module, name, names);
  if (!calls.empty())
    return choose(module, calls, name, value);
  names.insert("cache");
  return module.emitError() << "the model does not have the parameter '" << name
                            << "' that --set names; those it has are " << llvm::join(names.getArrayRef(), ", ");
}
