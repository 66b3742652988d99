//===- DecodeData.cpp - moves, conversions, comparisons, branches and memory accesses -===//
//
// The instructions whose operands the table of `DecodeRegular.cpp` cannot describe: more than one type, vectors,
// addresses. Cache hints change nothing that an interpreter can see, so they are accepted and dropped; the memory is
// sequentially consistent, so orderings and scopes are too.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Decoder.h"

#include <algorithm>

namespace attn::ptx {

namespace {

const char *const cacheSuffixes =
    " volatile v2 v4 v8 nc ca cg cs lu cv wb wt weak relaxed acquire release acq_rel sc cta gpu sys cluster noftz "
    "L1::no_allocate L1::evict_last L1::evict_first L1::evict_normal L1::evict_unchanged L2::cache_hint L2::evict_last "
    "L2::evict_first L2::evict_normal L2::64B L2::128B L2::256B unified mmio ";

const char *const atomicSuffixes =
    " volatile relaxed acquire release acq_rel cta gpu sys cluster noftz L2::cache_hint ";

struct SpaceName {
  const char *name;
  Space space;
};
const SpaceName spaceNames[] = {{"global", Space::global},      {"shared", Space::shared},
                                {"shared::cta", Space::shared}, {"shared::cluster", Space::shared},
                                {"local", Space::local},        {"param", Space::param},
                                {"param::entry", Space::param}, {"const", Space::constant}};

/// Takes the state space out of the suffixes.
Statement withoutSpace(const Statement &statement, Space &space) {
  Statement rest = statement;
  for (const SpaceName &candidate : spaceNames) {
    auto found = std::find(rest.suffixes.begin(), rest.suffixes.end(), candidate.name);
    if (found == rest.suffixes.end())
      continue;
    space = candidate.space;
    rest.suffixes.erase(found);
  }
  return rest;
}

Status decodeMove(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " "));
  instruction.family = Family::integer;
  if (statement.operands.size() != 2 || instruction.type == Type::none)
    return wrongOperandCount(statement);
  const RawOperand &to = statement.operands[0], &from = statement.operands[1];
  instruction.opcode = Opcode::mov;
  if (instruction.type == Type::pred) {
    ATTN_RETURN_IF_ERROR(decoder.predicate(to, instruction.operands[0], true));
    return decoder.predicate(from, instruction.operands[1], false);
  }
  const RawOperand *pieces = to.kind == RawOperand::Kind::vector     ? &to
                             : from.kind == RawOperand::Kind::vector ? &from
                                                                     : nullptr;
  if (!pieces) {
    ATTN_RETURN_IF_ERROR(decoder.destination(to, instruction.type, instruction.operands[0]));
    return decoder.source(from, instruction.type, instruction.operands[1]);
  }
  unsigned bytes = sizeOf(instruction.type), count = unsigned(pieces->elements.size());
  if (count == 0 || bytes % count != 0)
    return failure(Code::corrupt, "%u pieces do not make up the type", count);
  Type piece = bytes / count == 4 ? Type::b32 : bytes / count == 2 ? Type::b16 : Type::b8;
  instruction.sourceType = piece;
  if (pieces == &to) {
    instruction.opcode = Opcode::unpack;
    ATTN_RETURN_IF_ERROR(decoder.vector(to, piece, instruction.operands[0], true));
    return decoder.source(from, instruction.type, instruction.operands[1]);
  }
  instruction.opcode = Opcode::pack;
  ATTN_RETURN_IF_ERROR(decoder.destination(to, instruction.type, instruction.operands[0]));
  return decoder.vector(from, piece, instruction.operands[1], false);
}

Status decodeConversion(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  static const struct {
    const char *name;
    Rounding rounding;
  } roundings[] = {{"rn", Rounding::rn},   {"rz", Rounding::rz},   {"rm", Rounding::rm},   {"rp", Rounding::rp},
                   {"rni", Rounding::rni}, {"rzi", Rounding::rzi}, {"rmi", Rounding::rmi}, {"rpi", Rounding::rpi}};
  Statement rest = statement;
  for (const auto &candidate : roundings) {
    auto found = std::find(rest.suffixes.begin(), rest.suffixes.end(), candidate.name);
    if (found == rest.suffixes.end())
      continue;
    instruction.rounding = candidate.rounding;
    rest.suffixes.erase(found);
  }
  static const SuffixEffect effects[] = {{"ftz", flag::ftz}, {"sat", flag::sat}};
  ATTN_RETURN_IF_ERROR(readSuffixes(rest, instruction, effects, std::size(effects), " "));
  instruction.family = Family::conversion;
  Type to = instruction.type, from = instruction.sourceType;
  if (to == Type::none || from == Type::none)
    return failure(Code::corrupt, "a conversion needs two types");
  bool pairs = to == Type::f16x2 || to == Type::bf16x2;
  instruction.opcode = pairs ? Opcode::cvtPack : Opcode::cvt;
  if (pairs && (from != Type::f32 || (instruction.rounding != Rounding::rn && instruction.rounding != Rounding::rz)))
    return failure(Code::unsupported, "pairs are made from f32 with .rn or .rz only");
  bool upOrDown = instruction.rounding == Rounding::rm || instruction.rounding == Rounding::rp;
  if (upOrDown)
    return failure(Code::unsupported, "rounding .rm and .rp between formats is not carried");
  if (statement.operands.size() != (pairs ? 3u : 2u))
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], to, instruction.operands[0], true));
  for (unsigned i = 1; i < statement.operands.size(); ++i)
    ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[i], from, instruction.operands[i], true));
  return {};
}

Status decodeCompare(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  static const char *const names[] = {"eq", "ne",  "lt",  "le",  "gt",  "ge",  "lo",  "ls",  "hi",
                                      "hs", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};
  Statement rest = statement;
  auto compare =
      rest.suffixes.empty() ? std::end(names) : std::find(std::begin(names), std::end(names), rest.suffixes[0]);
  if (compare == std::end(names))
    return failure(Code::unsupported, "unknown comparison");
  instruction.compare = static_cast<Compare>(compare - std::begin(names));
  rest.suffixes.erase(rest.suffixes.begin());
  if (!rest.suffixes.empty()) {
    std::string_view combine = rest.suffixes[0];
    instruction.operation = combine == "and"   ? Operation::bitAnd
                            : combine == "or"  ? Operation::bitOr
                            : combine == "xor" ? Operation::bitXor
                                               : Operation::none;
    if (instruction.operation != Operation::none)
      rest.suffixes.erase(rest.suffixes.begin());
  }
  static const SuffixEffect effects[] = {{"ftz", flag::ftz}};
  ATTN_RETURN_IF_ERROR(readSuffixes(rest, instruction, effects, std::size(effects), " "));
  instruction.opcode = Opcode::setp;
  instruction.family = isFloat(instruction.type) || isHalf(instruction.type) ? Family::floating : Family::integer;
  unsigned first = statement.paired ? 2 : 1;
  bool combines = instruction.operation != Operation::none;
  if (statement.operands.size() != first + 2 + combines)
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[0], instruction.operands[0], true));
  ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[first], instruction.type, instruction.operands[1]));
  ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[first + 1], instruction.type, instruction.operands[2]));
  if (combines)
    ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[first + 2], instruction.operands[3], false));
  if (statement.paired)
    ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[1], instruction.operands[4], true));
  return {};
}

Status decodeLoadStore(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  Statement rest = withoutSpace(statement, instruction.space);
  if (statement.has("L2::cache_hint") && rest.operands.size() == 3)
    rest.operands.pop_back();
  ATTN_RETURN_IF_ERROR(readSuffixes(rest, instruction, nullptr, 0, cacheSuffixes));
  instruction.family = Family::memory;
  bool load = statement.base == "ld";
  instruction.opcode = load ? Opcode::ld : Opcode::st;
  if (rest.operands.size() != 2 || sizeOf(instruction.type) == 0)
    return wrongOperandCount(statement);
  const RawOperand &data = rest.operands[load ? 0 : 1];
  unsigned count = statement.has("v2") ? 2 : statement.has("v4") ? 4 : statement.has("v8") ? 8 : 1;
  ATTN_RETURN_IF_ERROR(decoder.vector(data, instruction.type, instruction.operands[0], load, true));
  if (instruction.operands[0].count != count)
    return failure(Code::corrupt, "%u values do not match the vector suffix", instruction.operands[0].count);
  return decoder.address(rest.operands[load ? 1 : 0], instruction.space, instruction.operands[1]);
}

Status decodeAtomic(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  static const struct {
    const char *name;
    Operation operation;
  } operations[] = {{"add", Operation::add},  {"min", Operation::min},    {"max", Operation::max},
                    {"inc", Operation::inc},  {"dec", Operation::dec},    {"and", Operation::bitAnd},
                    {"or", Operation::bitOr}, {"xor", Operation::bitXor}, {"exch", Operation::exch},
                    {"cas", Operation::cas}};
  Statement rest = withoutSpace(statement, instruction.space);
  for (const auto &candidate : operations) {
    auto found = std::find(rest.suffixes.begin(), rest.suffixes.end(), candidate.name);
    if (found == rest.suffixes.end())
      continue;
    instruction.operation = candidate.operation;
    rest.suffixes.erase(found);
  }
  ATTN_RETURN_IF_ERROR(readSuffixes(rest, instruction, nullptr, 0, atomicSuffixes));
  if (instruction.operation == Operation::none)
    return failure(Code::unsupported, "unknown atomic operation");
  bool returns = statement.base == "atom";
  instruction.opcode = Opcode::atom;
  instruction.family = Family::memory;
  instruction.flags |= returns ? flag::returns : 0;
  bool swaps = instruction.operation == Operation::cas;
  if (statement.operands.size() != 2u + returns + swaps)
    return wrongOperandCount(statement);
  if (returns)
    ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], instruction.type, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.address(statement.operands[returns], instruction.space, instruction.operands[1]));
  ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[returns + 1], instruction.type, instruction.operands[2]));
  if (swaps)
    ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[returns + 2], instruction.type, instruction.operands[3]));
  return {};
}

Status decodeAddressConversion(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  Statement rest = withoutSpace(statement, instruction.space);
  static const SuffixEffect effects[] = {{"to", flag::to}};
  ATTN_RETURN_IF_ERROR(readSuffixes(rest, instruction, effects, std::size(effects), " "));
  instruction.opcode = Opcode::cvta;
  instruction.family = Family::conversion;
  if (statement.operands.size() != 2)
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], instruction.type, instruction.operands[0]));
  return decoder.source(statement.operands[1], instruction.type, instruction.operands[1]);
}

Status decodeControl(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.family = Family::control;
  if (statement.base == "bra") {
    ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " uni "));
    instruction.opcode = Opcode::bra;
    if (statement.operands.size() != 1 || statement.operands[0].kind != RawOperand::Kind::word)
      return wrongOperandCount(statement);
    decoder.branchTo(statement.operands[0].word);
    return {};
  }
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " uni "));
  instruction.opcode = statement.base == "trap" ? Opcode::trap : Opcode::ret;
  return {};
}

} // namespace

Status decodeData(Decoder &decoder, const Statement &statement, Instruction &instruction, bool &known) {
  static const struct {
    const char *name;
    Status (*decode)(Decoder &, const Statement &, Instruction &);
  } decoders[] = {{"mov", decodeMove},     {"cvt", decodeConversion},         {"setp", decodeCompare},
                  {"ld", decodeLoadStore}, {"st", decodeLoadStore},           {"atom", decodeAtomic},
                  {"red", decodeAtomic},   {"cvta", decodeAddressConversion}, {"bra", decodeControl},
                  {"ret", decodeControl},  {"exit", decodeControl},           {"trap", decodeControl}};
  for (const auto &candidate : decoders) {
    if (statement.base != candidate.name)
      continue;
    known = true;
    return candidate.decode(decoder, statement, instruction);
  }
  return {};
}

} // namespace attn::ptx
