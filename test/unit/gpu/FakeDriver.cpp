//===- FakeDriver.cpp - a CUDA driver without a GPU -*- C++ -*-===//

#include "test/unit/gpu/FakeDriver.h"

#include "runtime/ptx/Interpreter.h"
#include "runtime/ptx/TensorMap.h"

#include <algorithm>
#include <cstring>

using namespace attn;
using namespace attn::cuda;

FakeDriver &attn::fakeDriver() {
  static FakeDriver driver;
  return driver;
}

bool FakeDriver::wasCalled(const std::string &call) const {
  return std::find(calls.begin(), calls.end(), call) != calls.end();
}

namespace {

struct Function {
  const ptx::Module *module;
  std::string name;
  unsigned shared = 48 * 1024;
};

struct Module {
  ptx::Module parsed;
  std::vector<std::unique_ptr<Function>> functions;
};

} // namespace

static ptx::Memory &memory() {
  static ptx::Memory memory;
  return memory;
}

/// Notes the call, or the error with which it is to fail.
static CUresult note(const std::string &name, const std::string &arguments = "") {
  FakeDriver &driver = fakeDriver();
  auto failure = driver.failures.find(name);
  if (failure != driver.failures.end())
    return failure->second;
  driver.calls.push_back(name + (arguments.empty() ? "" : " " + arguments));
  return CUDA_SUCCESS;
}

#define NOTE(...)                                                                                                      \
  if (CUresult error = note(__VA_ARGS__); error != CUDA_SUCCESS)                                                       \
    return error;

/// Whether [address, address + bytes) lies in one allocation.
static bool isAllocated(CUdeviceptr address, size_t bytes) { return memory().find(address, bytes) != nullptr; }

static CUresult enqueue(std::function<CUresult()> work) {
  fakeDriver().queue.push_back(std::move(work));
  return CUDA_SUCCESS;
}

template <typename To, typename From> static To cast(From from) { return reinterpret_cast<To>(from); }

extern "C" {

CUresult cuGetErrorName(CUresult error, const char **text) {
  static const std::map<CUresult, const char *> names = {
      {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"},
      {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"},
      {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE"},
      {CUDA_ERROR_INVALID_PTX, "CUDA_ERROR_INVALID_PTX"},
      {CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
      {CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS"}};
  auto found = names.find(error);
  if (found == names.end())
    return CUDA_ERROR_INVALID_VALUE;
  *text = found->second;
  return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult, const char **text) {
  *text = "in the driver's words";
  return CUDA_SUCCESS;
}

CUresult cuInit(unsigned) { return note("cuInit"); }

CUresult cuDeviceGetCount(int *count) {
  NOTE("cuDeviceGetCount");
  *count = fakeDriver().devices;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  NOTE("cuDeviceGet", std::to_string(ordinal));
  *device = 7;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
  NOTE("cuDeviceGetAttribute", std::to_string(attribute));
  const FakeDriver &driver = fakeDriver();
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR   ? driver.major
           : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? driver.minor
                                                                       : driver.maxShared;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  NOTE("cuDevicePrimaryCtxRetain", std::to_string(device));
  ++fakeDriver().contexts;
  *context = cast<CUcontext>(&fakeDriver());
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) {
  --fakeDriver().contexts;
  return note("cuDevicePrimaryCtxRelease");
}

CUresult cuCtxSetCurrent(CUcontext context) {
  return context == cast<CUcontext>(&fakeDriver()) ? note("cuCtxSetCurrent") : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuModuleLoadDataEx(CUmodule *out, const void *image, unsigned count, CUjit_option *options, void **values) {
  auto parsed = ptx::parse(static_cast<const char *>(image), "image");
  if (!parsed.ok() && count == 2 && options[0] == CU_JIT_ERROR_LOG_BUFFER) {
    auto size = cast<uintptr_t>(values[1]);
    std::strncpy(static_cast<char *>(values[0]), parsed.status().message().c_str(), size);
    return CUDA_ERROR_INVALID_PTX;
  }
  NOTE("cuModuleLoadDataEx", parsed->target);
  ++fakeDriver().modules;
  *out = cast<CUmodule>(new Module{std::move(*parsed), {}});
  return CUDA_SUCCESS;
}

CUresult cuModuleUnload(CUmodule module) {
  NOTE("cuModuleUnload");
  --fakeDriver().modules;
  delete cast<Module *>(module);
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *out, CUmodule handle, const char *name) {
  NOTE("cuModuleGetFunction", name);
  auto *module = cast<Module *>(handle);
  if (!module->parsed.find(name))
    return CUDA_ERROR_NOT_FOUND;
  module->functions.push_back(std::make_unique<Function>(Function{&module->parsed, name}));
  *out = cast<CUfunction>(module->functions.back().get());
  return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute, int value) {
  auto *function = cast<Function *>(handle);
  NOTE("cuFuncSetAttribute", function->name + " " + std::to_string(attribute) + " " + std::to_string(value));
  function->shared = static_cast<unsigned>(value);
  return CUDA_SUCCESS;
}

CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, unsigned rank, void *address,
                                const uint64_t *sizes, const uint64_t *strides, const uint32_t *box,
                                const uint32_t *elementStrides, CUtensorMapInterleave interleave,
                                CUtensorMapSwizzle swizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
  auto list = [rank](const auto *values) {
    std::string text;
    for (unsigned i = 0; i < rank; ++i)
      text += (i ? "," : "") + std::to_string(values[i]);
    return text;
  };
  NOTE("cuTensorMapEncodeTiled", std::to_string(type) + " " + list(sizes) + " " + list(box));
  bool isPlain = interleave == CU_TENSOR_MAP_INTERLEAVE_NONE && reinterpret_cast<uintptr_t>(map) % 64 == 0;
  for (unsigned i = 0; i < rank; ++i)
    isPlain = isPlain && elementStrides[i] == 1;
  if (!isPlain || type != CU_TENSOR_MAP_DATA_TYPE_FLOAT32)
    return CUDA_ERROR_INVALID_VALUE;
  std::vector<uint32_t> narrow(sizes, sizes + rank);
  unsigned swizzleBytes = swizzle == CU_TENSOR_MAP_SWIZZLE_NONE ? 0 : 16u << swizzle;
  auto encoded = ptx::encodeTensorMap(address, 4, rank, narrow.data(), strides, box, swizzleBytes);
  if (!encoded.ok())
    return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(map, &*encoded, sizeof *map);
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr *out, size_t bytes) {
  NOTE("cuMemAlloc", std::to_string(bytes));
  auto allocated = memory().allocate(bytes, "an allocation");
  if (!allocated.ok())
    return CUDA_ERROR_OUT_OF_MEMORY;
  ++fakeDriver().allocations;
  std::memset(*allocated, 0xa5, bytes); // a driver's memory is not cleared
  *out = cast<uintptr_t>(*allocated);
  return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  NOTE("cuMemFree");
  --fakeDriver().allocations;
  return memory().release(cast<void *>(address)).ok() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t bytes, CUstream) {
  NOTE("cuMemsetD8Async");
  return enqueue([=] {
    if (!isAllocated(address, bytes))
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    std::memset(cast<void *>(address), value, bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream) {
  NOTE("cuMemcpyHtoDAsync", std::to_string(bytes));
  return enqueue([=] {
    if (!isAllocated(to, bytes))
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    std::memcpy(cast<void *>(to), from, bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream) {
  NOTE("cuMemcpyDtoHAsync", std::to_string(bytes));
  return enqueue([=] {
    if (!isAllocated(from, bytes))
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    std::memcpy(to, cast<void *>(from), bytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *given, CUstream) {
  CUDA_MEMCPY2D copy = *given;
  NOTE("cuMemcpy2DAsync", std::to_string(copy.WidthInBytes) + " x " + std::to_string(copy.Height));
  bool isValid = copy.srcMemoryType == CU_MEMORYTYPE_DEVICE && copy.dstMemoryType == CU_MEMORYTYPE_DEVICE &&
                 copy.srcPitch >= copy.WidthInBytes && copy.dstPitch >= copy.WidthInBytes;
  if (!isValid)
    return CUDA_ERROR_INVALID_VALUE;
  return enqueue([=] {
    for (size_t row = 0; row < copy.Height; ++row) {
      CUdeviceptr from = copy.srcDevice + row * copy.srcPitch, to = copy.dstDevice + row * copy.dstPitch;
      if (!isAllocated(from, copy.WidthInBytes) || !isAllocated(to, copy.WidthInBytes))
        return CUDA_ERROR_ILLEGAL_ADDRESS;
      std::memmove(cast<void *>(to), cast<void *>(from), copy.WidthInBytes);
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags) {
  NOTE("cuStreamCreate", std::to_string(flags));
  ++fakeDriver().streams;
  *stream = cast<CUstream>(&fakeDriver().queue);
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy_v2(CUstream) {
  --fakeDriver().streams;
  return note("cuStreamDestroy");
}

CUresult cuStreamSynchronize(CUstream stream) {
  NOTE("cuStreamSynchronize");
  if (stream != cast<CUstream>(&fakeDriver().queue))
    return CUDA_ERROR_INVALID_VALUE;
  CUresult first = CUDA_SUCCESS;
  for (const auto &work : fakeDriver().queue)
    if (first == CUDA_SUCCESS)
      first = work();
  fakeDriver().queue.clear();
  return first;
}

CUresult cuLaunchKernel(CUfunction handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                        unsigned blockY, unsigned blockZ, unsigned shared, CUstream, void **parameters, void **) {
  auto *function = cast<Function *>(handle);
  auto three = [](unsigned x, unsigned y, unsigned z) {
    return std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(z);
  };
  NOTE("cuLaunchKernel", function->name + " " + three(gridX, gridY, gridZ) + " " + three(blockX, blockY, blockZ) + " " +
                             std::to_string(shared));
  if (shared > function->shared)
    return CUDA_ERROR_INVALID_VALUE;
  ptx::Launch launch;
  for (auto [to, x, y, z] :
       {std::tuple(launch.grid, gridX, gridY, gridZ), std::tuple(launch.block, blockX, blockY, blockZ)})
    to[0] = x, to[1] = y, to[2] = z;
  launch.dynamicSharedBytes = shared;
  const ptx::Kernel *kernel = function->module->find(function->name);
  launch.params.resize(kernel->parameterBytes);
  for (size_t i = 0; i < kernel->parameters.size(); ++i)
    std::memcpy(launch.params.data() + kernel->parameters[i].offset, parameters[i], kernel->parameters[i].size);
  return enqueue([function, launch] {
    auto done = ptx::run(*function->module, function->name, launch, memory(), ptx::Mode::late);
    return done.ok() ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_ADDRESS;
  });
}

} // extern "C"
