//===- GpuLaunch.h - a launch as a GPU takes it -*- C++ -*-===//
//
// Item 7 of artifact.h: the order of a grid's dimensions and the parameters of an entry. What the CUDA device and the
// interpreter have in common.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_GPULAUNCH_H
#define ATTN_RUNTIME_CUDA_GPULAUNCH_H

#include "runtime/Artifact.h"
#include "runtime/cuda/TiledTensor.h"

namespace attn {

struct GpuLaunch {
  uint32_t grid[3] = {1, 1, 1}; ///< x, y, z
  std::vector<uint64_t> parameters;
  std::vector<TiledTensor> maps; ///< of the parameters behind them
};

/// Fails where the grid is larger than a GPU's may be, or a buffer cannot be what a tensor map needs.
Result<GpuLaunch> makeGpuLaunch(const Kernel &kernel, const Implementation &implementation, const attn_args &args);

/// How many parameters of 8 bytes an entry of |kernel| has.
size_t countGpuParameters(const Kernel &kernel);

/// Whether |target| is PTX for a GPU, and whether it is machine code for one.
bool isPtx(const Target &target);
bool isMachineCode(const Target &target);

/// The failure of loading an artefact that has nothing for a GPU.
Status noGpuCode(const Artifact &artifact);

} // namespace attn

#endif // ATTN_RUNTIME_CUDA_GPULAUNCH_H
