//===- Control.cpp - branches, and what the lanes of a warp tell each other -===//
//
// A branch that some lanes take splits the path. Shuffles, votes and the like wait until every living lane they name is
// on the path that executes them.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lanes.h"

#include <algorithm>

namespace attn::ptx {

Step branch(Warp &warp, uint32_t target) {
  Path &path = warp.paths[warp.current];
  if (warp.active == path.mask) {
    path.pc = target;
    return Step::jumped;
  }
  path.mask &= ~warp.active;
  ++path.pc;
  warp.paths.push_back({target, warp.active});
  return Step::jumped;
}

static Step leave(Warp &warp) {
  Path &path = warp.paths[warp.current];
  warp.alive &= ~warp.active;
  path.mask &= ~warp.active;
  ++path.pc;
  if (path.mask == 0)
    warp.paths.erase(warp.paths.begin() + ptrdiff_t(warp.current));
  return Step::jumped;
}

Step executeControl(Warp &warp, const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::bra:
    return branch(warp, instruction.target);
  case Opcode::ret:
    return leave(warp);
  case Opcode::trap:
    return warp.block.fault(warp, int(warp.firstLane()), "the kernel trapped");
  default:
    return Step::next;
  }
}

bool converged(Warp &warp, uint32_t members) {
  uint32_t missing = members & warp.alive & ~warp.active;
  if (missing == 0)
    return true;
  if (warp.block.explains) {
    char text[80];
    std::snprintf(text, sizeof text, "lanes %08x of its warp, which are elsewhere or excluded by the guard", missing);
    warp.block.waiting = text;
  }
  return false;
}

namespace {

/// The member mask must be the same in all lanes and name those that execute it.
bool membersOf(Warp &warp, const Operand &operand, uint32_t &members) {
  const uint32_t *masks = warp.lanes<uint32_t>(operand);
  members = masks[warp.firstLane()];
  for (uint32_t left = warp.active; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    if (!(masks[lane] >> lane & 1)) {
      warp.block.fault(warp, int(lane), "the member mask %08x does not name this lane", masks[lane]);
      return false;
    }
  }
  return true;
}

Step shuffle(Warp &warp, const Instruction &instruction) {
  uint32_t members;
  if (!membersOf(warp, warp.element(instruction.operands[3], 1), members))
    return Step::wait;
  if (!converged(warp, members))
    return Step::wait;
  const uint32_t *a = warp.lanes<uint32_t>(instruction.operands[1]), *b = warp.lanes<uint32_t>(instruction.operands[2]);
  const uint32_t *c = warp.lanes<uint32_t>(warp.element(instruction.operands[3], 0));
  uint32_t result[warpSize], inRange = 0;
  for (int lane = 0; lane < int(warpSize); ++lane) {
    int distance = int(b[lane] & 31), limit = int(c[lane] & 31), segment = int(c[lane] >> 8 & 31);
    int last = (lane & segment) | (limit & ~segment), first = lane & segment, from = lane;
    bool valid = true;
    switch (instruction.operation) {
    case Operation::up:
      from = lane - distance;
      valid = from >= last;
      break;
    case Operation::down:
      from = lane + distance;
      valid = from <= last;
      break;
    case Operation::bfly:
      from = lane ^ distance;
      valid = from <= last;
      break;
    default:
      from = first | (distance & ~segment);
      valid = from <= last;
    }
    if (!valid)
      from = lane;
    if ((warp.active >> lane & 1) && !(warp.active >> from & 1))
      return warp.block.fault(warp, lane, "reads lane %d, which does not take part", from);
    result[lane] = a[from];
    inRange |= uint32_t(valid) << lane;
  }
  uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]);
  forLanes(warp.active, [&](unsigned lane) { d[lane] = result[lane]; });
  if (instruction.operands[4].kind != Operand::Kind::none)
    warp.setPredicate(instruction.operands[4], inRange);
  return Step::next;
}

Step voteLanes(Warp &warp, const Instruction &instruction) {
  uint32_t members;
  if (!membersOf(warp, instruction.operands[2], members) || !converged(warp, members))
    return Step::wait;
  uint32_t votes = warp.predicate(instruction.operands[1]) & warp.active;
  bool all = votes == warp.active, any = votes != 0;
  switch (instruction.operation) {
  case Operation::ballot: {
    uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]);
    forLanes(warp.active, [&](unsigned lane) { d[lane] = votes; });
    return Step::next;
  }
  case Operation::all:
    warp.setPredicate(instruction.operands[0], all ? ~0u : 0);
    return Step::next;
  case Operation::any:
    warp.setPredicate(instruction.operands[0], any ? ~0u : 0);
    return Step::next;
  default:
    warp.setPredicate(instruction.operands[0], all || !any ? ~0u : 0);
    return Step::next;
  }
}

Step matchLanes(Warp &warp, const Instruction &instruction) {
  uint32_t members;
  if (!membersOf(warp, instruction.operands[2], members) || !converged(warp, members))
    return Step::wait;
  uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]), result[warpSize] = {};
  bool all = true;
  forLanes(warp.active, [&](unsigned lane) {
    uint64_t mine = warp.value(instruction.operands[1], lane);
    forLanes(warp.active, [&](unsigned other) {
      bool same = warp.value(instruction.operands[1], other) == mine;
      result[lane] |= uint32_t(same) << other;
      all &= same;
    });
  });
  bool wantsAll = instruction.operation == Operation::all;
  forLanes(warp.active, [&](unsigned lane) { d[lane] = wantsAll && !all ? 0 : result[lane]; });
  if (instruction.operands[4].kind != Operand::Kind::none)
    warp.setPredicate(instruction.operands[4], all ? ~0u : 0);
  return Step::next;
}

Step reduceLanes(Warp &warp, const Instruction &instruction) {
  uint32_t members;
  if (!membersOf(warp, instruction.operands[2], members) || !converged(warp, members))
    return Step::wait;
  const uint32_t *a = warp.lanes<uint32_t>(instruction.operands[1]);
  uint32_t result = a[warp.firstLane()];
  bool isSignedType = isSigned(instruction.type);
  forLanes(warp.active & (warp.active - 1), [&](unsigned lane) {
    uint32_t x = a[lane];
    bool less = isSignedType ? int32_t(x) < int32_t(result) : x < result;
    switch (instruction.operation) {
    case Operation::add:
      result += x;
      break;
    case Operation::min:
      result = less ? x : result;
      break;
    case Operation::max:
      result = less ? result : x;
      break;
    case Operation::bitAnd:
      result &= x;
      break;
    case Operation::bitOr:
      result |= x;
      break;
    default:
      result ^= x;
    }
  });
  uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]);
  forLanes(warp.active, [&](unsigned lane) { d[lane] = result; });
  return Step::next;
}

Step electLane(Warp &warp, const Instruction &instruction) {
  uint32_t members;
  if (!membersOf(warp, instruction.operands[2], members) || !converged(warp, members))
    return Step::wait;
  uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]), leader = warp.firstLane();
  forLanes(warp.active, [&](unsigned lane) { d[lane] = leader; });
  if (instruction.operands[4].kind != Operand::Kind::none)
    warp.setPredicate(instruction.operands[4], 1u << leader);
  return Step::next;
}

} // namespace

Step executeWarp(Warp &warp, const Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::shfl:
    return shuffle(warp, instruction);
  case Opcode::vote:
    return voteLanes(warp, instruction);
  case Opcode::match:
    return matchLanes(warp, instruction);
  case Opcode::redux:
    return reduceLanes(warp, instruction);
  case Opcode::elect:
    return electLane(warp, instruction);
  case Opcode::activemask: {
    uint32_t *d = warp.lanes<uint32_t>(instruction.operands[0]), mask = warp.active;
    forLanes(warp.active, [&](unsigned lane) { d[lane] = mask; });
    return Step::next;
  }
  case Opcode::warpSync: {
    uint32_t members;
    return membersOf(warp, instruction.operands[2], members) && converged(warp, members) ? Step::next : Step::wait;
  }
  default: // what an interpreter need not do
    return Step::next;
  }
}

} // namespace attn::ptx
