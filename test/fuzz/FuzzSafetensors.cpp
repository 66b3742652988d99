//===- FuzzSafetensors.cpp - damaged safetensors files --------------------===//

#include "runtime/files/Safetensors.h"

#include "test/fuzz/Samples.h"
#include "test/unit/files/Consistency.h"
#include "test/unit/files/Samples.h"

using namespace attn;

std::vector<std::vector<uint8_t>> fuzzSamples() { return {fuzzBytes(samples::safetensors())}; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  const std::byte *data = reinterpret_cast<const std::byte *>(input);
  Result<std::vector<WeightTensor>> tensors = parseSafetensors(data, size, "input");
  require(tensors.ok() ? consistent(*tensors, data, size) : !tensors.status().message().empty(),
          "the table is consistent");
  return 0;
}
