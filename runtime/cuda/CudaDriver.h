//===- CudaDriver.h - the CUDA driver library, loaded at run time -*- C++ -*-===//
//
// The few declarations of the driver's interface that are used, by the names and numbers of its manual: nothing of CUDA
// is needed to build, and a machine without a driver gets a status, not a missing library.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_CUDADRIVER_H
#define ATTN_RUNTIME_CUDA_CUDADRIVER_H

#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace attn::cuda {

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st *;
using CUmodule = struct CUmod_st *;
using CUfunction = struct CUfunc_st *;
using CUstream = struct CUstream_st *;
using CUarray = struct CUarray_st *;

enum CUresult : int {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_PTX = 218,
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
};

enum CUdevice_attribute : int {
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
};

enum CUfunction_attribute : int { CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8 };

enum CUjit_option : int { CU_JIT_ERROR_LOG_BUFFER = 5, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6 };

enum CUmemorytype : int { CU_MEMORYTYPE_DEVICE = 2 };

/// Does not wait for the stream that other libraries use when they name none.
constexpr unsigned CU_STREAM_NON_BLOCKING = 1;

struct CUDA_MEMCPY2D {
  size_t srcXInBytes = 0, srcY = 0;
  CUmemorytype srcMemoryType = CU_MEMORYTYPE_DEVICE;
  const void *srcHost = nullptr;
  CUdeviceptr srcDevice = 0;
  CUarray srcArray = nullptr;
  size_t srcPitch = 0;
  size_t dstXInBytes = 0, dstY = 0;
  CUmemorytype dstMemoryType = CU_MEMORYTYPE_DEVICE;
  void *dstHost = nullptr;
  CUdeviceptr dstDevice = 0;
  CUarray dstArray = nullptr;
  size_t dstPitch = 0;
  size_t WidthInBytes = 0, Height = 0;
};
static_assert(sizeof(void *) != 8 || sizeof(CUDA_MEMCPY2D) == 128, "the driver's layout");

/// Opaque.
struct alignas(64) CUtensorMap {
  uint64_t opaque[16] = {};
};

enum CUtensorMapDataType : int {
  CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0,
  CU_TENSOR_MAP_DATA_TYPE_INT32 = 3,
  CU_TENSOR_MAP_DATA_TYPE_INT64 = 5,
  CU_TENSOR_MAP_DATA_TYPE_FLOAT16 = 6,
  CU_TENSOR_MAP_DATA_TYPE_FLOAT32 = 7,
  CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9,
};

enum CUtensorMapInterleave : int { CU_TENSOR_MAP_INTERLEAVE_NONE = 0 };

enum CUtensorMapSwizzle : int {
  CU_TENSOR_MAP_SWIZZLE_NONE = 0,
  CU_TENSOR_MAP_SWIZZLE_32B = 1,
  CU_TENSOR_MAP_SWIZZLE_64B = 2,
  CU_TENSOR_MAP_SWIZZLE_128B = 3,
};

enum CUtensorMapL2promotion : int { CU_TENSOR_MAP_L2_PROMOTION_L2_256B = 3 };

enum CUtensorMapFloatOOBfill : int { CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0 };

class Driver {
public:
  /// Loads |library|; null stands for the program itself, for a test that brings its own driver.
  static Result<std::unique_ptr<Driver>> load(const char *library);
  ~Driver();
  Driver(const Driver &) = delete;
  Driver &operator=(const Driver &) = delete;

#define ATTN_CUDA_SYMBOL(name, symbol, parameters) CUresult(*name) parameters = nullptr;
#define ATTN_CUDA_OPTIONAL_SYMBOL ATTN_CUDA_SYMBOL
#include "runtime/cuda/CudaSymbols.def"
#undef ATTN_CUDA_OPTIONAL_SYMBOL
#undef ATTN_CUDA_SYMBOL

  /// "CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)"
  std::string describe(CUresult error) const;

  /// A failure that says what was being done, in the form "allocating 12 bytes", and what the driver calls the error.
  Status check(CUresult error, const std::string &doing) const;

private:
  Driver() = default;

  void *library_ = nullptr;
};

} // namespace attn::cuda

#endif // ATTN_RUNTIME_CUDA_CUDADRIVER_H
