//===- PtxDevice.h - GPU code on a machine without a GPU -*- C++ -*-===//
//
// The device `ptx`: interprets the PTX of an artefact on the CPU. It is there to prove kernels, not to be fast.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_PTXDEVICE_H
#define ATTN_RUNTIME_PTX_PTXDEVICE_H

#include "runtime/Device.h"

namespace attn {

Result<std::unique_ptr<Device>> makePtxDevice();

} // namespace attn

#endif // ATTN_RUNTIME_PTX_PTXDEVICE_H
