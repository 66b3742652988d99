//===- Device.h - what a device must do -*- C++ -*-===//
//
// A device owns memory and runs launches in the order in which they are given. Everything that is not about one device
// (binding, shapes, memory plans, which implementation fits) is the session's business and happens before a launch
// reaches this interface. Calls on one device may come from several threads, each with sessions of its own.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_DEVICE_H
#define ATTN_RUNTIME_DEVICE_H

#include "runtime/Artifact.h"
#include "runtime/Status.h"
#include "runtime/artifact.h"

#include <cstdint>
#include <memory>
#include <string>

namespace attn {

/// The code of one artefact, loaded for one device; the artefact outlives it.
class DeviceCode {
public:
  virtual ~DeviceCode() = default;
};

/// A launch of |kernel|'s implementation |implementation|. Buffers and scalars are those of artifact.h; the data of
/// buffers is memory of the device. The grid has no dimension of 0.
struct Launch {
  int kernel = 0;
  int implementation = 0;
  attn_args args = {};
};

/// A copy of equal shapes; strides are in elements.
struct BufferCopy {
  attn_buffer from = {};
  attn_buffer to = {};
  int rank = 0;
  ElementType type = ElementType::u8;
};

class Device {
public:
  virtual ~Device() = default;

  /// Which implementations of a kernel it runs: "cpu" or "cuda".
  virtual const char *target() const = 0;

  /// Whether it runs |implementation|: of a GPU, the architecture has to fit too.
  virtual bool runs(const Implementation &implementation) const { return implementation.device == target(); }

  /// Whether its memory is the host's, so that tensors and weights are used where they lie.
  virtual bool sharesHostMemory() const = 0;

  /// Whether it works for a caller who has memory on it and orders the work on it himself: tensors lie in the device's
  /// memory, and a run is not waited for.
  virtual bool worksInCallersStream() const { return false; }

  /// Loads the artefact's code for this device, after checking that this machine can run it and that every symbol which
  /// an implementation names is there.
  virtual Result<std::unique_ptr<DeviceCode>> load(const Artifact &artifact) = 0;

  /// Zeroed memory, aligned to 64 bytes at least; it costs nothing before it is touched where the system allows that.
  virtual Result<void *> allocate(uint64_t bytes) = 0;
  virtual void release(void *memory, uint64_t bytes) = 0;

  virtual Status upload(void *to, const void *from, uint64_t bytes) = 0;
  virtual Status download(void *to, const void *from, uint64_t bytes) = 0;

  /// Both take effect in the order of the calls, at the latest when `synchronize` returns.
  virtual Status launch(const DeviceCode &code, const Launch &launch) = 0;
  virtual Status copy(const BufferCopy &copy) = 0;

  /// Waits for all that this thread has launched, and reports what failed.
  virtual Status synchronize() = 0;
};

/// The CPU with |threads| threads; 0 stands for one a hardware thread.
Result<std::unique_ptr<Device>> makeCpuDevice(int threads);

/// By name: cpu, ptx, cuda, or auto: the CPU, for which every program has code.
Result<std::unique_ptr<Device>> makeDevice(const std::string &name, int threads);

} // namespace attn

#endif // ATTN_RUNTIME_DEVICE_H
