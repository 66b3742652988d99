//===- CudaDevice.h - an NVIDIA GPU -*- C++ -*-===//
//
// The device `cuda`: the first GPU that the driver shows (CUDA_VISIBLE_DEVICES says which those are).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_CUDADEVICE_H
#define ATTN_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/Device.h"

namespace attn {

/// |library| is the driver's, or null for one that is linked into the program, as tests do.
Result<std::unique_ptr<Device>> makeCudaDevice(const char *library);

} // namespace attn

#endif // ATTN_RUNTIME_CUDA_CUDADEVICE_H
