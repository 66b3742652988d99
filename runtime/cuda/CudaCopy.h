//===- CudaCopy.h - a strided copy as a GPU's driver takes it -*- C++ -*-===//
//
// The driver copies rows of bytes that lie at one distance from each other. A copy between any strides becomes a list
// of such rectangles, as few as its strides allow.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_CUDACOPY_H
#define ATTN_RUNTIME_CUDA_CUDACOPY_H

#include "runtime/Device.h"
#include "runtime/cuda/CudaDriver.h"

#include <vector>

namespace attn {

std::vector<cuda::CUDA_MEMCPY2D> splitCopy(const BufferCopy &copy);

} // namespace attn

#endif // ATTN_RUNTIME_CUDA_CUDACOPY_H
