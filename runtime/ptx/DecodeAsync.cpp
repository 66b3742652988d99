//===- DecodeAsync.cpp - cp.async and its bulk and tensor forms -===//
//
// Operand 0 is the destination, 1 the source, 2 a size or an mbarrier, 3 the coordinates of a tensor copy.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Decoder.h"

namespace attn::ptx {

namespace {

Status decodeGroups(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  bool bulk = statement.has("bulk");
  // `.read` waits for less than the whole store, but the interpreter performs a store in one piece.
  ATTN_RETURN_IF_ERROR(
      readSuffixes(statement, instruction, nullptr, 0, " async bulk commit_group wait_group wait_all read "));
  bool commits = statement.has("commit_group"), all = statement.has("wait_all");
  instruction.opcode =
      commits ? (bulk ? Opcode::bulkCommit : Opcode::cpCommit) : (bulk ? Opcode::bulkWait : Opcode::cpWait);
  instruction.flags |= all ? flag::waitAll : 0;
  if (statement.operands.size() != (commits || all ? 0u : 1u))
    return wrongOperandCount(statement);
  return commits || all ? Status() : decoder.immediate(statement.operands[0], instruction.immediate);
}

/// cp.async [shared], [global], size [, source size] [, cache policy]
Status decodeCopy(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::cpAsync;
  ATTN_RETURN_IF_ERROR(
      readSuffixes(statement, instruction, nullptr, 0,
                   " async ca cg shared shared::cta global L2::cache_hint L2::64B L2::128B L2::256B "));
  auto operands = statement.operands;
  if (statement.has("L2::cache_hint") && !operands.empty())
    operands.pop_back();
  if (operands.size() != 3 && operands.size() != 4)
    return wrongOperandCount(statement);
  ATTN_RETURN_IF_ERROR(decoder.address(operands[0], Space::shared, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.address(operands[1], Space::global, instruction.operands[1]));
  ATTN_RETURN_IF_ERROR(decoder.immediate(operands[2], instruction.immediate));
  int64_t size = instruction.immediate;
  if (size != 16 && (statement.has("cg") || (size != 4 && size != 8)))
    return failure(Code::corrupt, "a size of %lld is not 4, 8 or 16, or not 16 with .cg", static_cast<long long>(size));
  if (operands.size() == 4)
    return decoder.source(operands[3], Type::u32, instruction.operands[2]);
  return {};
}

/// cp.async.bulk: [shared], [global], size, [mbarrier] or [global], [shared], size
Status decodeBulk(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0,
                                    " async bulk shared::cluster shared::cta global mbarrier::complete_tx::bytes "
                                    "bulk_group L2::cache_hint "));
  auto operands = statement.operands;
  if (statement.has("L2::cache_hint") && !operands.empty())
    operands.pop_back();
  bool store = statement.has("bulk_group");
  instruction.opcode = store ? Opcode::bulkStore : Opcode::bulkLoad;
  if (operands.size() != (store ? 3u : 4u))
    return wrongOperandCount(statement);
  if (!store && !statement.has("global"))
    return failure(Code::unsupported, "copies from one block's shared memory to another's are not carried");
  ATTN_RETURN_IF_ERROR(decoder.address(operands[0], store ? Space::global : Space::shared, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.address(operands[1], store ? Space::shared : Space::global, instruction.operands[1]));
  ATTN_RETURN_IF_ERROR(decoder.source(operands[2], Type::u32, instruction.operands[3]));
  return store ? Status() : decoder.address(operands[3], Space::shared, instruction.operands[2]);
}

/// cp.async.bulk.tensor: [shared], [map, {coordinates}], [mbarrier] or [map, {coordinates}], [shared]
Status decodeTensor(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  ATTN_RETURN_IF_ERROR(readSuffixes(statement, instruction, nullptr, 0,
                                    " async bulk tensor 1d 2d 3d 4d 5d tile shared::cluster shared::cta global "
                                    "mbarrier::complete_tx::bytes bulk_group L2::cache_hint cta_group::1 "));
  auto operands = statement.operands;
  if (statement.has("L2::cache_hint") && !operands.empty())
    operands.pop_back();
  bool store = statement.has("bulk_group");
  instruction.opcode = store ? Opcode::tmaStore : Opcode::tmaLoad;
  if (operands.size() != (store ? 2u : 3u))
    return wrongOperandCount(statement);
  const RawOperand &map = operands[store ? 0 : 1], &shared = operands[store ? 1 : 0];
  ATTN_RETURN_IF_ERROR(decoder.address(shared, Space::shared, instruction.operands[0]));
  ATTN_RETURN_IF_ERROR(decoder.address(map, Space::generic, instruction.operands[1]));
  if (!store)
    ATTN_RETURN_IF_ERROR(decoder.address(operands[2], Space::shared, instruction.operands[2]));
  if (map.elements.size() != 2)
    return failure(Code::corrupt, "the coordinates of the tensor copy are missing");
  ATTN_RETURN_IF_ERROR(decoder.vector(map.elements[1], Type::b32, instruction.operands[3], false));
  for (unsigned rank = 1; rank <= 5; ++rank)
    if (statement.has(std::to_string(rank) + "d"))
      instruction.immediate = rank;
  if (instruction.operands[3].count != instruction.immediate)
    return failure(Code::corrupt, "%u coordinates do not match the rank", instruction.operands[3].count);
  return {};
}

Status decodeArrival(Decoder &decoder, const Statement &statement, Instruction &instruction) {
  instruction.opcode = Opcode::cpMbarArrive;
  static const SuffixEffect effects[] = {{"noinc", flag::noinc}};
  ATTN_RETURN_IF_ERROR(
      readSuffixes(statement, instruction, effects, std::size(effects), " async mbarrier arrive shared shared::cta "));
  return statement.operands.size() == 1 ? decoder.address(statement.operands[0], Space::shared, instruction.operands[1])
                                        : wrongOperandCount(statement);
}

} // namespace

Status decodeAsync(Decoder &decoder, const Statement &statement, Instruction &instruction, bool &known) {
  if (statement.base != "cp" || !statement.has("async"))
    return {};
  known = true;
  instruction.family = Family::async;
  if (statement.has("commit_group") || statement.has("wait_group") || statement.has("wait_all"))
    return decodeGroups(decoder, statement, instruction);
  if (statement.has("mbarrier"))
    return decodeArrival(decoder, statement, instruction);
  if (statement.has("prefetch")) { // a hint
    instruction.opcode = Opcode::nop;
    return {};
  }
  if (statement.has("tensor"))
    return decodeTensor(decoder, statement, instruction);
  return statement.has("bulk") ? decodeBulk(decoder, statement, instruction)
                               : decodeCopy(decoder, statement, instruction);
}

} // namespace attn::ptx
