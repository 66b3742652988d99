//===- Device.cpp - finds a device by its name -*- C++ -*-===//

#include "runtime/Device.h"

#include "runtime/cuda/CudaDevice.h"
#include "runtime/ptx/PtxDevice.h"

namespace attn {

Result<std::unique_ptr<Device>> makeDevice(const std::string &name, int threads) {
  if (name == "cpu" || name == "auto")
    return makeCpuDevice(threads);
  if (name == "ptx")
    return makePtxDevice();
  if (name == "cuda")
    return makeCudaDevice(cudaDriverName);
  return failure(Code::invalid_argument, "there is no device '%s'; devices are cpu, ptx, cuda and auto", name.c_str());
}

} // namespace attn
