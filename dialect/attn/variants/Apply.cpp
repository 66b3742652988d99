//===- Apply.cpp - what `apply` adds to the generic form ---===//

#include "dialect/attn/Variants.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attn;

/// What else the name might have been.
static std::string listDeclared(Operation *op) {
  std::string names;
  for (VariantOp variant : SymbolTable::getNearestSymbolTable(op)->getRegion(0).getOps<VariantOp>())
    names += (names.empty() ? "" : ", ") + ("@" + variant.getSymName()).str();
  return names.empty() ? "none is declared; bring a file of them in by --with=FILE" : "declared are " + names;
}

/// Floats that arrive as f32 in a region, and whatever else arrives as it is.
static Type loadedElement(Type element) {
  return element.isBF16() || element.isF16() ? Type(Float32Type::get(element.getContext())) : element;
}

/// What to do about an operand that cannot stand for a parameter; empty where it can. The region's copy takes the
/// operand's own type, and reads it by attn.load alone: all that has to agree is the indices and what a load gives.
static std::string remedyFor(Type declared, Type given) {
  if (declared == given)
    return "";
  auto tensor = dyn_cast<RankedTensorType>(declared);
  if (!tensor || !isa<RankedTensorType, nn::WeightType>(given))
    return "give one of the declared type, or declare the type that is given";
  if (loadedElement(dataElementType(given)) != loadedElement(tensor.getElementType()))
    return "give elements of the declared type; floats of 16 and 32 bits, and weights, stand for one another";
  ArrayRef<int64_t> sizes = dataShape(given);
  if (static_cast<int64_t>(sizes.size()) != tensor.getRank())
    return "give as many dimensions as are declared";
  for (auto [dimension, size] : llvm::enumerate(tensor.getShape()))
    if (!ShapedType::isDynamic(size) && size != sizes[dimension])
      return llvm::formatv("give dimension {0} the size {1} by its type, or declare it as `?`", dimension, size);
  return "";
}

LogicalResult ApplyOp::verifySymbolUses(SymbolTableCollection &symbols) { // (C1)
  auto variant = symbols.lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (!variant)
    return emitOpError() << "expects @" << getVariant() << " to name an attn.variant, but " << listDeclared(*this);
  TypeRange expected = variant.getParameterTypes(), given = getParameters().getTypes();
  std::string remedy;
  if (expected.size() != given.size())
    remedy = "give one operand for each parameter, in their order";
  for (size_t number = 0; remedy.empty() && number != expected.size(); ++number)
    if (remedy = remedyFor(expected[number], given[number]); !remedy.empty())
      remedy = ("parameter " + Twine(number) + ": " + remedy).str();
  if (remedy.empty())
    return success();
  InFlightDiagnostic error = emitOpError() << "expects parameters of type (" << expected << ") for @" << getVariant()
                                           << ", but got (" << given << "); " << remedy;
  error.attachNote(variant.getLoc()) << "the variant is declared here";
  return error;
}

/// Copies the ops of a variant's region behind what the builder has built; `fixed` stand for the region's own
/// arguments.
static Value inlineScalars(ScalarBuilder &b, Region &region, ValueRange fixed, ValueRange parameters) {
  IRMapping mapping;
  Block &block = region.front();
  mapping.map(block.getArguments().take_front(fixed.size()), fixed);
  for (auto [argument, parameter] : llvm::zip_equal(block.getArguments().drop_front(fixed.size()), parameters))
    if (!argument.use_empty())
      mapping.map(argument, b.capture(parameter));
  for (Operation &op : block.without_terminator())
    b.clone(op, mapping);
  return mapping.lookup(cast<YieldOp>(block.getTerminator()).getValue());
}

void ApplyOp::contribute(GenericBuilder &generic) {
  auto variant = SymbolTable::lookupNearestSymbolFrom<VariantOp>(*this, getVariantAttr());
  if (variant.getWeighting()) // (C2)
    generic.expectWeighting(*variant.getWeighting(), *variant.getNormalizer(), variant.getLoc());
  for (const RegionForm &form : variantRegionForms()) {
    Region &region = variant.regionOf(form.kind);
    if (!region.empty()) // (C3) is the builder's: it knows the other pair region
      generic.grow(form.kind, [&](ScalarBuilder &b, ValueRange fixed) {
        return inlineScalars(b, region, fixed, getParameters());
      });
  }
}
