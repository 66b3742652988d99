//===- CudaDevice.h - an NVIDIA GPU -*- C++ -*-===//
//
// The device `cuda`: the first GPU that the driver shows (CUDA_VISIBLE_DEVICES says which those are).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_CUDADEVICE_H
#define ATTN_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/Device.h"

#include <optional>

namespace attn {

/// What the driver is called on Linux.
constexpr const char *cudaDriverName = "libcuda.so.1";

/// |library| is the driver's, or null for one that is linked into the program, as tests do. With |callersStream|, a
/// CUstream of the device's primary context, it works in that stream on tensors that the caller has on the device.
Result<std::unique_ptr<Device>> makeCudaDevice(const char *library, std::optional<void *> callersStream = std::nullopt);

} // namespace attn

#endif // ATTN_RUNTIME_CUDA_CUDADEVICE_H
