//===- DecodeWarp.cpp - shuffles, votes and barriers -===//
//
// Instructions by which threads meet. The operands of every one end up in the same places: 0 the result, 1 what is
// waited for or exchanged, 2 and 3 its parameters, 4 a second result.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Decoder.h"

namespace attn::ptx {

namespace {

Status decodeShuffle(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::shfl;
  instruction.operation = statement.has("up")     ? Operation::up
                          : statement.has("down") ? Operation::down
                          : statement.has("bfly") ? Operation::bfly
                                                  : Operation::idx;
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " sync up down bfly idx "));
  unsigned first = statement.paired ? 2 : 1;
  if (!statement.has("sync") || statement.operands.size() != first + 4)
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], Type::b32, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[first], Type::b32, instruction.operands[1]));
  ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[first + 1], Type::b32, instruction.operands[2]));
  // The clamp and the member mask share a vector: there are six operands.
  RawOperand rest;
  rest.kind = RawOperand::Kind::vector;
  rest.elements = {statement.operands[first + 2], statement.operands[first + 3]};
  ATTN_RETURN_IF_ERROR(decoder.vector(rest, Type::b32, instruction.operands[3], false));
  if (statement.paired)
    ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[1], instruction.operands[4], true));
  return {};
}

Status decodeVote(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::vote;
  instruction.operation = statement.has("all")   ? Operation::all
                          : statement.has("any") ? Operation::any
                          : statement.has("uni") ? Operation::uni
                                                 : Operation::ballot;
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " sync all any uni ballot "));
  if (!statement.has("sync") || statement.operands.size() != 3)
    return wrongOperandCount(statement);
  if (instruction.operation == Operation::ballot)
    ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], Type::b32, instruction.operands[0]));
  else
    ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[0], instruction.operands[0], true));
  ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[1], instruction.operands[1], false));
  return decoder.source(statement.operands[2], Type::b32, instruction.operands[2]);
}

Status decodeMatchReduxElect(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  bool elect = statement.base == "elect", match = statement.base == "match";
  instruction.opcode = elect ? Opcode::elect : match ? Opcode::match : Opcode::redux;
  static const struct {
    const char *name;
    Operation operation;
  } operations[] = {{"add", Operation::add},    {"min", Operation::min},  {"max", Operation::max},
                    {"and", Operation::bitAnd}, {"or", Operation::bitOr}, {"xor", Operation::bitXor},
                    {"any", Operation::any},    {"all", Operation::all}};
  for (const auto &candidate : operations)
    if (statement.has(candidate.name))
      instruction.operation = candidate.operation;
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " sync add min max and or xor any all "));
  unsigned first = statement.paired ? 2 : 1;
  if (statement.operands.size() != first + (elect ? 1 : 2) || (!elect && instruction.operation == Operation::none))
    return wrongOperandCount(statement);
  if (!elect && isFloat(instruction.type))
    return failure(Code::unsupported, "a reduction of floats needs a later architecture");
  ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], Type::b32, instruction.operands[0]));
  if (statement.paired)
    ATTN_RETURN_IF_ERROR(decoder.predicate(statement.operands[1], instruction.operands[4], true));
  if (!elect)
    ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[first], instruction.type, instruction.operands[1]));
  return decoder.source(statement.operands.back(), Type::b32, instruction.operands[2]);
}

Status decodeClusterBarrier(const Statement &statement, Instruction &instruction) {
  instruction.opcode = statement.has("wait") ? Opcode::clusterWait : Opcode::clusterArrive;
  return readSuffixes(statement, instruction, nullptr, 0, " aligned cluster arrive wait release acquire relaxed ");
}

Status decodeBarrier(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.family = Family::barrier;
  if (statement.has("cluster"))
    return decodeClusterBarrier(statement, instruction);
  ATTN_RETURN_IF_ERROR(
      readSuffixes(statement, instruction, nullptr, 0, " aligned sync arrive red warp cta popc and or "));
  const auto &operands = statement.operands;
  if (statement.has("warp")) {
    instruction.opcode = Opcode::warpSync;
    instruction.family = Family::warp;
    return operands.size() == 1 ? decoder.source(operands[0], Type::b32, instruction.operands[2])
                                : wrongOperandCount(statement);
  }
  bool reduces = statement.has("red");
  instruction.opcode = reduces ? Opcode::barRed : statement.has("arrive") ? Opcode::barArrive : Opcode::barSync;
  if (operands.size() < 1u + 2 * reduces || operands.size() > 2u + 2 * reduces)
    return wrongOperandCount(statement);
  if (reduces) {
    instruction.operation = statement.has("popc")  ? Operation::popc
                            : statement.has("and") ? Operation::bitAnd
                                                   : Operation::bitOr;
    ATTN_RETURN_IF_ERROR(instruction.operation == Operation::popc
                             ? decoder.destination(operands[0], Type::u32, instruction.operands[0])
                             : decoder.predicate(operands[0], instruction.operands[0], true));
    ATTN_RETURN_IF_ERROR(decoder.predicate(operands.back(), instruction.operands[3], false));
  }
  ATTN_RETURN_IF_ERROR(decoder.source(operands[reduces], Type::u32, instruction.operands[1]));
  if (operands.size() == 2u + 2 * reduces)
    ATTN_RETURN_IF_ERROR(decoder.source(operands[1 + reduces], Type::u32, instruction.operands[2]));
  else if (instruction.opcode == Opcode::barArrive)
    return failure(Code::corrupt, "an arrival needs the number of threads");
  return {};
}

Status decodeMbarrierWait(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::mbarWait;
  instruction.flags |= statement.has("try_wait") ? flag::blocking : 0;
  instruction.flags |= statement.has("parity") ? flag::parity : 0;
  const auto &operands = statement.operands;
  if (operands.size() != 3 && operands.size() != 4)
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.predicate(operands[0], instruction.operands[0], true));
  ATTN_RETURN_IF_ERROR(decoder.address(operands[1], Space::shared, instruction.operands[1]));
  return decoder.source(operands[2], statement.has("parity") ? Type::b32 : Type::b64, instruction.operands[2]);
}

Status decodeMbarrier(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.family = Family::barrier;
  static const SuffixEffect effects[] = {{"noComplete", flag::noComplete}};
  ATTN_RETURN_IF_ERROR(readSuffixes(
      statement, instruction, effects, std::size(effects),
      " init inval arrive arrive_drop expect_tx test_wait try_wait parity shared shared::cta shared::cluster "
      "release acquire relaxed cta cluster "));
  const auto &operands = statement.operands;
  if (statement.has("try_wait") || statement.has("test_wait"))
    return decodeMbarrierWait(decoder, statement, instruction);
  bool arrives = statement.has("arrive") || statement.has("arrive_drop");
  // An arrival may be written without its state.
  unsigned at = arrives && !operands.empty() && operands[0].kind != RawOperand::Kind::memory ? 1 : 0;
  if (operands.size() < at + 1u || operands.size() > at + 2u)
    return wrongOperandCount(statement);
  if (at)
    ATTN_RETURN_IF_ERROR(decoder.destination(operands[0], Type::b64, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.address(operands[at], Space::shared, instruction.operands[1]));
  bool hasCount = operands.size() == at + 2u;
  if (hasCount)
    ATTN_RETURN_IF_ERROR(decoder.source(operands[at + 1], Type::b32, instruction.operands[2]));
  instruction.flags |= statement.has("expect_tx") && arrives ? flag::expectTx : 0;
  instruction.flags |= statement.has("arrive_drop") ? flag::drop : 0;
  instruction.opcode = arrives                      ? Opcode::mbarArrive
                       : statement.has("expect_tx") ? Opcode::mbarExpectTx
                       : statement.has("inval")     ? Opcode::mbarInval
                                                    : Opcode::mbarInit;
  if (!hasCount && (instruction.opcode == Opcode::mbarInit || statement.has("expect_tx")))
    return failure(Code::corrupt, "a count is missing");
  return {};
}

Status decodeFence(Decoder &, const Statement &statement, Instruction &instruction) {
  instruction.family = Family::barrier;
  instruction.opcode = statement.has("proxy") && statement.has("async") ? Opcode::proxyFence : Opcode::nop;
  return readSuffixes(statement, instruction, nullptr, 0,
                      " proxy async async::generic alias tensormap::generic mbarrier_init acq_rel sc acquire release "
                      "cta gpu gl sys cluster global shared::cta shared::cluster sync_restrict::shared::cta "
                      "sync_restrict::shared::cluster ");
}

/// What an interpreter need not do: it has no registers to give back, no time, no caches and no earlier grid.
Status decodeNothing(Decoder &, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::nop;
  instruction.family = Family::control;
  return readSuffixes(statement, instruction, nullptr, 0,
                      " inc dec sync aligned launch_dependents wait global L1 L2 tensormap generic param ");
}

Status decodeActiveMask(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::activemask;
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " "));
  return statement.operands.size() == 1 ? decoder.destination(statement.operands[0], Type::b32, instruction.operands[0])
                                        : wrongOperandCount(statement);
}

Status decodeMapa(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::mapa;
  instruction.family = Family::barrier;
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0, " shared::cluster "));
  if (statement.operands.size() != 3)
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.destination(statement.operands[0], instruction.type, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.source(statement.operands[1], instruction.type, instruction.operands[1]));
  return decoder.source(statement.operands[2], Type::u32, instruction.operands[2]);
}

} // namespace

Status decodeWarp(Decoder &decoder, const Statement &statement, Instruction &instruction, bool &known) {
  static const struct {
    const char *name;
    Status (*decode)(Decoder &, const Statement &, Instruction &);
  } decoders[] = {{"shfl", decodeShuffle},          {"vote", decodeVote},
                  {"match", decodeMatchReduxElect}, {"redux", decodeMatchReduxElect},
                  {"elect", decodeMatchReduxElect}, {"activemask", decodeActiveMask},
                  {"bar", decodeBarrier},           {"barrier", decodeBarrier},
                  {"mbarrier", decodeMbarrier},     {"fence", decodeFence},
                  {"membar", decodeFence},          {"mapa", decodeMapa},
                  {"setmaxnreg", decodeNothing},    {"griddepcontrol", decodeNothing},
                  {"nanosleep", decodeNothing},     {"prefetch", decodeNothing}};
  for (const auto &candidate : decoders) {
    if (statement.base != candidate.name)
      continue;
    known = true;
    instruction.family = Family::warp;
    return candidate.decode(decoder, statement, instruction);
  }
  return {};
}

} // namespace attn::ptx
