//===- Device.cpp - finds a device by its name -*- C++ -*-===//

#include "runtime/Device.h"

namespace attn {

Result<std::unique_ptr<Device>> makeDevice(const std::string &name, int threads) {
  if (name == "cpu" || name == "auto")
    return makeCpuDevice(threads);
  if (name == "ptx" || name == "cuda")
    return failure(Code::unsupported, "device '%s' is not in this build of the runtime; use --device=cpu",
                   name.c_str());
  return failure(Code::invalid_argument, "there is no device '%s'; devices are cpu, ptx, cuda and auto", name.c_str());
}

} // namespace attn
