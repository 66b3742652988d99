//===- CudaDevice.cpp - an NVIDIA GPU -*- C++ -*-===//
//
// The device's primary context and one stream of its own, in which everything happens in the order of the calls. The
// driver keeps the current context by thread, so every entry makes it current.
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaDevice.h"

#include "runtime/cuda/Architecture.h"
#include "runtime/cuda/CudaCopy.h"
#include "runtime/cuda/CudaDriver.h"
#include "runtime/cuda/GpuLaunch.h"

#include <algorithm>
#include <map>

namespace attn {

using namespace cuda;

/// What a kernel may have of dynamic shared memory without being asked for more.
static constexpr int64_t sharedWithoutAsking = 48 * 1024;

namespace {

/// The driver, a device of it, and what is held of both.
class Context {
public:
  static Result<std::unique_ptr<Context>> open(const char *library, std::optional<void *> callersStream);
  ~Context();

  /// Makes the device this thread's.
  Status enter() const { return driver->check(driver->cuCtxSetCurrent(context), "making the device current"); }

  std::unique_ptr<Driver> driver;
  CUdevice device = 0;
  CUcontext context = nullptr;
  CUstream stream = nullptr;
  bool isCallersStream = false;
  int architecture = 0; ///< 90 for sm_90
  int maxShared = 0;    ///< bytes of shared memory that a block can have

private:
  Context() = default;
};

class CudaCode : public DeviceCode {
public:
  explicit CudaCode(const Context &context) : context(context) {}
  ~CudaCode() override {
    // What fails here has failed before, and was reported there.
    if (!context.enter().ok())
      return;
    if (context.isCallersStream) // it may still run this code
      context.driver->cuStreamSynchronize(context.stream);
    for (const auto &[arch, module] : modules)
      context.driver->cuModuleUnload(module);
  }

  const Context &context;
  std::map<std::string, CUmodule> modules; ///< by architecture
  /// For each kernel and implementation; null where it is another device's.
  std::vector<std::vector<CUfunction>> functions;
  const Program *program = nullptr;
};

class CudaDevice : public Device {
public:
  explicit CudaDevice(std::unique_ptr<Context> context) : context_(std::move(context)), driver_(*context_->driver) {}

  const char *target() const override { return "cuda"; }
  bool runs(const Implementation &implementation) const override {
    std::optional<Architecture> arch = Architecture::parse(implementation.arch);
    bool canMap = implementation.tensorMaps.empty() || driver_.cuTensorMapEncodeTiled;
    return implementation.device == target() && arch && arch->runsOn(context_->architecture) && canMap;
  }
  bool sharesHostMemory() const override { return false; }
  bool worksInCallersStream() const override { return context_->isCallersStream; }

  Result<std::unique_ptr<DeviceCode>> load(const Artifact &artifact) override;
  Result<void *> allocate(uint64_t bytes) override;
  void release(void *memory, uint64_t bytes) override;
  Status upload(void *to, const void *from, uint64_t bytes) override;
  Status download(void *to, const void *from, uint64_t bytes) override;
  Status launch(const DeviceCode &code, const Launch &launch) override;
  Status copy(const BufferCopy &copy) override;
  Status synchronize() override;

private:
  Status checkArchitecture(const Artifact &artifact) const;
  Result<CUmodule> loadModule(const Artifact &artifact, const std::string &arch) const;
  Result<CUfunction> findFunction(const Artifact &artifact, const Kernel &kernel, const Implementation &implementation,
                                  CudaCode &code) const;

  Result<CUtensorMap> encode(const Kernel &kernel, const TiledTensor &tensor) const;

  std::unique_ptr<Context> context_;
  const Driver &driver_;
};

} // namespace

//===----------------------------------------------------------------------===//
// The driver and its device
//===----------------------------------------------------------------------===//

static Status noDevice(const std::string &why) {
  return failure(Code::unsupported, "the CUDA driver finds no GPU (%s); use the device cpu or ptx", why.c_str());
}

Result<std::unique_ptr<Context>> Context::open(const char *library, std::optional<void *> callersStream) {
  std::unique_ptr<Context> out(new Context());
  ATTN_ASSIGN_OR_RETURN(loaded, Driver::load(library));
  out->driver = std::move(loaded);
  const Driver &driver = *out->driver;
  CUresult started = driver.cuInit(0);
  if (started == CUDA_ERROR_NO_DEVICE)
    return noDevice(driver.describe(started));
  ATTN_RETURN_IF_ERROR(driver.check(started, "starting"));
  int count = 0;
  ATTN_RETURN_IF_ERROR(driver.check(driver.cuDeviceGetCount(&count), "counting devices"));
  if (count == 0)
    return noDevice("it counts none");
  ATTN_RETURN_IF_ERROR(driver.check(driver.cuDeviceGet(&out->device, 0), "opening device 0"));
  int major = 0, minor = 0;
  for (auto [attribute, value] : {std::pair(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, &major),
                                  std::pair(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, &minor),
                                  std::pair(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &out->maxShared)})
    ATTN_RETURN_IF_ERROR(
        driver.check(driver.cuDeviceGetAttribute(value, attribute, out->device), "asking what device 0 is"));
  out->architecture = 10 * major + minor;
  ATTN_RETURN_IF_ERROR(
      driver.check(driver.cuDevicePrimaryCtxRetain(&out->context, out->device), "making a context on device 0"));
  ATTN_RETURN_IF_ERROR(out->enter());
  out->isCallersStream = callersStream.has_value();
  if (callersStream) {
    out->stream = static_cast<CUstream>(*callersStream);
    return out;
  }
  ATTN_RETURN_IF_ERROR(
      driver.check(driver.cuStreamCreate(&out->stream, CU_STREAM_NON_BLOCKING), "making a stream on device 0"));
  return out;
}

Context::~Context() {
  // What fails here has failed before, and was reported there.
  if (context && enter().ok() && stream && !isCallersStream)
    driver->cuStreamDestroy(stream);
  if (context)
    driver->cuDevicePrimaryCtxRelease(device);
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

/// Some of the artefact's code runs on this device.
Status CudaDevice::checkArchitecture(const Artifact &artifact) const {
  std::string others;
  for (const Target &target : artifact.program().targets) {
    if (target.device != "cuda")
      continue;
    std::optional<Architecture> arch = Architecture::parse(target.arch);
    if (arch && arch->runsOn(context_->architecture))
      return Status();
    others += (others.empty() ? "" : ", ") + target.arch;
  }
  if (others.empty())
    return noGpuCode(artifact);
  return failure(Code::unsupported, "%s: its code is for %s, but this device is sm_%d; %s", artifact.name().c_str(),
                 others.c_str(), context_->architecture,
                 context_->architecture >= 80 ? "compile it with --target=sm_80" : "use the device cpu");
}

/// Machine code for exactly this device where there is some, else PTX, which the driver compiles.
Result<CUmodule> CudaDevice::loadModule(const Artifact &artifact, const std::string &arch) const {
  const Target *chosen = nullptr;
  for (const Target &target : artifact.program().targets) {
    bool isExact = isMachineCode(target) && Architecture::parse(arch)->number == context_->architecture;
    if (target.arch == arch && (isExact || (isPtx(target) && !chosen)))
      chosen = &target;
  }
  if (!chosen)
    return failure(Code::unsupported,
                   "%s: it has machine code for %s only, but this device is sm_%d; compile it to PTX, with --target=%s",
                   artifact.name().c_str(), arch.c_str(), context_->architecture, arch.c_str());
  const ZipEntry &entry = artifact.entry(chosen->entry);
  std::string image(reinterpret_cast<const char *>(entry.data), entry.size); // PTX has to end with a zero
  std::vector<char> log(4096);
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log.data(), reinterpret_cast<void *>(log.size() - 1)};
  CUmodule module = nullptr;
  CUresult loaded = driver_.cuModuleLoadDataEx(&module, image.c_str(), 2, options, values);
  if (loaded == CUDA_SUCCESS)
    return module;
  std::string reason(log.data());
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  std::string doing = "loading " + chosen->entry + (reason.empty() ? "" : ": " + reason);
  Status status = driver_.check(loaded, doing).at(artifact.name());
  bool isOldDriver = loaded == CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  return isOldDriver ? Status(Code::unsupported, status.message() + "; install a newer driver") : status;
}

Result<CUfunction> CudaDevice::findFunction(const Artifact &artifact, const Kernel &kernel,
                                            const Implementation &implementation, CudaCode &code) const {
  auto module = code.modules.find(implementation.arch);
  if (module == code.modules.end()) {
    ATTN_ASSIGN_OR_RETURN(loaded, loadModule(artifact, implementation.arch));
    module = code.modules.emplace(implementation.arch, loaded).first;
  }
  std::string where = artifact.name() + ": kernel '" + kernel.name + "'";
  CUfunction function = nullptr;
  CUresult found = driver_.cuModuleGetFunction(&function, module->second, implementation.symbol.c_str());
  if (found == CUDA_ERROR_NOT_FOUND)
    return failure(Code::corrupt, "%s names '%s', which its code for %s does not have; compile it again", where.c_str(),
                   implementation.symbol.c_str(), implementation.arch.c_str());
  ATTN_RETURN_IF_ERROR(driver_.check(found, "looking for '" + implementation.symbol + "'").at(where));
  if (implementation.shared > context_->maxShared)
    return failure(Code::unsupported,
                   "%s needs %lld bytes of shared memory, but this device has %d a block; "
                   "use the device cpu",
                   where.c_str(), static_cast<long long>(implementation.shared), context_->maxShared);
  if (implementation.shared > sharedWithoutAsking)
    ATTN_RETURN_IF_ERROR(
        driver_
            .check(driver_.cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                              static_cast<int>(implementation.shared)),
                   "asking for " + std::to_string(implementation.shared) + " bytes of shared memory")
            .at(where));
  return function;
}

Result<std::unique_ptr<DeviceCode>> CudaDevice::load(const Artifact &artifact) {
  ATTN_RETURN_IF_ERROR(context_->enter());
  ATTN_RETURN_IF_ERROR(checkArchitecture(artifact));
  auto code = std::make_unique<CudaCode>(*context_);
  code->program = &artifact.program();
  for (const Kernel &kernel : artifact.program().kernels) {
    std::vector<CUfunction> &functions = code->functions.emplace_back();
    for (const Implementation &implementation : kernel.implementations) {
      functions.push_back(nullptr);
      if (!runs(implementation))
        continue;
      ATTN_ASSIGN_OR_RETURN(function, findFunction(artifact, kernel, implementation, *code));
      functions.back() = function;
    }
  }
  return Result<std::unique_ptr<DeviceCode>>(std::move(code));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static CUdeviceptr addressOf(const void *memory) { return reinterpret_cast<uintptr_t>(memory); }

Result<void *> CudaDevice::allocate(uint64_t bytes) {
  ATTN_RETURN_IF_ERROR(context_->enter());
  bytes = std::max<uint64_t>(bytes, 1);
  CUdeviceptr memory = 0;
  ATTN_RETURN_IF_ERROR(
      driver_.check(driver_.cuMemAlloc(&memory, bytes), "allocating " + std::to_string(bytes) + " bytes"));
  void *out = reinterpret_cast<void *>(memory);
  Status cleared = driver_.check(driver_.cuMemsetD8Async(memory, 0, bytes, context_->stream), "clearing memory");
  if (cleared.ok())
    return out;
  release(out, bytes);
  return cleared;
}

void CudaDevice::release(void *memory, uint64_t) {
  // Waits for what still uses it. What fails here has failed before, and was reported there.
  if (context_->enter().ok())
    driver_.cuMemFree(addressOf(memory));
}

Status CudaDevice::upload(void *to, const void *from, uint64_t bytes) {
  if (bytes == 0)
    return Status();
  ATTN_RETURN_IF_ERROR(context_->enter());
  ATTN_RETURN_IF_ERROR(driver_.check(driver_.cuMemcpyHtoDAsync(addressOf(to), from, bytes, context_->stream),
                                     "copying " + std::to_string(bytes) + " bytes to the device"));
  return synchronize(); // the caller may reuse its memory at once
}

Status CudaDevice::download(void *to, const void *from, uint64_t bytes) {
  if (bytes == 0)
    return Status();
  ATTN_RETURN_IF_ERROR(context_->enter());
  ATTN_RETURN_IF_ERROR(driver_.check(driver_.cuMemcpyDtoHAsync(to, addressOf(from), bytes, context_->stream),
                                     "copying " + std::to_string(bytes) + " bytes from the device"));
  return synchronize();
}

Status CudaDevice::copy(const BufferCopy &copy) {
  ATTN_RETURN_IF_ERROR(context_->enter());
  for (const CUDA_MEMCPY2D &piece : splitCopy(copy))
    ATTN_RETURN_IF_ERROR(driver_.check(driver_.cuMemcpy2DAsync(&piece, context_->stream), "copying within the device"));
  return Status();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static CUtensorMapDataType mapTypeOf(ElementType type) {
  switch (type) {
  case ElementType::f32:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  case ElementType::bf16:
    return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  case ElementType::f16:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
  case ElementType::i32:
    return CU_TENSOR_MAP_DATA_TYPE_INT32;
  case ElementType::i64:
    return CU_TENSOR_MAP_DATA_TYPE_INT64;
  case ElementType::i8:
  case ElementType::u8:
  case ElementType::i1:
    break; // copied as bytes
  }
  return CU_TENSOR_MAP_DATA_TYPE_UINT8;
}

static CUtensorMapSwizzle swizzleOf(uint32_t bytes) {
  return bytes == 0    ? CU_TENSOR_MAP_SWIZZLE_NONE
         : bytes == 32 ? CU_TENSOR_MAP_SWIZZLE_32B
         : bytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B
                       : CU_TENSOR_MAP_SWIZZLE_128B;
}

Result<CUtensorMap> CudaDevice::encode(const Kernel &kernel, const TiledTensor &tensor) const {
  CUtensorMap map;
  if (!tensor.data)
    return map;
  // Every element of a box is copied.
  uint32_t elementStrides[TiledTensor::maxRank];
  std::fill(std::begin(elementStrides), std::end(elementStrides), 1);
  CUresult encoded = driver_.cuTensorMapEncodeTiled(
      &map, mapTypeOf(tensor.type), tensor.rank, tensor.data, tensor.sizes, tensor.strideBytes, tensor.box,
      elementStrides, CU_TENSOR_MAP_INTERLEAVE_NONE, swizzleOf(tensor.swizzleBytes), CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
      CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  ATTN_RETURN_IF_ERROR(driver_.check(encoded, "making the tensor map of argument " + std::to_string(tensor.argument) +
                                                  " of kernel '" + kernel.name + "'"));
  return map;
}

Status CudaDevice::launch(const DeviceCode &code, const Launch &launch) {
  const CudaCode &loaded = static_cast<const CudaCode &>(code);
  const Kernel &kernel = loaded.program->kernels[launch.kernel];
  const Implementation &implementation = kernel.implementations[launch.implementation];
  ATTN_ASSIGN_OR_RETURN(gpu, makeGpuLaunch(kernel, implementation, launch.args));
  std::vector<void *> parameters;
  for (uint64_t &parameter : gpu.parameters)
    parameters.push_back(&parameter);
  ATTN_RETURN_IF_ERROR(context_->enter());
  std::vector<CUtensorMap> maps;
  for (const TiledTensor &tensor : gpu.maps) {
    ATTN_ASSIGN_OR_RETURN(map, encode(kernel, tensor));
    maps.push_back(map);
  }
  for (CUtensorMap &map : maps)
    parameters.push_back(&map);
  CUresult launched = driver_.cuLaunchKernel(loaded.functions[launch.kernel][launch.implementation], gpu.grid[0],
                                             gpu.grid[1], gpu.grid[2], static_cast<unsigned>(implementation.block), 1,
                                             1, static_cast<unsigned>(implementation.shared), context_->stream,
                                             parameters.data(), nullptr);
  return launched == CUDA_SUCCESS ? Status() : driver_.check(launched, "launching kernel '" + kernel.name + "'");
}

Status CudaDevice::synchronize() {
  ATTN_RETURN_IF_ERROR(context_->enter());
  return driver_.check(driver_.cuStreamSynchronize(context_->stream), "waiting for the device");
}

Result<std::unique_ptr<Device>> makeCudaDevice(const char *library, std::optional<void *> callersStream) {
  ATTN_ASSIGN_OR_RETURN(context, Context::open(library, callersStream));
  return std::unique_ptr<Device>(new CudaDevice(std::move(context)));
}

} // namespace attn
