//===- CpuDevice.cpp - runs the kernels of cpu.so on this machine -*- C++ -*-===//

#include "runtime/Device.h"
#include "runtime/cpu/ThreadPool.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace attn {

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

namespace {

/// A shared object, and for each kernel and implementation its function (null where it is another device's).
class CpuCode : public DeviceCode {
public:
  ~CpuCode() override {
    if (library)
      dlclose(library);
    if (descriptor >= 0)
      close(descriptor);
  }

  void *library = nullptr;
  /// Open as long as the library: its number is part of the library's name, and dlopen gives an old library for an old
  /// name.
  int descriptor = -1;
  std::vector<std::vector<attn_kernel_fn>> functions;
  const Program *program = nullptr;
};

} // namespace

/// The features that /proc/cpuinfo lists for the first processor.
static std::set<std::string> readProcessorFeatures() {
  std::set<std::string> features;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    size_t colon = line.find(':');
    if (colon == std::string::npos || (line.rfind("flags", 0) != 0 && line.rfind("Features", 0) != 0))
      continue;
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;)
      features.insert(word);
    break;
  }
  return features;
}

static Status checkProcessor(const Artifact &artifact, const Target &target) {
#if defined(__x86_64__)
  static constexpr const char *architecture = "x86_64";
#elif defined(__aarch64__)
  static constexpr const char *architecture = "aarch64";
#endif
  if (target.triple.rfind(architecture, 0) != 0)
    return failure(Code::unsupported,
                   "%s: its code is for %s, but this machine is %s; compile it here with --target=cpu",
                   artifact.name().c_str(), target.triple.c_str(), architecture);
  std::set<std::string> present = readProcessorFeatures();
  std::string missing, usable;
  for (const std::string &feature : target.features) {
    std::string &list = present.count(feature) ? usable : missing;
    list += (list.empty() ? "" : "+") + feature;
  }
  if (missing.empty())
    return Status();
  return failure(
      Code::unsupported,
      "%s: its code needs the processor features %s, which this machine lacks; compile it with --target=cpu:%s",
      artifact.name().c_str(), missing.c_str(), usable.empty() ? "sse2" : usable.c_str());
}

/// Maps |entry| as a shared object of |code| without writing it to a disk.
static Status loadLibrary(const Artifact &artifact, const ZipEntry &entry, CpuCode &code) {
  int descriptor = code.descriptor = memfd_create("attn-cpu.so", MFD_CLOEXEC);
  if (descriptor < 0)
    return failure(Code::io, "%s: no anonymous file for %s: %s", artifact.name().c_str(), entry.name.c_str(),
                   std::strerror(errno));
  for (uint64_t written = 0; written < entry.size;) {
    ssize_t count = write(descriptor, entry.data + written, entry.size - written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      return failure(Code::io, "%s: cannot unpack %s: %s", artifact.name().c_str(), entry.name.c_str(),
                     std::strerror(errno));
    }
    written += static_cast<uint64_t>(count);
  }
  std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  code.library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char *error = code.library ? nullptr : dlerror();
  if (!code.library)
    return failure(Code::corrupt, "%s: %s cannot be loaded (%s); compile it again", artifact.name().c_str(),
                   entry.name.c_str(), error ? error : "no reason given");
  return Status();
}

//===----------------------------------------------------------------------===//
// What a kernel's code means
//===----------------------------------------------------------------------===//

/// The launch's buffer that the 8 bits of |result| from |bit| on name, if they name one of |kind|.
static const attn_buffer *findBuffer(const Kernel &kernel, const Launch &launch, int32_t result, int bit,
                                     KernelArgument::Kind kind) {
  size_t number = (static_cast<uint32_t>(result) >> bit & 0xff) - size_t{1};
  bool isThere = number < kernel.arguments.size() && kernel.arguments[number].kind == kind;
  return isThere ? &launch.args.buffers[kernel.bufferNumber(static_cast<int>(number))] : nullptr;
}

/// "token 40000 at [0, 3]": the first element of an i32 buffer that is none of 0 … |rows| − 1; empty if there is none.
static std::string findOutside(const attn_buffer &indices, int rank, int64_t rows) {
  std::vector<int64_t> place(static_cast<size_t>(rank), 0);
  for (int d = 0; d < rank; ++d)
    if (indices.sizes[d] == 0)
      return "";
  for (;;) {
    int64_t offset = 0;
    for (int d = 0; d < rank; ++d)
      offset += place[d] * indices.strides[d];
    int32_t index = static_cast<const int32_t *>(indices.data)[offset];
    if (index < 0 || index >= rows)
      return "token " + std::to_string(index) + " at " + describeShape(place.data(), place.size());
    int d = rank;
    while (d-- > 0 && ++place[d] == indices.sizes[d])
      place[d] = 0;
    if (d < 0)
      return "";
  }
}

static Status describeFailure(const Kernel &kernel, const Launch &launch, int32_t result) {
  const char *name = kernel.name.c_str();
  const attn_buffer *table = findBuffer(kernel, launch, result, 16, KernelArgument::Kind::weight);
  long long rows = table ? table->sizes[0] : 0;
  std::string size = table ? ", which has " + std::to_string(rows) + " rows" : "";
  switch (result & 0xff) {
  case ATTN_KERNEL_INDEX_OUT_OF_RANGE: {
    const attn_buffer *indices = findBuffer(kernel, launch, result, 8, KernelArgument::Kind::buffer);
    int number = (result >> 8 & 0xff) - 1;
    std::string token = indices && table ? findOutside(*indices, kernel.arguments[number].rank, rows) : "";
    return failure(Code::out_of_range, "kernel '%s': %s is outside the table that it indexes%s; check the tokens", name,
                   token.empty() ? "a token" : token.c_str(), size.c_str());
  }
  case ATTN_KERNEL_POSITION_OUT_OF_RANGE:
    return failure(
        Code::out_of_range,
        "kernel '%s': a row stands behind the end of the model's table of positions%s; use shorter sequences", name,
        size.c_str());
  default:
    return failure(Code::device, "kernel '%s' failed with code %d, which this runtime does not know", name, result);
  }
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

namespace {

class CpuDevice : public Device {
public:
  explicit CpuDevice(std::unique_ptr<ThreadPool> pool) : pool_(std::move(pool)) {}

  const char *target() const override { return "cpu"; }
  bool sharesHostMemory() const override { return true; }

  Result<std::unique_ptr<DeviceCode>> load(const Artifact &artifact) override;

  Result<void *> allocate(uint64_t bytes) override {
    void *memory = mmap(nullptr, std::max<uint64_t>(bytes, 1), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
      return failure(Code::out_of_memory, "no memory for %llu bytes: %s", static_cast<unsigned long long>(bytes),
                     std::strerror(errno));
    return memory;
  }

  void release(void *memory, uint64_t bytes) override { munmap(memory, std::max<uint64_t>(bytes, 1)); }

  Status upload(void *to, const void *from, uint64_t bytes) override {
    if (bytes)
      std::memcpy(to, from, bytes);
    return Status();
  }

  Status download(void *to, const void *from, uint64_t bytes) override { return upload(to, from, bytes); }

  Status launch(const DeviceCode &code, const Launch &launch) override {
    const CpuCode &loaded = static_cast<const CpuCode &>(code);
    int64_t tasks = launch.args.grid[0] * launch.args.grid[1] * launch.args.grid[2];
    int32_t result = pool_->run(loaded.functions[launch.kernel][launch.implementation], &launch.args, tasks);
    return result == ATTN_KERNEL_OK ? Status()
                                    : describeFailure(loaded.program->kernels[launch.kernel], launch, result);
  }

  Status copy(const BufferCopy &copy) override;

  Status synchronize() override { return Status(); }

private:
  std::unique_ptr<ThreadPool> pool_;
};

} // namespace

Result<std::unique_ptr<DeviceCode>> CpuDevice::load(const Artifact &artifact) {
  const Target *target = artifact.findTarget("cpu");
  if (!target)
    return failure(Code::unsupported, "%s: it holds no code for the CPU; compile it with --target=cpu",
                   artifact.name().c_str());
  ATTN_RETURN_IF_ERROR(checkProcessor(artifact, *target));
  auto code = std::make_unique<CpuCode>();
  ATTN_RETURN_IF_ERROR(loadLibrary(artifact, artifact.entry(target->entry), *code));
  code->program = &artifact.program();
  uint64_t scratch = 0;
  for (const Kernel &kernel : artifact.program().kernels) {
    std::vector<attn_kernel_fn> &functions = code->functions.emplace_back();
    for (const Implementation &implementation : kernel.implementations) {
      bool isMine = implementation.device == "cpu";
      void *symbol = isMine ? dlsym(code->library, implementation.symbol.c_str()) : nullptr;
      if (isMine && !symbol)
        return failure(Code::corrupt, "%s: %s has no symbol '%s', which kernel '%s' names; compile it again",
                       artifact.name().c_str(), target->entry.c_str(), implementation.symbol.c_str(),
                       kernel.name.c_str());
      functions.push_back(reinterpret_cast<attn_kernel_fn>(symbol));
      if (isMine)
        scratch = std::max(scratch, static_cast<uint64_t>(implementation.scratch));
    }
  }
  ATTN_RETURN_IF_ERROR(pool_->reserveScratch(scratch));
  return Result<std::unique_ptr<DeviceCode>>(std::move(code));
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Copies dimension |dimension| and those inside it.
static void copyDimension(const BufferCopy &copy, int dimension, std::byte *to, const std::byte *from) {
  int64_t element = elementSize(copy.type);
  if (dimension == copy.rank) {
    std::memcpy(to, from, static_cast<size_t>(element));
    return;
  }
  int64_t size = copy.from.sizes[dimension];
  int64_t fromStep = copy.from.strides[dimension] * element;
  int64_t toStep = copy.to.strides[dimension] * element;
  bool isInnerRun = dimension + 1 == copy.rank && fromStep == element && toStep == element;
  if (isInnerRun) {
    if (size)
      std::memcpy(to, from, static_cast<size_t>(size * element));
    return;
  }
  for (int64_t i = 0; i < size; ++i)
    copyDimension(copy, dimension + 1, to + i * toStep, from + i * fromStep);
}

Status CpuDevice::copy(const BufferCopy &copy) {
  copyDimension(copy, 0, static_cast<std::byte *>(copy.to.data), static_cast<const std::byte *>(copy.from.data));
  return Status();
}

Result<std::unique_ptr<Device>> makeCpuDevice(int threads) {
  if (threads == 0)
    threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  ATTN_ASSIGN_OR_RETURN(pool, ThreadPool::create(threads));
  return std::unique_ptr<Device>(new CpuDevice(std::move(pool)));
}

} // namespace attn
