//===- FakeDriver.h - a CUDA driver without a GPU -*- C++ -*-===//
//
// The test program exports the driver's functions itself. Modules are PTX and are interpreted, memory is the host's but
// only what was allocated may be touched, and work in a stream waits until the stream is waited for, so that a
// forgotten wait shows. It keeps a list of calls, and fails where a test says so.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_GPU_FAKEDRIVER_H
#define ATTN_TEST_UNIT_GPU_FAKEDRIVER_H

#include "runtime/cuda/CudaDriver.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace attn {

struct FakeDriver {
  int devices = 1;
  int major = 8, minor = 6;
  int maxShared = 100 * 1024;
  std::map<std::string, cuda::CUresult> failures; ///< by the function's name
  std::vector<std::string> calls;                 ///< that succeeded, with some of their arguments
  std::vector<std::function<cuda::CUresult()>> queue;
  int contexts = 0, streams = 0, modules = 0, allocations = 0; ///< that live

  bool wasCalled(const std::string &call) const;
};

FakeDriver &fakeDriver();

} // namespace attn

#endif // ATTN_TEST_UNIT_GPU_FAKEDRIVER_H
