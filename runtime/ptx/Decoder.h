//===- Decoder.h - from what was written to what is executed -*- C++ -*-===//
//
// Resolves the names of one kernel and turns its statements into `Instruction`s. `Decoder.cpp` resolves; the
// instruction families are decoded in `Decode*.cpp`, each a table row or a function that fills an instruction.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_DECODER_H
#define ATTN_RUNTIME_PTX_DECODER_H

#include "runtime/Status.h"
#include "runtime/ptx/Ptx.h"
#include "runtime/ptx/Statement.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace attn::ptx {

/// What a name stands for.
struct Symbol {
  enum class Kind : uint8_t { lanes, predicate, address, dynamicShared };
  Kind kind = Kind::lanes;
  uint8_t width = 4;    ///< of lanes
  uint32_t slot = 0;    ///< of lanes and predicates
  uint32_t count = 0;   ///< of a family `%r<count>`, else 0
  uint64_t address = 0; ///< in its space; of dynamic shared memory the alignment
};
using Symbols = std::map<std::string, Symbol, std::less<>>;

class Decoder {
public:
  Decoder(Kernel &kernel, const Symbols &moduleSymbols);

  void openScope() {
    scopes.emplace_back();
    scopes.back().firstBranch = pendingBranches.size();
  }
  Status closeScope();
  Status declareRegisters(Type type, std::string_view name, uint32_t count);
  Status declareVariable(Space space, std::string_view name, uint64_t bytes, uint32_t align);
  void declareParameter(const Parameter &parameter);
  void label(std::string_view name) { scopes.back().labels[std::string(name)] = uint32_t(kernel.code.size()); }
  Status decode(const Statement &statement);
  /// Lays out dynamic shared memory and checks that every label was found.
  Status finish();

  // For the family decoders: each returns an error that names the operand.
  /// A source: a register, special register, number or address of a variable, as lanes of `type`. With `loose` a
  /// register may be wider than the type.
  Status source(const RawOperand &raw, Type type, Operand &operand, bool loose = false);
  Status destination(const RawOperand &raw, Type type, Operand &operand, bool loose = false);
  Status predicate(const RawOperand &raw, Operand &operand, bool write);
  Status vector(const RawOperand &raw, Type type, Operand &operand, bool write, bool loose = false);
  /// `[lanes+offset]`; only the first element of the brackets.
  Status address(const RawOperand &raw, Space space, Operand &operand);
  Status immediate(const RawOperand &raw, int64_t &value);
  void branchTo(std::string_view labelName) { pendingBranches.push_back({uint32_t(kernel.code.size()), labelName}); }

  Kernel &kernel;

private:
  struct Branch {
    uint32_t instruction;
    std::string_view label;
  };
  struct Scope {
    Symbols symbols;
    std::map<std::string, uint32_t, std::less<>> labels;
    size_t firstBranch = 0;
  };
  struct DynamicAddress {
    uint32_t slot;
    uint8_t width;
    int64_t offset;
  };

  const Symbol *lookUp(std::string_view name, uint32_t &index) const;
  bool special(std::string_view name, Operand &operand);
  Operand constantLanes(uint64_t bits, uint8_t width, bool shared = true);
  void setConstant(uint32_t slot, uint8_t width, uint64_t bits);
  Operand lanesOf(const Symbol &symbol, uint32_t index) const;
  uint32_t newLanes(uint8_t width);
  uint32_t newPredicate();

  const Symbols &moduleSymbols;
  std::vector<Scope> scopes;
  std::vector<Branch> pendingBranches;
  std::map<std::pair<uint64_t, uint8_t>, uint32_t> constantSlots;
  std::map<Special, uint32_t> specialSlots;
  std::vector<DynamicAddress> dynamicAddresses;
  uint32_t dynamicAlign = 1;
  uint32_t predicateSlot = 0, predicatesLeft = 0;
};

/// Decodes one statement into `instruction`; guard and line are already there.
Status decodeRegular(Decoder &, const Statement &, Instruction &, bool &known);
Status decodeData(Decoder &, const Statement &, Instruction &, bool &known);   ///< mov cvt setp bra ld st atom …
Status decodeWarp(Decoder &, const Statement &, Instruction &, bool &known);   ///< shfl vote bar mbarrier …
Status decodeMatrix(Decoder &, const Statement &, Instruction &, bool &known); ///< ldmatrix mma wgmma
Status decodeAsync(Decoder &, const Statement &, Instruction &, bool &known);  ///< cp.*

/// The type that a suffix names, or `none`.
Type typeNamed(std::string_view suffix);
/// Takes rounding modes, types and `effects` from the suffixes; an unlisted suffix is an error. `silent` lists, between
/// spaces, the suffixes without an effect here.
struct SuffixEffect {
  const char *name;
  uint32_t flags;
};
Status readSuffixes(const Statement &, Instruction &, const SuffixEffect *effects, size_t count, const char *silent);
bool isListed(const char *list, std::string_view word);
Status wrongOperandCount(const Statement &);

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_DECODER_H
