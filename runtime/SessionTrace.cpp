//===- SessionTrace.cpp - a run that is watched, launch by launch -*- C++ -*-===//

#include "runtime/Session.h"

#include <algorithm>
#include <chrono>

namespace attn {

static uint64_t now() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

Status Session::executeTraced(Plan &plan, const Function &function, const attn_tensor_t *arguments) {
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Plan::Step &step = plan.steps[i];
    ATTN_ASSIGN_OR_RETURN(isTurn, isTurnOf(plan, step));
    if (!isTurn)
      continue; // what did not run left no trace
    if (watcher_ && !step.isCopy && step.launch.args.grid[0] != 0)
      ATTN_RETURN_IF_ERROR(watcher_({function, i, step.launch, *device_, *code_}));
    attn_trace_event_t event = {};
    event.command = static_cast<int64_t>(i);
    event.begin_ns = now();
    ATTN_RETURN_IF_ERROR(runStep(plan, step));
    ATTN_RETURN_IF_ERROR(device_->synchronize());
    event.end_ns = now();
    if (trace_)
      ATTN_RETURN_IF_ERROR(report(step, event, function, arguments));
  }
  return Status();
}

/// What a launch wrote to |buffer|: all of it, but of a cache the rows that this call appends to each sequence. What
/// lies behind them was never written, and what lies before is of earlier calls.
void Session::addOutputs(const attn_buffer &buffer, ElementType type, int rank, const Function &function,
                         const attn_tensor_t *arguments, std::vector<attn_tensor_t> &outputs) const {
  bool isReadable = device_->sharesHostMemory();
  auto add = [&](const attn_buffer &part, const int64_t *sizes) {
    attn_tensor_t &tensor = outputs.emplace_back();
    tensor = attn_tensor(isReadable ? part.data : nullptr, static_cast<attn_type_t>(type), rank, sizes);
    std::copy(part.strides, part.strides + rank, tensor.strides);
  };
  const std::byte *data = static_cast<const std::byte *>(buffer.data);
  for (const StateUse &use : function.states) {
    const State &state = (*states_)[use.state];
    const std::byte *begin = static_cast<const std::byte *>(state.data);
    // The operand is the state, or the slice of it at its leading indices.
    int sliced = static_cast<int>(state.sizes.size()) - rank;
    int position = state.declaration->positionAxis - sliced, sequence = state.declaration->sequenceAxis - sliced;
    if (use.advance < 0 || data < begin || data >= begin + state.bytes || position < 0 || sequence < 0)
      continue;
    for (int64_t n = 0; n < state.sequences(); ++n) {
      std::vector<int64_t> sizes(buffer.sizes, buffer.sizes + rank);
      sizes[sequence] = 1;
      sizes[position] = state.growth(arguments[use.advance], n);
      int64_t offset = n * buffer.strides[sequence] + state.lengths[n] * buffer.strides[position];
      add({static_cast<std::byte *>(buffer.data) + offset * elementSize(type), sizes.data(), buffer.strides},
          sizes.data());
    }
    return;
  }
  add(buffer, buffer.sizes);
}

Status Session::report(const Plan::Step &step, attn_trace_event_t &event, const Function &function,
                       const attn_tensor_t *arguments) {
  std::vector<attn_tensor_t> outputs;
  event.kernel = event.implementation = "copy";
  if (step.isCopy) {
    addOutputs(step.copy.to, step.copy.type, step.copy.rank, function, arguments, outputs);
  } else {
    const Kernel &kernel = program().kernels[step.launch.kernel];
    event.kernel = kernel.name.c_str();
    event.implementation = kernel.implementations[step.launch.implementation].symbol.c_str();
    int buffer = 0;
    for (const KernelArgument &argument : kernel.arguments) {
      if (argument.kind == KernelArgument::Kind::scalar)
        continue;
      const attn_buffer &operand = step.launch.args.buffers[buffer++];
      if (argument.kind == KernelArgument::Kind::buffer && argument.access != KernelArgument::Access::read)
        addOutputs(operand, argument.type, argument.rank, function, arguments, outputs);
    }
  }
  event.outputs = outputs.data();
  event.output_count = outputs.size();
  if (trace_(traceUser_, &event))
    return Status();
  return failure(Code::device, "stopped at command %lld, kernel '%s' (%s)", static_cast<long long>(event.command),
                 event.kernel, event.implementation);
}

} // namespace attn
