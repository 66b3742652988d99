//===- FuzzZip.cpp - damaged archives -------------------------------------===//

#include "test/fuzz/Samples.h"
#include "test/unit/files/Consistency.h"
#include "test/unit/files/Samples.h"

using namespace attn;

std::vector<std::vector<uint8_t>> fuzzSamples() { return {fuzzBytes(samples::zip())}; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  const std::byte *data = reinterpret_cast<const std::byte *>(input);
  Result<ZipReader> archive = ZipReader::open(data, size, "input");
  require(archive.ok() ? consistent(*archive, data, size) : !archive.status().message().empty(),
          "the archive is consistent");
  return 0;
}
