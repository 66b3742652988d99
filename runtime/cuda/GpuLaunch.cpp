//===- GpuLaunch.cpp - a launch as a GPU takes it -*- C++ -*-===//

#include "runtime/cuda/GpuLaunch.h"

namespace attn {

/// The largest grid, in blocks along x, y and z: the same on every GPU that code is made for.
static constexpr int64_t maxGrid[3] = {INT32_MAX, 65535, 65535};

Result<GpuLaunch> makeGpuLaunch(const Kernel &kernel, const Implementation &implementation, const attn_args &args) {
  GpuLaunch out;
  size_t rank = implementation.grid.size();
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t size = args.grid[rank - 1 - axis];
    if (size > maxGrid[axis])
      return failure(
          Code::out_of_range, "kernel '%s' has %lld blocks along '%c', but a GPU takes %lld; use smaller inputs",
          kernel.name.c_str(), static_cast<long long>(size), "xyz"[axis], static_cast<long long>(maxGrid[axis]));
    out.grid[axis] = static_cast<uint32_t>(size);
  }
  out.parameters.reserve(countGpuParameters(kernel));
  const attn_buffer *buffer = args.buffers;
  const uint64_t *scalar = args.scalars;
  for (const KernelArgument &argument : kernel.arguments) {
    if (argument.kind == KernelArgument::Kind::scalar) {
      out.parameters.push_back(*scalar++);
      continue;
    }
    out.parameters.push_back(reinterpret_cast<uintptr_t>(buffer->data));
    out.parameters.insert(out.parameters.end(), buffer->sizes, buffer->sizes + argument.rank);
    out.parameters.insert(out.parameters.end(), buffer->strides, buffer->strides + argument.rank);
    ++buffer;
  }
  for (const TensorMapUse &use : implementation.tensorMaps) {
    ATTN_ASSIGN_OR_RETURN(tensor, makeTiledTensor(kernel, use, args.buffers[kernel.bufferNumber(use.argument)]));
    ATTN_RETURN_IF_ERROR(checkTiledAddress(kernel, tensor));
    out.maps.push_back(tensor);
  }
  return out;
}

size_t countGpuParameters(const Kernel &kernel) {
  size_t count = 0;
  for (const KernelArgument &argument : kernel.arguments)
    count += argument.kind == KernelArgument::Kind::scalar ? 1 : 1 + 2 * static_cast<size_t>(argument.rank);
  return count;
}

static bool hasSuffix(const std::string &text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool isPtx(const Target &target) { return target.device == "cuda" && hasSuffix(target.entry, ".ptx"); }
bool isMachineCode(const Target &target) { return target.device == "cuda" && hasSuffix(target.entry, ".cubin"); }

Status noGpuCode(const Artifact &artifact) {
  return failure(Code::unsupported, "%s: it holds no code for a GPU; compile it with --target=sm_80",
                 artifact.name().c_str());
}

} // namespace attn
