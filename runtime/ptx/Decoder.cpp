//===- Decoder.cpp - the names of a kernel become slots -===//
//
// Scopes nest because inline assembly brings braces with registers and labels of its own. A branch is resolved when the
// scope that holds its label closes, so forward references cost one list.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Decoder.h"

#include <cstring>
#include <limits>

namespace attn::ptx {

namespace {

struct SpecialName {
  const char *name;
  Special special;
  uint8_t width = 4;
};

const SpecialName specialNames[] = {
    {"%tid.x", Special::tidX},
    {"%tid.y", Special::tidY},
    {"%tid.z", Special::tidZ},
    {"%ntid.x", Special::ntidX},
    {"%ntid.y", Special::ntidY},
    {"%ntid.z", Special::ntidZ},
    {"%ctaid.x", Special::ctaidX},
    {"%ctaid.y", Special::ctaidY},
    {"%ctaid.z", Special::ctaidZ},
    {"%nctaid.x", Special::nctaidX},
    {"%nctaid.y", Special::nctaidY},
    {"%nctaid.z", Special::nctaidZ},
    {"%laneid", Special::laneid},
    {"%warpid", Special::warpid},
    {"%nwarpid", Special::nwarpid},
    {"%lanemask_eq", Special::lanemaskEq},
    {"%lanemask_lt", Special::lanemaskLt},
    {"%lanemask_le", Special::lanemaskLe},
    {"%lanemask_gt", Special::lanemaskGt},
    {"%lanemask_ge", Special::lanemaskGe},
    {"%cluster_ctarank", Special::clusterCtaRank},
    {"%cluster_nctarank", Special::clusterNctaRank},
    {"%dynamic_smem_size", Special::dynamicSharedSize},
    {"%cluster_ctaid.x", Special::clusterCtaid},
    {"%cluster_ctaid.y", Special::clusterCtaid},
    {"%cluster_ctaid.z", Special::clusterCtaid},
    {"%cluster_nctaid.x", Special::clusterNctaid},
    {"%cluster_nctaid.y", Special::clusterNctaid},
    {"%cluster_nctaid.z", Special::clusterNctaid},
};

std::string text(std::string_view view) { return std::string(view); }

} // namespace

Decoder::Decoder(Kernel &kernel, const Symbols &moduleSymbols) : kernel(kernel), moduleSymbols(moduleSymbols) {
  scopes.emplace_back();
  for (const auto &[name, symbol] : moduleSymbols)
    if (symbol.kind == Symbol::Kind::dynamicShared)
      dynamicAlign = std::max(dynamicAlign, uint32_t(symbol.address));
}

uint32_t Decoder::newLanes(uint8_t width) {
  uint32_t slot = kernel.registerBytes;
  kernel.registerBytes += warpSize * width;
  return slot;
}

uint32_t Decoder::newPredicate() {
  if (predicatesLeft == 0) {
    predicateSlot = newLanes(4);
    predicatesLeft = warpSize;
  }
  return predicateSlot + 4 * --predicatesLeft;
}

Status Decoder::declareRegisters(Type type, std::string_view name, uint32_t count) {
  Symbol symbol;
  symbol.count = count;
  uint32_t registers = std::max(count, 1u);
  if (uint64_t(registers) * warpSize * 8 + kernel.registerBytes > std::numeric_limits<uint32_t>::max() / 4)
    return failure(Code::corrupt, "%u registers '%s' are more than a kernel can have", count, text(name).c_str());
  if (type == Type::pred) {
    symbol.kind = Symbol::Kind::predicate;
    symbol.slot = newLanes(4);
    for (uint32_t bytes = warpSize * 4; bytes < registers * 4; bytes += warpSize * 4)
      newLanes(4);
  } else {
    symbol.width = sizeOf(type) == 8 ? 8 : 4;
    symbol.slot = newLanes(symbol.width);
    for (uint32_t i = 1; i < registers; ++i)
      newLanes(symbol.width);
  }
  scopes.back().symbols[text(name)] = symbol;
  return {};
}

Status Decoder::declareVariable(Space space, std::string_view name, uint64_t bytes, uint32_t align) {
  uint32_t &total = space == Space::shared ? kernel.staticSharedBytes : kernel.localBytes;
  uint64_t begin = (uint64_t(total) + align - 1) / align * align;
  if (begin + bytes > (1u << 30))
    return failure(Code::corrupt, "variable '%s' of %llu bytes is larger than its memory", text(name).c_str(),
                   static_cast<unsigned long long>(bytes));
  total = uint32_t(begin + bytes);
  Symbol symbol;
  symbol.kind = Symbol::Kind::address;
  symbol.address = begin + (space == Space::shared ? sharedBase : 0);
  scopes.back().symbols[text(name)] = symbol;
  return {};
}

void Decoder::declareParameter(const Parameter &parameter) {
  Symbol symbol;
  symbol.kind = Symbol::Kind::address;
  symbol.address = parameter.offset;
  scopes.back().symbols[parameter.name] = symbol;
}

Status Decoder::closeScope() {
  Scope &scope = scopes.back();
  size_t kept = scope.firstBranch;
  for (size_t i = scope.firstBranch; i < pendingBranches.size(); ++i) {
    auto found = scope.labels.find(pendingBranches[i].label);
    if (found == scope.labels.end())
      pendingBranches[kept++] = pendingBranches[i];
    else
      kernel.code[pendingBranches[i].instruction].target = found->second;
  }
  pendingBranches.resize(kept);
  scopes.pop_back();
  return {};
}

Status Decoder::finish() {
  ATTN_RETURN_IF_ERROR(closeScope());
  if (!pendingBranches.empty()) {
    const Branch &branch = pendingBranches.front();
    return failure(Code::corrupt, "line %u: label '%s' is nowhere in this scope", kernel.code[branch.instruction].line,
                   text(branch.label).c_str());
  }
  // Falling off the end is leaving.
  Instruction end;
  end.opcode = Opcode::ret;
  end.line = kernel.code.empty() ? 0 : kernel.code.back().line;
  kernel.code.push_back(end);
  kernel.staticSharedBytes = (kernel.staticSharedBytes + dynamicAlign - 1) / dynamicAlign * dynamicAlign;
  for (const DynamicAddress &dynamic : dynamicAddresses)
    setConstant(dynamic.slot, dynamic.width,
                uint64_t(sharedBase) + kernel.staticSharedBytes + uint64_t(dynamic.offset));
  for (auto [special, slot] : specialSlots)
    kernel.specials.push_back({special, slot});
  return {};
}

/// A name itself in the innermost scope that has it, else a family `%r<n>` and the member's index.
const Symbol *Decoder::lookUp(std::string_view name, uint32_t &index) const {
  index = 0;
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  for (size_t i = scopes.size(); i-- > 0;) {
    const Symbols &symbols = scopes[i].symbols;
    if (auto exact = symbols.find(name); exact != symbols.end() && exact->second.count == 0)
      return &exact->second;
    if (digits == name.size() || name.size() - digits > 7)
      continue;
    auto family = symbols.find(name.substr(0, digits));
    if (family == symbols.end())
      continue;
    for (size_t d = digits; d < name.size(); ++d)
      index = index * 10 + uint32_t(name[d] - '0');
    if (index < family->second.count)
      return &family->second;
    index = 0;
  }
  auto global = moduleSymbols.find(name);
  return global == moduleSymbols.end() ? nullptr : &global->second;
}

bool Decoder::special(std::string_view name, Operand &operand) {
  for (const SpecialName &candidate : specialNames) {
    if (name != candidate.name)
      continue;
    auto [found, isNew] = specialSlots.try_emplace(candidate.special, 0);
    if (isNew)
      found->second = newLanes(4);
    operand = {};
    operand.kind = Operand::Kind::lanes;
    operand.slot = found->second;
    return true;
  }
  return false;
}

void Decoder::setConstant(uint32_t slot, uint8_t width, uint64_t bits) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    std::memcpy(kernel.constants.data() + slot + lane * width, &bits, width);
}

Operand Decoder::constantLanes(uint64_t bits, uint8_t width, bool shared) {
  if (width == 4)
    bits &= 0xffffffffu;
  Operand operand;
  operand.kind = Operand::Kind::lanes;
  operand.constant = true;
  operand.width = width;
  auto found = constantSlots.find({bits, width});
  if (shared && found != constantSlots.end()) {
    operand.slot = found->second;
    return operand;
  }
  operand.slot = uint32_t(kernel.constants.size());
  kernel.constants.resize(kernel.constants.size() + warpSize * width);
  setConstant(operand.slot, width, bits);
  if (shared)
    constantSlots[{bits, width}] = operand.slot;
  return operand;
}

Operand Decoder::lanesOf(const Symbol &symbol, uint32_t index) const {
  Operand operand;
  bool isPredicate = symbol.kind == Symbol::Kind::predicate;
  operand.kind = isPredicate ? Operand::Kind::predicate : Operand::Kind::lanes;
  operand.width = isPredicate ? 4 : symbol.width;
  operand.slot = symbol.slot + index * (isPredicate ? 4 : warpSize * symbol.width);
  return operand;
}

Status Decoder::source(const RawOperand &raw, Type type, Operand &operand, bool loose) {
  uint8_t width = sizeOf(type) == 8 ? 8 : 4;
  unsigned bits = sizeOf(type) * 8;
  switch (raw.kind) {
  case RawOperand::Kind::integer: {
    uint64_t value = raw.value;
    if (bits < 32)
      value &= (uint64_t(1) << bits) - 1;
    operand = constantLanes(value, width);
    return {};
  }
  case RawOperand::Kind::float32:
  case RawOperand::Kind::float64:
    if ((raw.kind == RawOperand::Kind::float64) != (width == 8) || bits < 32)
      return failure(Code::corrupt, "a float constant has another width than the instruction's type");
    operand = constantLanes(raw.value, width);
    return {};
  case RawOperand::Kind::word:
    break;
  case RawOperand::Kind::vector:
  case RawOperand::Kind::memory:
    return failure(Code::corrupt, "a vector or an address stands where one value is expected");
  }
  if (special(raw.word, operand))
    return {};
  uint32_t index;
  const Symbol *symbol = lookUp(raw.word, index);
  if (!symbol)
    return failure(Code::corrupt, "'%s' is not declared", text(raw.word).c_str());
  if (symbol->kind == Symbol::Kind::address) {
    operand = constantLanes(symbol->address + uint64_t(raw.offset), width);
    return {};
  }
  if (symbol->kind == Symbol::Kind::dynamicShared) {
    operand = constantLanes(0, width, false);
    dynamicAddresses.push_back({operand.slot, width, raw.offset});
    return {};
  }
  if (symbol->kind == Symbol::Kind::predicate)
    return failure(Code::corrupt, "predicate '%s' stands where a value is expected", text(raw.word).c_str());
  if (symbol->width != width && !(loose && symbol->width > width))
    return failure(Code::corrupt, "'%s' is a %u-bit register, but the type needs %u bits", text(raw.word).c_str(),
                   symbol->width * 8u, width * 8u);
  operand = lanesOf(*symbol, index);
  return {};
}

Status Decoder::destination(const RawOperand &raw, Type type, Operand &operand, bool loose) {
  if (raw.kind == RawOperand::Kind::word && raw.word == "_") {
    operand = {};
    operand.kind = Operand::Kind::lanes;
    operand.width = sizeOf(type) == 8 ? 8 : 4;
    operand.slot = newLanes(operand.width);
    operand.sink = true;
    return {};
  }
  ATTN_RETURN_IF_ERROR(source(raw, type, operand, loose));
  if (operand.constant || raw.kind != RawOperand::Kind::word || raw.word.find('.') != std::string_view::npos)
    return failure(Code::corrupt, "the destination is not a register");
  return {};
}

Status Decoder::predicate(const RawOperand &raw, Operand &operand, bool write) {
  if (raw.kind == RawOperand::Kind::integer && !write) {
    operand = constantLanes(raw.value ? ~uint64_t(0) : 0, 4);
    operand.kind = Operand::Kind::predicate;
    operand.negated = raw.negated;
    return {};
  }
  if (raw.kind != RawOperand::Kind::word)
    return failure(Code::corrupt, "a predicate is expected");
  if (raw.word == "_" && write) {
    operand = {};
    operand.kind = Operand::Kind::predicate;
    operand.slot = newPredicate();
    operand.sink = true;
    return {};
  }
  uint32_t index;
  const Symbol *symbol = lookUp(raw.word, index);
  if (!symbol || symbol->kind != Symbol::Kind::predicate)
    return failure(Code::corrupt, "'%s' is not a predicate", text(raw.word).c_str());
  operand = lanesOf(*symbol, index);
  operand.negated = raw.negated;
  return {};
}

Status Decoder::vector(const RawOperand &raw, Type type, Operand &operand, bool write, bool loose) {
  std::vector<Operand> elements;
  if (raw.kind == RawOperand::Kind::vector) {
    for (const RawOperand &element : raw.elements)
      ATTN_RETURN_IF_ERROR(write ? destination(element, type, elements.emplace_back(), loose)
                                 : source(element, type, elements.emplace_back(), loose));
  } else {
    ATTN_RETURN_IF_ERROR(write ? destination(raw, type, elements.emplace_back(), loose)
                               : source(raw, type, elements.emplace_back(), loose));
  }
  operand = {};
  operand.kind = Operand::Kind::vector;
  operand.width = sizeOf(type) == 8 ? 8 : 4;
  operand.count = uint16_t(elements.size());
  operand.slot = uint32_t(kernel.vectors.size());
  kernel.vectors.insert(kernel.vectors.end(), elements.begin(), elements.end());
  return {};
}

Status Decoder::address(const RawOperand &raw, Space space, Operand &operand) {
  if (raw.kind != RawOperand::Kind::memory || raw.elements.empty())
    return failure(Code::corrupt, "an address in brackets is expected");
  const RawOperand &inner = raw.elements[0];
  uint32_t index;
  const Symbol *symbol = inner.kind == RawOperand::Kind::word ? lookUp(inner.word, index) : nullptr;
  bool narrow = symbol && symbol->kind == Symbol::Kind::lanes && symbol->width == 4;
  if (narrow && space == Space::global)
    return failure(Code::corrupt, "'%s' has 32 bits, but a global address has 64", text(inner.word).c_str());
  ATTN_RETURN_IF_ERROR(source(inner, narrow ? Type::u32 : Type::u64, operand));
  operand.offset = operand.constant ? 0 : inner.offset;
  operand.kind = Operand::Kind::address;
  return {};
}

Status Decoder::immediate(const RawOperand &raw, int64_t &value) {
  if (raw.kind != RawOperand::Kind::integer)
    return failure(Code::corrupt, "an integer constant is expected");
  value = int64_t(raw.value);
  return {};
}

Status Decoder::decode(const Statement &statement) {
  Instruction instruction;
  instruction.line = statement.line;
  std::string where = "line " + std::to_string(statement.line) + ": '" + text(statement.mnemonic) + "'";
  if (!statement.guard.empty()) {
    RawOperand raw;
    raw.word = statement.guard;
    Operand guard;
    if (Status status = predicate(raw, guard, false); !status)
      return status.at(where);
    instruction.guard = int32_t(guard.slot);
    instruction.guardNegated = statement.guardNegated;
  }
  bool known = false;
  for (auto *decodeFamily : {decodeRegular, decodeData, decodeWarp, decodeMatrix, decodeAsync}) {
    if (Status status = decodeFamily(*this, statement, instruction, known); !status)
      return status.at(where);
    if (known)
      break;
  }
  if (!known)
    return failure(Code::unsupported, "line %u: unknown instruction '%s'", statement.line,
                   text(statement.mnemonic).c_str());
  kernel.code.push_back(instruction);
  return {};
}

} // namespace attn::ptx
