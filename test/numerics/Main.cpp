//===- Main.cpp - attn-numerics: kernels against formulas ---===//
//
// usage: attn-numerics [--full] [--filter=TEXT] [--list] [--keep=FOLDER] [--target=cpu:FEATURES]
//
// Ends with `N passed, N failed, 0 skipped`, counted in artefacts; each was run on many lengths.
//
//===----------------------------------------------------------------------===//

#include "test/numerics/Harness.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace attn::numerics {

#define ORACLE(Name) void casesOf##Name(Cases &cases);
#include "Oracles.inc"
#undef ORACLE

void randomCases(Cases &cases, uint64_t first, uint64_t count);

/// Everything that can be run by itself.
struct Work {
  std::string name;
  std::function<std::vector<std::string>(size_t number, int &counted)> run;
};

static std::vector<Work> allWork(const Options &options, bool full) {
  Cases cases;
#define ORACLE(Name) casesOf##Name(cases);
#include "Oracles.inc"
#undef ORACLE
  randomCases(cases, 0, full ? 400 : 27);

  std::vector<Work> work;
  for (const Case &test : cases)
    work.push_back({test.name, [&options, test](size_t number, int &counted) { return runCase(options, test, number, counted); }});
  for (attn_type_t type : {ATTN_F32, ATTN_BF16, ATTN_F16})
    for (Lowering lowering : {Lowering::fused, Lowering::reference})
      work.push_back({"cache " + typeName(type), [&options, type, lowering](size_t number, int &counted) {
                        ++counted;
                        return runCacheCase(options, type, lowering, number);
                      }});
  return work;
}

static int runAll(const std::vector<Work> &work, const std::string &filter) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  int counted = 0;
  size_t failed = 0, done = 0;
  auto worker = [&] {
    for (size_t number; (number = next++) < work.size();) {
      if (work[number].name.find(filter) == std::string::npos)
        continue;
      int artefacts = 0;
      std::vector<std::string> failures = work[number].run(number, artefacts);
      std::lock_guard lock(mutex);
      counted += artefacts;
      failed += failures.size();
      for (const std::string &failure : failures)
        std::printf("FAILED %s\n", failure.c_str());
      if (++done % 20 == 0)
        std::printf("%zu cases done\n", done);
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned index = 0; index < std::max(1u, std::thread::hardware_concurrency()); ++index)
    workers.emplace_back(worker);
  for (std::thread &thread : workers)
    thread.join();
  std::printf("%zu passed, %zu failed, 0 skipped\n", static_cast<size_t>(counted) - failed, failed);
  return failed == 0 && counted > 0 ? 0 : 1;
}

static int usage() {
  std::fprintf(stderr, "usage: attn-numerics [--full] [--filter=TEXT] [--list] [--keep=FOLDER] [--target=cpu:FEATURES]\n");
  return 2;
}

static int main(int count, char **words) {
  Options options;
  bool full = false, list = false;
  std::string filter, keep;
  for (int index = 1; index < count; ++index) {
    auto value = [&](const char *name) { return !std::strncmp(words[index], name, std::strlen(name)) ? words[index] + std::strlen(name) : nullptr; };
    if (!std::strcmp(words[index], "--full"))
      full = true;
    else if (!std::strcmp(words[index], "--list"))
      list = true;
    else if (const char *text = value("--filter="))
      filter = text;
    else if (const char *text = value("--keep="))
      keep = text;
    else if (const char *text = value("--target="))
      options.target = text;
    else
      return usage();
  }
  options.everyLength = full;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  options.compiler = self.replace_filename("attn-opt");

  char made[] = "/tmp/attn-numerics.XXXXXX";
  if (keep.empty() && !mkdtemp(made)) {
    std::perror("attn-numerics: cannot make a folder for artefacts");
    return 1;
  }
  options.folder = keep.empty() ? made : keep;
  std::filesystem::create_directories(options.folder);

  std::vector<Work> work = allWork(options, full);
  int status = 0;
  if (list)
    for (const Work &one : work)
      std::printf("%s\n", one.name.c_str());
  else
    status = runAll(work, filter);
  if (keep.empty() && status == 0) // After a failure the modules are wanted.
    std::filesystem::remove_all(options.folder);
  return status;
}

} // namespace attn::numerics

int main(int count, char **words) { return attn::numerics::main(count, words); }
