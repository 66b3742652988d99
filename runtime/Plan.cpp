//===- Plan.cpp - the launches of one function at one set of sizes -*- C++ -*-===//

#include "runtime/Plan.h"

#include "runtime/Implementations.h"
#include "runtime/Placement.h"
#include "runtime/cuda/TiledTensor.h"

#include <algorithm>

namespace attn {

namespace {

/// A buffer before its pointers are final: sizes and strides by their place in Plan::sizesAndStrides.
struct ResolvedBuffer {
  int64_t sizes[ATTN_MAX_RANK];
  int64_t strides[ATTN_MAX_RANK];
  int rank = 0;
  void *data = nullptr;
  ElementType type = ElementType::u8; ///< not of weights
  int64_t elements = 0;               ///< of the memory that the data stands for
  int64_t offset = 0;                 ///< in elements
};

Result<int64_t> fillDense(ResolvedBuffer &buffer, const std::vector<int64_t> &sizes) {
  buffer.rank = static_cast<int>(sizes.size());
  int64_t elements = 1;
  bool isEmpty = false;
  for (size_t i = sizes.size(); i-- > 0;) {
    buffer.sizes[i] = sizes[i];
    buffer.strides[i] = elements;
    isEmpty |= sizes[i] == 0;
    if (__builtin_mul_overflow(elements, std::max<int64_t>(sizes[i], 1), &elements) || elements > INT64_MAX / 8)
      return failure(Code::out_of_memory, "a tensor of shape %s is too large",
                     describeShape(sizes.data(), sizes.size()).c_str());
  }
  buffer.elements = isEmpty ? 0 : elements;
  return buffer.elements;
}

/// Finds a place for each of |temporaries|, whose sizes are given; returns the bytes that they take together.
Result<uint64_t> place(const std::vector<Temporary> &temporaries, const std::vector<std::vector<int64_t>> &sizes,
                       std::vector<PlacedBuffer> &placed) {
  for (size_t i = 0; i < temporaries.size(); ++i) {
    const Temporary &temporary = temporaries[i];
    ResolvedBuffer buffer;
    ATTN_ASSIGN_OR_RETURN(elements, fillDense(buffer, sizes[i]));
    placed.push_back({static_cast<uint64_t>(elements * elementSize(temporary.type)), temporary.first, temporary.last});
  }
  return placeBuffers(placed);
}

class Planner {
public:
  Planner(const PlanContext &context, Plan &plan) : context_(context), function_(context.function), plan_(plan) {
    values_ = plan.symbols;
    values_.push_back(0); // the loop index
  }

  Status run() {
    ATTN_RETURN_IF_ERROR(evaluateShapes());
    ATTN_RETURN_IF_ERROR(placeTemporaries());
    for (const Block &block : function_.blocks)
      for (int64_t i = 0; i < block.repeat; ++i) {
        values_.back() = i;
        for (const Command &command : block.commands) {
          ATTN_RETURN_IF_ERROR(command.kernel < 0 ? addCopy(command) : addLaunch(command));
          if (command.when)
            ATTN_RETURN_IF_ERROR(addCondition(*command.when));
        }
      }
    fixPointers();
    return Status();
  }

private:
  ExpressionValues scope() const { return {values_.data(), nullptr}; }

  Result<std::vector<int64_t>> evaluate(const SymbolicShape &shape) const {
    std::vector<int64_t> sizes;
    for (const Dimension &dimension : shape) {
      ATTN_ASSIGN_OR_RETURN(size, dimension.expression.evaluate(scope()));
      if (size < 0)
        return failure(Code::out_of_range, "the dimension '%s' is %lld", dimension.text.c_str(),
                       static_cast<long long>(size));
      sizes.push_back(size);
    }
    return sizes;
  }

  /// The number of elements and dense strides of |sizes|.
  Status evaluateShapes() {
    for (const TensorDeclaration &argument : function_.arguments) {
      ATTN_ASSIGN_OR_RETURN(sizes, evaluate(argument.shape));
      argumentSizes_.push_back(std::move(sizes));
    }
    for (const TensorDeclaration &result : function_.results) {
      ATTN_ASSIGN_OR_RETURN(sizes, evaluate(result.shape));
      plan_.resultSizes.push_back(std::move(sizes));
    }
    for (const Temporary &temporary : function_.temporaries) {
      ATTN_ASSIGN_OR_RETURN(sizes, evaluate(temporary.shape));
      temporarySizes_.push_back(std::move(sizes));
    }
    return Status();
  }

  Status placeTemporaries() {
    ATTN_ASSIGN_OR_RETURN(bytes, place(function_.temporaries, temporarySizes_, placed_));
    plan_.arenaBytes = bytes;
    return Status();
  }

  //===--------------------------------------------------------------------===//
  // Operands
  //===--------------------------------------------------------------------===//

  Status resolveDense(ResolvedBuffer &out, ElementType type, const std::vector<int64_t> &sizes, void *data) {
    ATTN_RETURN_IF_ERROR(fillDense(out, sizes).status());
    out.type = type;
    out.data = data;
    return Status();
  }

  Status resolveState(const Operand &operand, ResolvedBuffer &out) {
    const State &state = context_.states[operand.index];
    ATTN_RETURN_IF_ERROR(resolveDense(out, state.declaration->type, state.sizes, state.data));
    for (size_t i = 0; i < operand.at.size(); ++i) {
      ATTN_ASSIGN_OR_RETURN(at, operand.at[i].evaluate(scope()));
      if (at < 0 || at >= state.sizes[i])
        return failure(Code::corrupt, "slice %lld of dimension %zu of state '%s', which has %lld",
                       static_cast<long long>(at), i, state.declaration->name.c_str(),
                       static_cast<long long>(state.sizes[i]));
      out.offset += at * out.strides[i];
      out.elements /= state.sizes[i];
    }
    // The slice is memory of its own: a view of it cannot reach beyond.
    out.data = static_cast<std::byte *>(out.data) + out.offset * elementSize(out.type);
    out.offset = 0;
    size_t dropped = operand.at.size();
    out.rank -= static_cast<int>(dropped);
    std::copy(out.sizes + dropped, out.sizes + dropped + out.rank, out.sizes);
    std::copy(out.strides + dropped, out.strides + dropped + out.rank, out.strides);
    return Status();
  }

  Status applyView(const View &view, ResolvedBuffer &buffer) {
    ATTN_ASSIGN_OR_RETURN(offset, view.offset.evaluate(scope()));
    buffer.rank = static_cast<int>(view.shape.size());
    int64_t lowest = offset, highest = offset;
    bool isEmpty = false, overflows = false;
    for (int i = 0; i < buffer.rank; ++i) {
      ATTN_ASSIGN_OR_RETURN(size, view.shape[i].evaluate(scope()));
      ATTN_ASSIGN_OR_RETURN(stride, view.strides[i].evaluate(scope()));
      if (size < 0)
        return failure(Code::corrupt, "a view whose dimension %d is %lld", i, static_cast<long long>(size));
      buffer.sizes[i] = size;
      buffer.strides[i] = stride;
      isEmpty |= size == 0;
      int64_t extent;
      overflows |= __builtin_mul_overflow(std::max<int64_t>(size - 1, 0), stride, &extent);
      int64_t &end = stride < 0 ? lowest : highest;
      overflows |= __builtin_add_overflow(end, extent, &end);
    }
    if (!isEmpty && (overflows || lowest < 0 || highest >= buffer.elements))
      return failure(Code::corrupt, "a view of elements %lld to %lld of a buffer of %lld",
                     static_cast<long long>(lowest), static_cast<long long>(highest),
                     static_cast<long long>(buffer.elements));
    buffer.offset = isEmpty ? 0 : offset;
    return Status();
  }

  Status resolve(const Operand &operand, ResolvedBuffer &out) {
    using Kind = Operand::Kind;
    const Program &program = context_.artifact.program();
    switch (operand.kind) {
    case Kind::argument:
      ATTN_RETURN_IF_ERROR(
          resolveDense(out, function_.arguments[operand.index].type, argumentSizes_[operand.index], nullptr));
      break;
    case Kind::result:
      ATTN_RETURN_IF_ERROR(
          resolveDense(out, function_.results[operand.index].type, plan_.resultSizes[operand.index], nullptr));
      break;
    case Kind::temporary:
      ATTN_RETURN_IF_ERROR(
          resolveDense(out, function_.temporaries[operand.index].type, temporarySizes_[operand.index], nullptr));
      break;
    case Kind::constant:
      ATTN_RETURN_IF_ERROR(resolveDense(out, program.constants[operand.index].type,
                                        program.constants[operand.index].shape, context_.constants[operand.index]));
      break;
    case Kind::state:
      ATTN_RETURN_IF_ERROR(resolveState(operand, out));
      break;
    case Kind::length: {
      const State &state = context_.states[operand.index];
      ATTN_RETURN_IF_ERROR(resolveDense(out, ElementType::i32, {state.sequences()}, state.deviceLengths));
      break;
    }
    case Kind::weight: {
      const BoundWeight &weight = boundWeight(operand);
      out.rank = static_cast<int>(weight.sizes.size());
      std::copy(weight.sizes.begin(), weight.sizes.end(), out.sizes);
      std::copy(weight.strides.begin(), weight.strides.end(), out.strides);
      out.data = weight.data;
      break;
    }
    case Kind::value:
      break;
    }
    return operand.view ? applyView(*operand.view, out) : Status();
  }

  const BoundWeight &boundWeight(const Operand &operand) const {
    bool isRepeated = !context_.artifact.program().weights[operand.index].index.empty();
    return context_.weights.get(operand.index, isRepeated ? values_.back() : 0);
  }

  /// Appends the buffer, and the patch that gives it an address at each run if it has none of its own.
  void addBuffer(const Operand &operand, const ResolvedBuffer &buffer) {
    uint32_t number = static_cast<uint32_t>(plan_.buffers.size());
    attn_buffer out = {};
    int64_t bytes = buffer.offset * elementSize(buffer.type);
    if (buffer.data)
      out.data = static_cast<std::byte *>(buffer.data) + bytes;
    plan_.buffers.push_back(out);
    ranks_.push_back(buffer.rank);
    plan_.sizesAndStrides.insert(plan_.sizesAndStrides.end(), buffer.sizes, buffer.sizes + buffer.rank);
    plan_.sizesAndStrides.insert(plan_.sizesAndStrides.end(), buffer.strides, buffer.strides + buffer.rank);
    uint32_t index = static_cast<uint32_t>(operand.index);
    if (operand.kind == Operand::Kind::argument)
      plan_.arguments.push_back({number, index, bytes});
    else if (operand.kind == Operand::Kind::result)
      plan_.results.push_back({number, index, bytes});
    else if (operand.kind == Operand::Kind::temporary)
      plan_.temporaries.push_back({number, 0, static_cast<int64_t>(placed_[index].offset) + bytes});
  }

  //===--------------------------------------------------------------------===//
  // Commands
  //===--------------------------------------------------------------------===//

  Status addLaunch(const Command &command) {
    const Kernel &kernel = context_.artifact.program().kernels[command.kernel];
    Plan::Step step;
    step.launch.kernel = command.kernel;
    step.firstBuffer = static_cast<uint32_t>(plan_.buffers.size());
    firstScalars_.push_back(plan_.scalars.size());
    std::vector<ResolvedBuffer> resolved;
    for (size_t i = 0; i < command.operands.size(); ++i) {
      const Operand &operand = command.operands[i];
      if (kernel.arguments[i].kind == KernelArgument::Kind::scalar) {
        if (operand.kind == Operand::Kind::argument)
          plan_.scalarArguments.push_back(
              {static_cast<uint32_t>(plan_.scalars.size()), static_cast<uint32_t>(operand.index)});
        plan_.scalars.push_back(operand.bits);
        continue;
      }
      ATTN_RETURN_IF_ERROR(resolve(operand, resolved.emplace_back()).at("kernel '" + kernel.name + "'"));
      addBuffer(operand, resolved.back());
    }
    std::vector<attn_buffer> dimensions;
    for (const ResolvedBuffer &buffer : resolved)
      dimensions.push_back({nullptr, buffer.sizes, buffer.strides});
    ExpressionValues values{nullptr, dimensions.data()};
    ATTN_ASSIGN_OR_RETURN(implementation, choose(kernel, command, resolved, values));
    step.launch.implementation = implementation;
    // A launch without tasks is kept, so that commands keep their numbers; a run skips it.
    ATTN_RETURN_IF_ERROR(setGrid(kernel, kernel.implementations[implementation], values, step.launch.args));
    step.launch.args.abi = ATTN_KERNEL_ABI;
    plan_.steps.push_back(step);
    return Status();
  }

  /// Whether the buffers can be passed as the tensor maps that |candidate| wants, as far as that depends on sizes.
  static Status checkTensorMaps(const Kernel &kernel, const Implementation &candidate,
                                const std::vector<ResolvedBuffer> &resolved) {
    for (const TensorMapUse &use : candidate.tensorMaps) {
      const ResolvedBuffer &buffer = resolved[kernel.bufferNumber(use.argument)];
      ATTN_RETURN_IF_ERROR(makeTiledTensor(kernel, use, {nullptr, buffer.sizes, buffer.strides}).status());
      if (buffer.offset * elementSize(buffer.type) % static_cast<int64_t>(TiledTensor::addressAlignment) != 0)
        return failure(Code::unsupported,
                       "kernel '%s': argument %d is a view from element %lld on, but a tensor map "
                       "begins at a multiple of 16 bytes",
                       kernel.name.c_str(), use.argument, static_cast<long long>(buffer.offset));
    }
    return Status();
  }

  LaunchFormats formatsOf(const Command &command) const {
    LaunchFormats formats;
    for (size_t i = 0; i < command.operands.size(); ++i)
      if (command.operands[i].kind == Operand::Kind::weight)
        formats.emplace_back(static_cast<int>(i), boundWeight(command.operands[i]).format);
    return formats;
  }

  Result<int> choose(const Kernel &kernel, const Command &command, const std::vector<ResolvedBuffer> &resolved,
                     const ExpressionValues &values) const {
    LaunchFormats formats = formatsOf(command);
    Status unmapped;
    for (size_t i = 0; i < kernel.implementations.size(); ++i) {
      const Implementation &candidate = kernel.implementations[i];
      if (!takes(candidate, context_.device, formats))
        continue;
      ATTN_ASSIGN_OR_RETURN(holds, candidate.when.evaluate(values));
      if (!holds)
        continue;
      Status mapped = checkTensorMaps(kernel, candidate, resolved);
      if (mapped.ok())
        return static_cast<int>(i);
      unmapped = mapped;
    }
    ATTN_RETURN_IF_ERROR(checkHasCode(context_.artifact.program(), kernel, context_.device));
    if (!unmapped.ok())
      return unmapped;
    std::string names;
    for (const auto &[argument, format] : formats)
      names += ", argument " + std::to_string(argument) + " as " + formatName(*format);
    return failure(Code::unsupported,
                   "kernel '%s' has no implementation for device '%s'%s at these sizes; compile it again",
                   kernel.name.c_str(), context_.device.target(), names.c_str());
  }

  Status addCopy(const Command &command) {
    Plan::Step step;
    step.isCopy = true;
    step.firstBuffer = static_cast<uint32_t>(plan_.buffers.size());
    firstScalars_.push_back(plan_.scalars.size());
    ResolvedBuffer from, to;
    ATTN_RETURN_IF_ERROR(resolve(command.operands[0], from).at("copy"));
    ATTN_RETURN_IF_ERROR(resolve(command.operands[1], to).at("copy"));
    if (!std::equal(from.sizes, from.sizes + from.rank, to.sizes))
      return failure(Code::corrupt, "a copy from shape %s to %s",
                     describeShape(from.sizes, static_cast<size_t>(from.rank)).c_str(),
                     describeShape(to.sizes, static_cast<size_t>(to.rank)).c_str());
    addBuffer(command.operands[0], from);
    addBuffer(command.operands[1], to);
    step.copy.rank = from.rank;
    step.copy.type = from.type;
    plan_.steps.push_back(step);
    return Status();
  }

  /// Of the step that was added last.
  Status addCondition(const Condition &when) {
    ResolvedBuffer flag;
    ATTN_RETURN_IF_ERROR(resolve(when.flag, flag).at("a flag"));
    if (flag.sizes[0] != 1)
      return failure(Code::corrupt, "a flag of %lld elements, but one is needed",
                     static_cast<long long>(flag.sizes[0]));
    plan_.steps.back().when = {static_cast<uint32_t>(plan_.buffers.size()), static_cast<int32_t>(when.value),
                               static_cast<int32_t>(when.count)};
    addBuffer(when.flag, flag);
    return Status();
  }

  /// Nothing grows any more: what points into the plan's own arrays can be set.
  void fixPointers() {
    const int64_t *next = plan_.sizesAndStrides.data();
    for (size_t i = 0; i < plan_.buffers.size(); ++i) {
      plan_.buffers[i].sizes = next;
      plan_.buffers[i].strides = next + ranks_[i];
      next += 2 * ranks_[i];
    }
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      plan_.steps[i].launch.args.buffers = plan_.buffers.data() + plan_.steps[i].firstBuffer;
      plan_.steps[i].launch.args.scalars = plan_.scalars.data() + firstScalars_[i];
    }
  }

  const PlanContext &context_;
  const Function &function_;
  Plan &plan_;
  std::vector<int64_t> values_;
  std::vector<std::vector<int64_t>> argumentSizes_, temporarySizes_;
  std::vector<PlacedBuffer> placed_;
  std::vector<int> ranks_;
  std::vector<size_t> firstScalars_;
};

} // namespace

Result<std::unique_ptr<Plan>> Plan::make(const PlanContext &context, const std::vector<int64_t> &symbols) {
  auto plan = std::make_unique<Plan>();
  plan->symbols = symbols;
  ATTN_RETURN_IF_ERROR(
      Planner(context, *plan).run().at(context.artifact.name() + ": function '" + context.function.name + "'"));
  return plan;
}

Result<uint64_t> temporaryBytes(const Function &function, const std::vector<int64_t> &symbols) {
  std::vector<std::vector<int64_t>> sizes;
  for (const Temporary &temporary : function.temporaries) {
    std::vector<int64_t> &shape = sizes.emplace_back();
    for (const auto &dimension : temporary.shape) {
      ATTN_ASSIGN_OR_RETURN(size, dimension.expression.evaluate({symbols.data(), nullptr}));
      shape.push_back(size);
    }
  }
  std::vector<PlacedBuffer> placed;
  return place(function.temporaries, sizes, placed);
}

} // namespace attn
