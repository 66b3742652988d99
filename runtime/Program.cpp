//===- Program.cpp - names, types and shapes of a program -*- C++ -*-===//

#include "runtime/Program.h"

#include <algorithm>

namespace attn {

namespace {
struct TypeRow {
  const char *name;
  int64_t size;
};
} // namespace

static constexpr TypeRow typeRows[] = {{"f32", 4}, {"bf16", 2}, {"f16", 2}, {"i32", 4},
                                       {"i64", 8}, {"i8", 1},   {"u8", 1},  {"i1", 1}};

const char *elementTypeName(ElementType type) { return typeRows[static_cast<int>(type)].name; }

int64_t elementSize(ElementType type) { return typeRows[static_cast<int>(type)].size; }

std::optional<ElementType> findElementType(std::string_view name) {
  for (const TypeRow &row : typeRows)
    if (name == row.name)
      return static_cast<ElementType>(&row - typeRows);
  return std::nullopt;
}

std::string describeShape(const SymbolicShape &shape) {
  std::string text = "[";
  for (const Dimension &dimension : shape)
    text += (text.size() > 1 ? ", " : "") + dimension.text;
  return text + "]";
}

std::string describeShape(const int64_t *sizes, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(sizes[i]);
  return text + "]";
}

std::string WeightDeclaration::tensorName(int64_t i) const {
  if (index.empty())
    return name;
  std::string text = name;
  std::string placeholder = "{" + index + "}";
  for (size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder))
    text.replace(at, placeholder.size(), std::to_string(i));
  return text;
}

template <typename T> static int findByName(const std::vector<T> &items, std::string_view name) {
  auto found = std::find_if(items.begin(), items.end(), [&](const T &item) { return item.name == name; });
  return found == items.end() ? -1 : static_cast<int>(found - items.begin());
}

size_t Kernel::bufferNumber(int argument) const {
  auto isBuffer = [](const KernelArgument &before) { return before.kind != KernelArgument::Kind::scalar; };
  return static_cast<size_t>(std::count_if(arguments.begin(), arguments.begin() + argument, isBuffer));
}

int Function::findArgument(std::string_view name) const { return findByName(arguments, name); }
int Function::findSymbol(std::string_view name) const { return findByName(symbols, name); }
const KernelReport *Program::findReport(std::string_view kernel) const {
  int row = findByName(report, kernel);
  return row < 0 ? nullptr : &report[row];
}
int Program::findFunction(std::string_view name) const { return findByName(functions, name); }
int Program::findState(std::string_view name) const { return findByName(states, name); }

} // namespace attn
