//===- DecodeMatrix.cpp - ldmatrix, stmatrix, mma.sync and wgmma -===//
//
// The shapes are suffixes; everything is checked here so that the machine may rely on the number of registers.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Decoder.h"

#include <cstdio>

namespace attn::ptx {

namespace {

Status decodeMatrixMove(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  bool load = statement.base == "ldmatrix";
  instruction.opcode = load ? Opcode::ldmatrix : Opcode::stmatrix;
  instruction.family = Family::matrix;
  static const SuffixEffect effects[] = {{"trans", flag::trans}};
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, effects, std::size(effects),
                                    " sync aligned m8n8 x1 x2 x4 shared shared::cta "));
  instruction.space = statement.has("shared") || statement.has("shared::cta") ? Space::shared : Space::generic;
  if (instruction.type != Type::b16 || statement.operands.size() != 2 || !statement.has("m8n8"))
    return failure(Code::unsupported, "only 8 by 8 matrices of b16 are carried");
  ATTN_RETURN_IF_ERROR(decoder.vector(statement.operands[load ? 0 : 1], Type::b32, instruction.operands[0], load));
  unsigned matrices = statement.has("x4") ? 4 : statement.has("x2") ? 2 : 1;
  if (instruction.operands[0].count != matrices)
    return failure(Code::corrupt, "%u registers cannot hold %u matrices", instruction.operands[0].count, matrices);
  return decoder.address(statement.operands[load ? 1 : 0], instruction.space, instruction.operands[1]);
}

Status decodeProduct(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::mma;
  instruction.family = Family::matrix;
  const auto &suffixes = statement.suffixes;
  bool k16 = statement.has("m16n8k16"), k8 = statement.has("m16n8k8");
  bool layout = statement.has("row") && statement.has("col");
  bool types = suffixes.size() == 9 && suffixes[5] == "f32" && suffixes[8] == "f32" && suffixes[6] == suffixes[7] &&
               (suffixes[6] == "f16" || suffixes[6] == "bf16");
  if (!(k16 || k8) || !layout || !types || statement.operands.size() != 4)
    return failure(Code::unsupported, "only m16n8k16 and m16n8k8 of f16 or bf16 into f32 are carried");
  instruction.immediate = k16 ? 16 : 8;
  instruction.flags |= suffixes[6] == "bf16" ? flag::bf16 : 0;
  const unsigned counts[4] = {4, k16 ? 4u : 2u, k16 ? 2u : 1u, 4};
  for (unsigned i = 0; i < 4; ++i) {
    ATTN_RETURN_IF_ERROR(decoder.vector(statement.operands[i], Type::b32, instruction.operands[i], i == 0));
    if (instruction.operands[i].count != counts[i])
      return failure(Code::corrupt, "operand %u has %u registers, but the shape needs %u", i + 1,
                     instruction.operands[i].count, counts[i]);
  }
  return {};
}

/// wgmma.mma_async d, a, b, scale-d, scale-a, scale-b [, trans-a], trans-b; a is a descriptor or four registers.
Status decodeWarpGroupProduct(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::wgmma;
  const auto &suffixes = statement.suffixes;
  unsigned n = 0;
  char rest = 0;
  bool shape = suffixes.size() == 7 && std::sscanf(std::string(suffixes[3]).c_str(), "m64n%uk16%c", &n, &rest) == 1 &&
               n % 8 == 0 && n >= 8 && n <= 256;
  bool types =
      shape && suffixes[4] == "f32" && suffixes[5] == suffixes[6] && (suffixes[5] == "bf16" || suffixes[5] == "f16");
  if (!types)
    return failure(Code::unsupported, "only m64nNk16 of f16 or bf16 into f32 are carried");
  const auto &operands = statement.operands;
  bool registersA = operands.size() > 1 && operands[1].kind == RawOperand::Kind::vector;
  if (operands.size() != (registersA ? 7u : 8u))
    return wrongOperandCount(statement);
  instruction.immediate = n;
  instruction.flags = (suffixes[5] == "bf16" ? flag::bf16 : 0) | (registersA ? flag::registersA : 0);
  ATTN_RETURN_IF_ERROR(decoder.vector(operands[0], Type::f32, instruction.operands[0], true));
  if (instruction.operands[0].count != n / 2)
    return failure(Code::corrupt, "%u accumulators do not match n = %u", instruction.operands[0].count, n);
  ATTN_RETURN_IF_ERROR(registersA ? decoder.vector(operands[1], Type::b32, instruction.operands[1], false)
                                  : decoder.source(operands[1], Type::b64, instruction.operands[1]));
  if (registersA && instruction.operands[1].count != 4)
    return failure(Code::corrupt, "the first factor needs 4 registers");
  ATTN_RETURN_IF_ERROR(decoder.source(operands[2], Type::b64, instruction.operands[2]));
  ATTN_RETURN_IF_ERROR(decoder.predicate(operands[3], instruction.operands[3], false));
  int64_t values[4] = {1, 1, 0, 0};
  for (unsigned i = 4; i < operands.size(); ++i)
    ATTN_RETURN_IF_ERROR(decoder.immediate(operands[i], values[i - 4]));
  int64_t transA = registersA ? 0 : values[2], transB = registersA ? values[2] : values[3];
  for (unsigned i = 0; i < 2; ++i)
    if (values[i] != 1 && values[i] != -1)
      return failure(Code::corrupt, "a scale of %lld is neither 1 nor -1", static_cast<long long>(values[i]));
  instruction.flags |= (values[0] < 0 ? flag::negA : 0) | (values[1] < 0 ? flag::negB : 0) |
                       (transA ? flag::transA : 0) | (transB ? flag::transB : 0);
  return {};
}

Status decodeWarpGroup(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.family = Family::wgmma;
  decoder.kernel.usesWgmma = true;
  if (statement.has("mma_async"))
    return decodeWarpGroupProduct(decoder, statement, instruction);
  ATTN_RETURN_IF_ERROR(
      readSuffixes(statement, instruction, nullptr, 0, " fence commit_group wait_group sync aligned "));
  bool wait = statement.has("wait_group");
  instruction.opcode = wait ? Opcode::wgmmaWait : statement.has("fence") ? Opcode::wgmmaFence : Opcode::wgmmaCommit;
  if (statement.operands.size() != (wait ? 1u : 0u))
    return wrongOperandCount(statement);
  return wait ? decoder.immediate(statement.operands[0], instruction.immediate) : Status();
}

} // namespace

Status decodeMatrix(Decoder &decoder, const Statement &statement, Instruction &instruction, bool &known) {
  static const struct {
    const char *name;
    Status (*decode)(Decoder &, const Statement &, Instruction &);
  } decoders[] = {{"ldmatrix", decodeMatrixMove},
                  {"stmatrix", decodeMatrixMove},
                  {"mma", decodeProduct},
                  {"wgmma", decodeWarpGroup}};
  for (const auto &candidate : decoders) {
    if (statement.base != candidate.name)
      continue;
    known = true;
    return candidate.decode(decoder, statement, instruction);
  }
  return {};
}

} // namespace attn::ptx
