//===- FuzzNpy.cpp - damaged .npy files -----------------------------------===//

#include "test/fuzz/Samples.h"
#include "test/unit/files/Consistency.h"
#include "test/unit/files/Samples.h"

using namespace attn;

std::vector<std::vector<uint8_t>> fuzzSamples() {
  const uint8_t flag = 1;
  return {fuzzBytes(samples::npy()), fuzzBytes(encodeNpy(NpyType::boolean, {}, &flag))};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  const std::byte *data = reinterpret_cast<const std::byte *>(input);
  Result<NpyArray> array = parseNpy(data, size, "input");
  require(array.ok() ? consistent(*array, data, size) : !array.status().message().empty(), "the array is consistent");
  return 0;
}
