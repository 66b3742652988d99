//===- Program.h - what program.json says, read and resolved -*- C++ -*-===//
//
// The model that an artefact is read into. Names are resolved to indices and text to expressions; what stands here has
// been checked (artifact.h, item 13), so that a session may use any index without looking again.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PROGRAM_H
#define ATTN_RUNTIME_PROGRAM_H

#include "runtime/Expression.h"
#include "runtime/Status.h"
#include "runtime/files/StorageFormat.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace attn {

/// Item 5, in the order of `attn_type_t`.
enum class ElementType : uint8_t { f32, bf16, f16, i32, i64, i8, u8, i1 };

const char *elementTypeName(ElementType type);
std::optional<ElementType> findElementType(std::string_view name);
int64_t elementSize(ElementType type);

/// A dimension as it was written and as it is evaluated.
struct Dimension {
  std::string text;
  Expression expression;
};
using SymbolicShape = std::vector<Dimension>;

/// "[B, T, 576]"
std::string describeShape(const SymbolicShape &shape);
std::string describeShape(const int64_t *sizes, size_t rank);

struct Target {
  std::string device;
  std::string entry;
  std::string triple;                ///< cpu
  std::vector<std::string> features; ///< cpu
  std::string arch;                  ///< cuda
};

struct KernelArgument {
  enum class Kind : uint8_t { buffer, weight, scalar };
  enum class Access : uint8_t { read, write, update };
  Kind kind = Kind::buffer;
  ElementType type = ElementType::f32; ///< not for weights
  int rank = 0;
  Access access = Access::read;
};

/// A buffer that an entry gets as a tensor map, too.
struct TensorMapUse {
  int argument = 0;
  std::vector<int64_t> box; ///< outermost first, one for each dimension
  int swizzle = 0;          ///< bytes, or 0
};

struct Implementation {
  std::string device;
  std::string symbol;
  Predicate when;
  std::vector<std::pair<int, StorageFormat>> formats; ///< argument, storage format that it must have
  std::vector<Expression> grid;
  int64_t scratch = 0;                  ///< cpu
  std::string arch;                     ///< cuda
  int block = 0;                        ///< cuda: threads
  int64_t shared = 0;                   ///< cuda: bytes of dynamic shared memory
  std::vector<TensorMapUse> tensorMaps; ///< cuda
};

/// Which arguments of a kernel that computes attention hold the values and the output, of (sequence, position, head,
/// width) or packed (row, head, width), and the sums of earlier keys' values, of (sequence, head, feature, width). The
/// output is linear in values and sums together.
struct AttentionRoles {
  int value = 0, output = 0;
  int state = -1; ///< -1: no keys of earlier calls
  int twin = -1;  ///< the kernel that reads the values from one argument more, its last; -1: this one can be asked
};

struct Kernel {
  std::string name;
  std::vector<KernelArgument> arguments;
  std::vector<Implementation> implementations;
  std::optional<AttentionRoles> attention;

  /// Which of the launch's buffers |argument| is; scalars are not counted.
  size_t bufferNumber(int argument) const;
};

/// A cache, or sums over what a sequence has met. Its shape's expressions have two slots: the capacity and the number
/// of sequences.
struct StateDeclaration {
  static constexpr int capacitySlot = 0, sequencesSlot = 1;
  std::string name;
  ElementType type = ElementType::f32;
  SymbolicShape shape;
  int positionAxis = 0; ///< −1: sums, which have no positions
  int sequenceAxis = 0;
  std::string advance;            ///< empty: no function makes it longer
  bool advancesByOffsets = false; ///< sequence n grows by advance[n + 1] − advance[n] rather than by advance[n]
  int64_t foldsAt = 0;            ///< a sequence with as many positions after a call is emptied; 0: never
  bool isSum() const { return positionAxis < 0; }
};

struct WeightDeclaration {
  std::string name; ///< with the index in braces, if there is one
  std::vector<int64_t> shape;
  std::string index; ///< empty: one tensor
  int64_t count = 1;
  /// The name of tensor |i|.
  std::string tensorName(int64_t i) const;
};

struct Constant {
  ElementType type = ElementType::f32;
  std::vector<int64_t> shape;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

struct Symbol {
  std::string name;
  int64_t min = 0;
  std::optional<int64_t> max;
};

struct TensorDeclaration {
  std::string name;
  ElementType type = ElementType::f32;
  SymbolicShape shape;
  /// Of an argument that is lengths or offsets: what its elements, and the steps between them, are at most.
  std::optional<Dimension> lengths, offsets, steps;
};

struct Temporary {
  ElementType type = ElementType::f32;
  SymbolicShape shape;
  int first = 0;
  int last = 0;
};

struct View {
  Expression offset;
  std::vector<Expression> shape;
  std::vector<Expression> strides;
};

struct Operand {
  enum class Kind : uint8_t { argument, result, temporary, weight, constant, state, length, value };
  Kind kind = Kind::value;
  int index = 0;
  std::vector<Expression> at; ///< a state's leading indices
  std::optional<View> view;
  uint64_t bits = 0; ///< a value, in the type of the kernel's argument
};

/// A flag's value with which a command runs, one of 0 … count − 1.
struct Condition {
  Operand flag;
  int64_t value = 0;
  int64_t count = 0;
};

/// A launch, or, where `kernel` is -1, a copy from the first operand to the second.
struct Command {
  int kernel = -1;
  std::vector<Operand> operands;
  std::optional<Condition> when; ///< without one it always runs
};

/// Commands that run |repeat| times in a row; plain commands stand in blocks that run once. The loop index has the slot
/// after the function's symbols.
struct Block {
  int64_t repeat = 1;
  std::string index; ///< empty: a plain block
  std::vector<Command> commands;
};

/// What a function is for: a language model's step.
struct LanguageTask {
  int tokens = 0;  ///< argument
  int lengths = 0; ///< argument
  int logits = 0;  ///< result
  /// What the weight file's metadata must say: numbers, text or booleans.
  std::vector<std::pair<std::string, std::variant<double, bool, std::string>>> metadata;
};

/// A state that a function touches.
struct StateUse {
  int state = 0;
  bool updates = false;
  int advance = -1;         ///< the argument, where it updates and the state grows
  int capacitySymbol = -1;  ///< the function's symbol that is the state's capacity, or -1
  int sequencesSymbol = -1; ///< likewise the number of sequences
};

struct Function {
  std::string name;
  std::vector<Symbol> symbols;
  std::vector<TensorDeclaration> arguments;
  std::vector<TensorDeclaration> results;
  std::optional<LanguageTask> task;
  std::vector<Temporary> temporaries;
  std::vector<Block> blocks;
  std::vector<StateUse> states; ///< derived from the commands

  int findArgument(std::string_view name) const;
  int findSymbol(std::string_view name) const;
};

struct KernelReport {
  std::string name;
  bool fused = false;
  std::string why;
  /// Targets that have no code for it, as they were named to the compiler, and why.
  std::vector<std::pair<std::string, std::string>> leftOut;
};

struct Program {
  std::string name;
  std::string compiler;
  int minor = 0;
  std::vector<Target> targets;
  std::vector<Kernel> kernels;
  std::vector<StateDeclaration> states;
  std::vector<WeightDeclaration> weights;
  std::vector<Constant> constants;
  std::vector<Function> functions;
  std::vector<KernelReport> report;

  /// Null where the report has no row for it.
  const KernelReport *findReport(std::string_view kernel) const;
  int findFunction(std::string_view name) const;
  int findState(std::string_view name) const;
};

/// Reads program.json: its form, its types and that expressions parse (ProgramReader.cpp).
Result<Program> readProgram(std::string_view json);

/// Checks what relates parts of a program to each other, and derives what functions use (ProgramCheck.cpp).
Status checkProgram(Program &program);

} // namespace attn

#endif // ATTN_RUNTIME_PROGRAM_H
