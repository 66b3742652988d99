//===- Driver.cpp - runs a fuzz target without a fuzzer -------------------===//
//
// Takes the place of libFuzzer's main: replays the files named on the command line, or, without any, a fixed stream of
// damaged copies of the target's own samples: cut short, bytes changed, pieces repeated, removed, or overwritten with
// the numbers that break arithmetic. The stream depends on the round only, so a failure comes again. The target aborts
// where a promise is broken; the process then ends with a signal.
//
//===----------------------------------------------------------------------===//

#include "test/fuzz/Samples.h"

#include "runtime/files/MappedFile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <random>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

using namespace attn;
using Input = std::vector<uint8_t>;

static constexpr int default_rounds = 5000;

static void run(const Input &input) {
  // At its exact size, so that the address sanitizer sees a read one byte behind it.
  std::unique_ptr<uint8_t[]> copy(new uint8_t[input.size()]);
  std::copy(input.begin(), input.end(), copy.get());
  LLVMFuzzerTestOneInput(copy.get(), input.size());
}

static void damageOnce(Input &input, std::mt19937 &random) {
  static constexpr uint64_t numbers[] = {0,          1,          0x7f,       0x80,       0xff,       0x7fff,
                                         0xffff,     0x10000,    0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
                                         1ull << 60, 1ull << 62, INT64_MAX,  1ull << 63, ~0ull,      ~0ull - 31};
  if (input.empty())
    return;
  size_t at = random() % input.size(), length = std::min<size_t>(1 + random() % 40, input.size() - at);
  switch (random() % 6) {
  case 0:
    input.resize(at);
    return;
  case 1:
    input[at] ^= static_cast<uint8_t>(1u << random() % 8);
    return;
  case 2:
    input[at] = static_cast<uint8_t>(random());
    return;
  case 3: {
    uint64_t number = numbers[random() % std::size(numbers)];
    std::memcpy(&input[at], &number, std::min<size_t>(size_t{1} << random() % 4, input.size() - at));
    return;
  }
  case 4:
    input.erase(input.begin() + at, input.begin() + at + length);
    return;
  case 5: {
    Input piece(input.begin() + at, input.begin() + at + length);
    input.insert(input.begin() + random() % (input.size() + 1), piece.begin(), piece.end());
    return;
  }
  }
}

static int replay(const char *path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file.ok()) {
    std::fprintf(stderr, "%s\n", file.status().message().c_str());
    return 1;
  }
  const uint8_t *data = reinterpret_cast<const uint8_t *>(file->data());
  run(Input(data, data + file->size()));
  return 0;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; ++i)
    failed |= replay(argv[i]);
  if (argc > 1)
    return failed;
  const char *wanted = std::getenv("ATTN_FUZZ_ROUNDS");
  int rounds = wanted ? std::atoi(wanted) : default_rounds;
  std::vector<Input> samples = fuzzSamples();
  for (const Input &sample : samples)
    run(sample);
  for (int round = 0; round < rounds; ++round) {
    std::mt19937 random(static_cast<unsigned>(round));
    Input input = samples[round % samples.size()];
    for (unsigned damages = 1 + random() % 4; damages > 0; --damages)
      damageOnce(input, random);
    run(input);
  }
  std::printf("%d damaged inputs, no promise broken\n", rounds);
  return 0;
}
