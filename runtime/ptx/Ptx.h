//===- Ptx.h - a parsed PTX module, ready to be executed -*- C++ -*-===//
//
// What the parser makes and the machine runs. Everything that costs time is done once here: names are gone, registers
// are offsets into a warp's register file, immediates and special registers are lanes like any other operand, and
// suffixes are bits.
//
// The register file of a warp is lane-major within a register: a register of up to 32 bits is 32 words of 4 bytes, a
// 64-bit register 32 words of 8, a predicate one 32-bit mask. Of a value narrower than 32 bits only the low bits of its
// word count. An operand that is an immediate points into the kernel's constants, which have the same layout.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_PTX_H
#define ATTN_RUNTIME_PTX_PTX_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace attn::ptx {

constexpr unsigned warpSize = 32;
/// A block has at most 1024 threads.
constexpr unsigned maxWarps = 32;

enum class Type : uint8_t {
  none,
  b8,
  b16,
  b32,
  b64,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f16,
  f16x2,
  bf16,
  bf16x2,
  f32,
  f64,
  pred,
};

/// Bytes of one value of `type`; 0 for `none` and `pred`.
unsigned sizeOf(Type type);
bool isSigned(Type type);
/// f32 or f64.
bool isFloat(Type type);
/// f16, bf16 and their pairs.
bool isHalf(Type type);

/// What a launch counts, and which file executes it.
enum class Family : uint8_t { integer, floating, conversion, control, warp, barrier, memory, matrix, wgmma, async };
constexpr unsigned familyCount = 10;
const char *nameOf(Family family);

enum class Opcode : uint8_t {
  // integer and logic
  add,
  sub,
  mul,
  mad,
  neg,
  abs,
  min,
  max,
  div,
  rem,
  bitAnd,
  bitOr,
  bitXor,
  bitNot,
  shl,
  shr,
  bfe,
  bfi,
  popc,
  clz,
  brev,
  prmt,
  shf,
  lop3,
  selp,
  setp,
  mov,
  pack,
  unpack,
  // floating point only
  fma,
  rcp,
  sqrt,
  rsqrt,
  ex2,
  lg2,
  sin,
  cos,
  tanh,
  copysign,
  // conversion
  cvt,
  cvtPack,
  cvta,
  // control
  bra,
  ret,
  trap,
  nop,
  // warp
  shfl,
  vote,
  match,
  activemask,
  elect,
  redux,
  warpSync,
  // barrier
  barSync,
  barArrive,
  barRed,
  clusterArrive,
  clusterWait,
  mbarInit,
  mbarInval,
  mbarArrive,
  mbarExpectTx,
  mbarWait,
  proxyFence,
  mapa,
  // memory
  ld,
  st,
  atom,
  // matrix
  ldmatrix,
  stmatrix,
  mma,
  // wgmma
  wgmmaFence,
  wgmma,
  wgmmaCommit,
  wgmmaWait,
  // async
  cpAsync,
  cpCommit,
  cpWait,
  cpMbarArrive,
  tmaLoad,
  tmaStore,
  bulkLoad,
  bulkStore,
  bulkCommit,
  bulkWait,
};

/// Suffixes that change what an instruction does, one bit each.
namespace flag {
constexpr uint32_t ftz = 1u << 0, sat = 1u << 1, approx = 1u << 2, wide = 1u << 3, hi = 1u << 4, to = 1u << 5;
constexpr uint32_t nan = 1u << 6; ///< min, max: a NaN wins
constexpr uint32_t trans = 1u << 7, transA = 1u << 8, transB = 1u << 9, negA = 1u << 10, negB = 1u << 11;
constexpr uint32_t clamp = 1u << 12;    ///< shf: the amount is clamped rather than wrapped
constexpr uint32_t right = 1u << 13;    ///< shf: to the right
constexpr uint32_t parity = 1u << 14;   ///< mbarrier wait on a parity rather than on a state
constexpr uint32_t blocking = 1u << 15; ///< try_wait: may suspend; test_wait may not
constexpr uint32_t expectTx = 1u << 16, noComplete = 1u << 17, drop = 1u << 18, noinc = 1u << 19;
constexpr uint32_t waitAll = 1u << 20;    ///< cp.async.wait_all
constexpr uint32_t returns = 1u << 21;    ///< atom, not red
constexpr uint32_t registersA = 1u << 22; ///< wgmma: the first factor is in registers
constexpr uint32_t bf16 = 1u << 23;       ///< matrix products of bf16 rather than f16
} // namespace flag

enum class Rounding : uint8_t { none, rn, rz, rm, rp, rni, rzi, rmi, rpi };
enum class Compare : uint8_t { eq, ne, lt, le, gt, ge, lo, ls, hi, hs, equ, neu, ltu, leu, gtu, geu, num, nan };
enum class Space : uint8_t { generic, global, shared, local, param, constant };
/// The operation of an atomic, a reduction, a vote, a shuffle or the combination of a `setp`.
enum class Operation : uint8_t {
  none,
  add,
  min,
  max,
  inc,
  dec,
  bitAnd,
  bitOr,
  bitXor,
  exch,
  cas,
  all,
  any,
  uni,
  ballot,
  up,
  down,
  bfly,
  idx,
  popc,
};

struct Operand {
  enum class Kind : uint8_t { none, lanes, predicate, vector, address };
  Kind kind = Kind::none;
  bool constant = false; ///< in the kernel's constants rather than in the warp's registers
  bool negated = false;  ///< of a predicate
  bool sink = false;     ///< `_`: a destination nobody reads
  uint8_t width = 4;     ///< bytes of a lane: 4 or 8
  uint16_t count = 0;    ///< of a vector
  uint32_t slot = 0;     ///< byte offset of the lanes or the mask; of a vector its first index in `Kernel::vectors`
  int64_t offset = 0;    ///< of an address, added to the lanes
};

struct Instruction {
  Opcode opcode = Opcode::nop;
  Family family = Family::control;
  Type type = Type::none;
  Type sourceType = Type::none; ///< of cvt, and the operand type of what has two
  Rounding rounding = Rounding::none;
  Compare compare = Compare::eq;
  Space space = Space::generic;
  Operation operation = Operation::none;
  uint32_t flags = 0;
  bool guardNegated = false;
  int32_t guard = -1; ///< slot of the guarding predicate, or -1
  uint32_t line = 0;
  uint32_t target = 0;   ///< of a branch: index of the instruction
  int64_t immediate = 0; ///< what the encoding fixes: sizes, counts, look-up tables, n of a wgmma
  Operand operands[5];
};

/// A special register that a kernel reads: filled when a warp starts.
enum class Special : uint8_t {
  tidX,
  tidY,
  tidZ,
  ntidX,
  ntidY,
  ntidZ,
  ctaidX,
  ctaidY,
  ctaidZ,
  nctaidX,
  nctaidY,
  nctaidZ,
  laneid,
  warpid,
  nwarpid,
  lanemaskEq,
  lanemaskLt,
  lanemaskLe,
  lanemaskGt,
  lanemaskGe,
  clusterCtaRank,
  clusterNctaRank,
  dynamicSharedSize,
  clusterCtaid,
  clusterNctaid,
};
struct SpecialSlot {
  Special special;
  uint32_t slot;
};

struct Parameter {
  std::string name;
  uint32_t offset = 0, size = 0, align = 1;
};

struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0;
  std::vector<Instruction> code;
  std::vector<Operand> vectors;     ///< elements of vector operands
  std::vector<std::byte> constants; ///< immediates, as lanes
  std::vector<SpecialSlot> specials;
  uint32_t registerBytes = 0;
  uint32_t localBytes = 0;                 ///< per thread
  uint32_t staticSharedBytes = 0;          ///< where dynamic shared memory begins, from the start of shared memory
  uint32_t maxThreads = 0;                 ///< of .maxntid or .reqntid, or 0
  uint32_t requiredThreads[3] = {0, 0, 0}; ///< of .reqntid, or zeros
  bool usesWgmma = false;
};

struct Module {
  std::string name;
  std::string target;
  std::vector<std::string> lines; ///< the source, for messages
  std::vector<Kernel> kernels;
  std::shared_ptr<std::vector<std::byte>> variables; ///< .global and .const variables; global addresses point into it

  const Kernel *find(const std::string &kernel) const;
  /// The source line without its indentation.
  std::string lineText(uint32_t line) const;
};

/// Shared memory begins here, as on sm_90, so that an address of zero is never a variable.
constexpr uint32_t sharedBase = 1024;

/// Generic addresses: the top byte says which window; 0 is global memory at the host's own address.
constexpr unsigned windowShift = 56;
constexpr uint64_t sharedWindow = uint64_t(1) << windowShift;
constexpr uint64_t localWindow = uint64_t(2) << windowShift;
constexpr uint64_t paramWindow = uint64_t(3) << windowShift;
constexpr uint64_t windowMask = uint64_t(0xff) << windowShift;

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_PTX_H
