//===- FuzzGguf.cpp - damaged GGUF files ----------------------------------===//

#include "test/fuzz/Samples.h"
#include "test/unit/files/Consistency.h"
#include "test/unit/files/Samples.h"

using namespace attn;

std::vector<std::vector<uint8_t>> fuzzSamples() { return {fuzzBytes(samples::gguf())}; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  const std::byte *data = reinterpret_cast<const std::byte *>(input);
  Result<Gguf> file = Gguf::parse(data, size, "input");
  require(file.ok() ? consistent(*file, data, size) : !file.status().message().empty(), "the table is consistent");
  return 0;
}
