//===- PtxDevice.cpp - GPU code on a machine without a GPU -*- C++ -*-===//
//
// Memory and copies are the CPU's. A launch lends the interpreter exactly the bytes that its operands span, so that a
// kernel which leaves an operand is found even where the next byte is another tensor's; what the kernel says it only
// reads is lent for reading only. Every launch runs early and late.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/PtxDevice.h"

#include "runtime/cuda/GpuLaunch.h"
#include "runtime/ptx/Interpreter.h"
#include "runtime/ptx/TensorMap.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace attn {

namespace {

class PtxCode : public DeviceCode {
public:
  std::map<std::string, ptx::Module> modules; ///< by architecture
  const Program *program = nullptr;
};

/// The bytes that an operand spans.
struct Span {
  uint64_t begin = 0, end = 0;
  std::string name;
  bool writable = false;
};

class PtxDevice : public Device {
public:
  explicit PtxDevice(std::unique_ptr<Device> host) : host_(std::move(host)) {}

  const char *target() const override { return "cuda"; }
  bool sharesHostMemory() const override { return true; }

  Result<std::unique_ptr<DeviceCode>> load(const Artifact &artifact) override;
  Status launch(const DeviceCode &code, const Launch &launch) override;

  Result<void *> allocate(uint64_t bytes) override { return host_->allocate(bytes); }
  void release(void *memory, uint64_t bytes) override { host_->release(memory, bytes); }
  Status upload(void *to, const void *from, uint64_t bytes) override { return host_->upload(to, from, bytes); }
  Status download(void *to, const void *from, uint64_t bytes) override { return host_->download(to, from, bytes); }
  Status copy(const BufferCopy &copy) override { return host_->copy(copy); }
  Status synchronize() override { return Status(); }

private:
  std::unique_ptr<Device> host_;
};

} // namespace

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// What |implementation| names is there, and takes the parameters that its kernel's arguments make.
static Status checkEntry(const Artifact &artifact, const Kernel &kernel, const Implementation &implementation,
                         const PtxCode &code) {
  std::string where = artifact.name() + ": kernel '" + kernel.name + "'";
  auto module = code.modules.find(implementation.arch);
  if (module == code.modules.end())
    return failure(Code::unsupported, "%s has machine code for %s only, which is not interpreted; compile it to PTX",
                   where.c_str(), implementation.arch.c_str());
  const ptx::Kernel *entry = module->second.find(implementation.symbol);
  if (!entry)
    return failure(Code::corrupt, "%s names '%s', which its PTX for %s does not have; compile it again", where.c_str(),
                   implementation.symbol.c_str(), implementation.arch.c_str());
  size_t words = countGpuParameters(kernel), maps = implementation.tensorMaps.size();
  bool isExpected = entry->parameters.size() == words + maps;
  for (size_t i = 0; isExpected && i < words + maps; ++i)
    isExpected = entry->parameters[i].size == (i < words ? sizeof(uint64_t) : TiledTensor::mapBytes);
  if (!isExpected)
    return failure(Code::corrupt,
                   "%s makes %zu parameters of 8 bytes and %zu tensor maps, but '%s' takes %zu parameters of %u bytes "
                   "together; compile it again",
                   where.c_str(), words, maps, implementation.symbol.c_str(), entry->parameters.size(),
                   entry->parameterBytes);
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    bool isBounded = kernel.arguments[i].kind != KernelArgument::Kind::weight;
    for (const auto &[argument, format] : implementation.formats)
      isBounded |= argument == static_cast<int>(i);
    if (!isBounded)
      return failure(Code::unsupported,
                     "%s takes argument %zu in any format, so its bounds cannot be checked; "
                     "use the device cuda",
                     where.c_str(), i);
  }
  return Status();
}

Result<std::unique_ptr<DeviceCode>> PtxDevice::load(const Artifact &artifact) {
  const Program &program = artifact.program();
  if (!artifact.findTarget("cuda"))
    return noGpuCode(artifact);
  auto code = std::make_unique<PtxCode>();
  code->program = &program;
  for (const Target &target : program.targets) {
    if (!isPtx(target))
      continue;
    const ZipEntry &entry = artifact.entry(target.entry);
    std::string_view text(reinterpret_cast<const char *>(entry.data), static_cast<size_t>(entry.size));
    Result<ptx::Module> module = ptx::parse(text, target.entry);
    if (!module)
      return module.status().at(artifact.name());
    code->modules.emplace(target.arch, std::move(*module));
  }
  for (const Kernel &kernel : program.kernels)
    for (const Implementation &implementation : kernel.implementations)
      if (runs(implementation))
        ATTN_RETURN_IF_ERROR(checkEntry(artifact, kernel, implementation, *code));
  return Result<std::unique_ptr<DeviceCode>>(std::move(code));
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

/// The bytes of |buffer|; none if it is empty. |format| is how a weight is stored, else nothing.
static Span spanOf(const attn_buffer &buffer, const KernelArgument &argument, std::optional<StorageFormat> format) {
  int64_t unit = format ? static_cast<int64_t>(blockBytes(*format)) : elementSize(argument.type);
  int64_t lowest = 0, highest = 0;
  Span out;
  for (int d = 0; d < argument.rank; ++d) {
    int64_t count = buffer.sizes[d];
    if (count == 0)
      return out;
    if (format && d + 1 == argument.rank)
      count /= blockElements(*format);
    int64_t extent = (count - 1) * buffer.strides[d];
    (extent < 0 ? lowest : highest) += extent;
  }
  uint64_t data = reinterpret_cast<uintptr_t>(buffer.data);
  out.begin = data + static_cast<uint64_t>(lowest * unit);
  out.end = data + static_cast<uint64_t>((highest + 1) * unit);
  out.writable = argument.kind == KernelArgument::Kind::buffer && argument.access != KernelArgument::Access::read;
  return out;
}

/// Spans that overlap (one buffer passed twice, or interleaved views of one) become one, writable if any of them is.
static std::vector<Span> collectSpans(const Kernel &kernel, const Implementation &implementation,
                                      const attn_args &args) {
  std::vector<Span> spans;
  const attn_buffer *buffer = args.buffers;
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    if (kernel.arguments[i].kind == KernelArgument::Kind::scalar)
      continue;
    std::optional<StorageFormat> format;
    for (const auto &[argument, wanted] : implementation.formats)
      if (argument == static_cast<int>(i))
        format = wanted;
    Span span = spanOf(*buffer++, kernel.arguments[i], format);
    span.name = "argument " + std::to_string(i);
    if (span.begin != span.end)
      spans.push_back(std::move(span));
  }
  std::stable_sort(spans.begin(), spans.end(), [](const Span &a, const Span &b) { return a.begin < b.begin; });
  std::vector<Span> out;
  for (Span &span : spans) {
    if (out.empty() || span.begin >= out.back().end) {
      out.push_back(std::move(span));
      continue;
    }
    out.back().end = std::max(out.back().end, span.end);
    out.back().writable |= span.writable;
    out.back().name += ", " + span.name;
  }
  return out;
}

/// Words first, then tensor maps in the interpreter's own form, each where the entry declares it.
static Status packParameters(const GpuLaunch &gpu, const ptx::Kernel &entry, std::vector<std::byte> &out) {
  out.resize(entry.parameterBytes);
  for (size_t i = 0; i < gpu.parameters.size(); ++i)
    std::memcpy(out.data() + entry.parameters[i].offset, &gpu.parameters[i], sizeof(uint64_t));
  for (size_t i = 0; i < gpu.maps.size(); ++i) {
    const TiledTensor &tensor = gpu.maps[i];
    if (!tensor.data)
      continue; // zeros
    uint32_t sizes[TiledTensor::maxRank];
    std::copy(tensor.sizes, tensor.sizes + tensor.rank, sizes);
    ATTN_ASSIGN_OR_RETURN(map, ptx::encodeTensorMap(tensor.data, static_cast<uint32_t>(elementSize(tensor.type)),
                                                    tensor.rank, sizes, tensor.strideBytes, tensor.box,
                                                    tensor.swizzleBytes));
    static_assert(sizeof map == TiledTensor::mapBytes, "one size for all devices");
    std::memcpy(out.data() + entry.parameters[gpu.parameters.size() + i].offset, &map, sizeof map);
  }
  return Status();
}

Status PtxDevice::launch(const DeviceCode &code, const Launch &launch) {
  const PtxCode &loaded = static_cast<const PtxCode &>(code);
  const Kernel &kernel = loaded.program->kernels[launch.kernel];
  const Implementation &implementation = kernel.implementations[launch.implementation];
  ATTN_ASSIGN_OR_RETURN(gpu, makeGpuLaunch(kernel, implementation, launch.args));
  ptx::Launch out;
  std::copy(gpu.grid, gpu.grid + 3, out.grid);
  out.block[0] = static_cast<uint32_t>(implementation.block);
  out.dynamicSharedBytes = static_cast<uint32_t>(implementation.shared);
  const ptx::Module &module = loaded.modules.at(implementation.arch);
  std::string where = "kernel '" + kernel.name + "' (" + implementation.symbol + ")";
  ATTN_RETURN_IF_ERROR(packParameters(gpu, *module.find(implementation.symbol), out.params).at(where));

  // A memory of this launch alone: launches of other threads have theirs.
  ptx::Memory memory;
  for (const Span &span : collectSpans(kernel, implementation, launch.args))
    ATTN_RETURN_IF_ERROR(
        memory.registerHost(reinterpret_cast<const void *>(span.begin), span.end - span.begin, span.name, span.writable)
            .at(where));
  return ptx::runBoth(module, implementation.symbol, out, memory).status().at(where);
}

Result<std::unique_ptr<Device>> makePtxDevice() {
  ATTN_ASSIGN_OR_RETURN(host, makeCpuDevice(1));
  return std::unique_ptr<Device>(new PtxDevice(std::move(host)));
}

} // namespace attn
