//===- DecodeRegular.cpp - instructions that a table row describes -===//
//
// Arithmetic and logic: a destination, sources of one type, a few suffixes. Each row says which suffixes the
// instruction takes; any other is an error rather than ignored.
//
// The letters of a row's operands: d destination, D destination of twice the width, U destination of u32, s source,
// w source of twice the width, u source of u32, p source predicate, i integer constant.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Decoder.h"

#include <cstring>

namespace attn::ptx {

namespace {

struct Row {
  const char *name;
  Opcode opcode;
  const char *operands;
  const char *suffixes; ///< accepted, between spaces
  const char *types;    ///< i integers and bits, f floats, h halves, p predicates
};

const Row rows[] = {
    {"add", Opcode::add, "dss", " rn rz rm rp ftz sat ", "ifh"},
    {"sub", Opcode::sub, "dss", " rn rz rm rp ftz sat ", "ifh"},
    {"mul", Opcode::mul, "dss", " lo hi wide rn rz rm rp ftz sat ", "ifh"},
    {"mad", Opcode::mad, "dsss", " lo hi wide ", "i"},
    {"fma", Opcode::fma, "dsss", " rn rz rm rp ftz sat ", "fh"},
    {"neg", Opcode::neg, "ds", " ftz ", "ifh"},
    {"abs", Opcode::abs, "ds", " ftz ", "ifh"},
    {"min", Opcode::min, "dss", " ftz NaN ", "ifh"},
    {"max", Opcode::max, "dss", " ftz NaN ", "ifh"},
    {"div", Opcode::div, "dss", " rn rz rm rp approx full ftz ", "if"},
    {"rem", Opcode::rem, "dss", " ", "i"},
    {"and", Opcode::bitAnd, "dss", " ", "ip"},
    {"or", Opcode::bitOr, "dss", " ", "ip"},
    {"xor", Opcode::bitXor, "dss", " ", "ip"},
    {"not", Opcode::bitNot, "ds", " ", "ip"},
    {"shl", Opcode::shl, "dsu", " ", "i"},
    {"shr", Opcode::shr, "dsu", " ", "i"},
    {"bfe", Opcode::bfe, "dsuu", " ", "i"},
    {"bfi", Opcode::bfi, "dssuu", " ", "i"},
    {"popc", Opcode::popc, "Us", " ", "i"},
    {"clz", Opcode::clz, "Us", " ", "i"},
    {"brev", Opcode::brev, "ds", " ", "i"},
    {"prmt", Opcode::prmt, "dsss", " ", "i"},
    {"shf", Opcode::shf, "dssu", " l r wrap clamp ", "i"},
    {"lop3", Opcode::lop3, "dsssi", " ", "i"},
    {"selp", Opcode::selp, "dssp", " ", "if"},
    {"rcp", Opcode::rcp, "ds", " rn rz rm rp approx ftz ", "f"},
    {"sqrt", Opcode::sqrt, "ds", " rn rz rm rp approx ftz ", "f"},
    {"rsqrt", Opcode::rsqrt, "ds", " approx ftz ", "f"},
    {"ex2", Opcode::ex2, "ds", " approx ftz ", "fh"},
    {"lg2", Opcode::lg2, "ds", " approx ftz ", "f"},
    {"sin", Opcode::sin, "ds", " approx ftz ", "f"},
    {"cos", Opcode::cos, "ds", " approx ftz ", "f"},
    {"tanh", Opcode::tanh, "ds", " approx ", "fh"},
    {"copysign", Opcode::copysign, "dss", " ", "f"},
};

const SuffixEffect effects[] = {
    {"ftz", flag::ftz},
    {"sat", flag::sat},
    {"approx", flag::approx},
    {"full", flag::approx},
    {"wide", flag::wide},
    {"rz", 0},
    {"rm", 0},
    {"rp", 0},
    {"hi", flag::hi},
    {"lo", 0},
    {"NaN", flag::nan},
    {"rn", 0},
    {"l", 0},
    {"r", flag::right},
    {"wrap", 0},
    {"clamp", flag::clamp},
};

char classOf(Type type) {
  if (type == Type::pred)
    return 'p';
  return isFloat(type) ? 'f' : isHalf(type) ? 'h' : 'i';
}

Type widened(Type type) {
  switch (type) {
  case Type::u16:
    return Type::u32;
  case Type::s16:
    return Type::s32;
  case Type::u32:
    return Type::u64;
  default:
    return Type::s64;
  }
}

Status decodeOperand(Decoder &decoder, const RawOperand &raw, char letter, Instruction &instruction, unsigned at) {
  Operand &operand = instruction.operands[at];
  Type type = instruction.type;
  if (type == Type::pred && (letter == 'd' || letter == 's'))
    return decoder.predicate(raw, operand, letter == 'd');
  switch (letter) {
  case 'd':
    return decoder.destination(raw, type, operand);
  case 'D':
    return decoder.destination(raw, widened(type), operand);
  case 'U':
    return decoder.destination(raw, Type::u32, operand);
  case 's':
    return decoder.source(raw, type, operand);
  case 'w':
    return decoder.source(raw, widened(type), operand);
  case 'u':
    return decoder.source(raw, Type::u32, operand);
  case 'p':
    return decoder.predicate(raw, operand, false);
  default:
    return decoder.immediate(raw, instruction.immediate);
  }
}

} // namespace

Type typeNamed(std::string_view suffix) {
  static const struct {
    const char *name;
    Type type;
  } names[] = {
      {"b8", Type::b8},         {"b16", Type::b16}, {"b32", Type::b32}, {"b64", Type::b64},     {"u8", Type::u8},
      {"u16", Type::u16},       {"u32", Type::u32}, {"u64", Type::u64}, {"s8", Type::s8},       {"s16", Type::s16},
      {"s32", Type::s32},       {"s64", Type::s64}, {"f16", Type::f16}, {"f16x2", Type::f16x2}, {"bf16", Type::bf16},
      {"bf16x2", Type::bf16x2}, {"f32", Type::f32}, {"f64", Type::f64}, {"pred", Type::pred},
  };
  for (const auto &candidate : names)
    if (suffix == candidate.name)
      return candidate.type;
  return Type::none;
}

bool isListed(const char *list, std::string_view word) {
  std::string_view rest = list;
  for (size_t at = rest.find(word); !word.empty() && at != std::string_view::npos; at = rest.find(word, at + 1))
    if (at > 0 && rest[at - 1] == ' ' && at + word.size() < rest.size() && rest[at + word.size()] == ' ')
      return true;
  return false;
}

Status readSuffixes(const Statement &statement, Instruction &instruction, const SuffixEffect *effects, size_t count,
                    const char *silent) {
  unsigned types = 0;
  for (std::string_view suffix : statement.suffixes) {
    if (Type type = typeNamed(suffix); type != Type::none) {
      (types++ == 0 ? instruction.type : instruction.sourceType) = type;
      continue;
    }
    bool found = isListed(silent, suffix);
    for (size_t i = 0; i < count && !found; ++i)
      if (suffix == effects[i].name) {
        instruction.flags |= effects[i].flags;
        found = true;
      }
    if (!found)
      return failure(Code::unsupported, "unknown suffix '.%s'", std::string(suffix).c_str());
  }
  return {};
}

Status wrongOperandCount(const Statement &statement) {
  return failure(Code::corrupt, "%zu operands are not what this instruction takes", statement.operands.size());
}

Status decodeRegular(Decoder &decoder, const Statement &statement, Instruction &instruction, bool &known) {
  const Row *row = nullptr;
  for (const Row &candidate : rows)
    if (statement.base == candidate.name)
      row = &candidate;
  if (!row)
    return {};
  known = true;
  for (std::string_view suffix : statement.suffixes)
    if (typeNamed(suffix) == Type::none && !isListed(row->suffixes, suffix))
      return failure(Code::unsupported, "unknown suffix '.%s'", std::string(suffix).c_str());
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, effects, std::size(effects), " "));
  char typeClass = classOf(instruction.type);
  if (instruction.type == Type::none || !std::strchr(row->types, typeClass))
    return failure(Code::unsupported, "this instruction does not take that type");
  const struct {
    const char *name;
    Rounding rounding;
  } roundings[] = {{"rz", Rounding::rz}, {"rm", Rounding::rm}, {"rp", Rounding::rp}};
  for (const auto &candidate : roundings)
    if (statement.has(candidate.name))
      instruction.rounding = candidate.rounding;
  if (instruction.rounding != Rounding::none && typeClass != 'f')
    return failure(Code::unsupported, "only f32 and f64 are rounded other than to nearest");
  instruction.opcode = row->opcode;
  instruction.family = typeClass == 'f' || typeClass == 'h' ? Family::floating : Family::integer;
  if (row->opcode == Opcode::selp)
    instruction.family = Family::integer;
  std::string operands = row->operands;
  if (instruction.flags & flag::wide) {
    operands[0] = 'D';
    if (row->opcode == Opcode::mad)
      operands[3] = 'w';
  }
  if (operands.size() != statement.operands.size())
    return wrongOperandCount(statement);
  for (unsigned i = 0; i < operands.size(); ++i)
    if (Status status = decodeOperand(decoder, statement.operands[i], operands[i], instruction, i); !status)
      return status.at("operand " + std::to_string(i + 1));
  return {};
}

} // namespace attn::ptx
