//===- Main.cpp - attn-numerics: kernels against formulas ---===//
//
// usage: attn-numerics [--full] [--filter=TEXT] [--list] [--measure] [--device=cpu|ptx|cuda] [--target=T]
//                      [--keep=FOLDER | --emit-to=FOLDER | --artifacts=FOLDER]
//
// Compiles with the attn-opt that stands beside it, and runs. --emit-to only compiles, into a folder; --artifacts only
// runs what is in one, which needs no compiler: on another machine too. --measure prints the largest errors. Ends with
// `N passed, N failed, 0 skipped`, counted in artefacts; each was run on many lengths.
//
//===----------------------------------------------------------------------===//

#include "test/numerics/States.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace attn::numerics {

#define ORACLE(Name) void casesOf##Name(Cases &cases);
#include "Oracles.inc"
#undef ORACLE

/// Everything that can be run by itself.
struct Work {
  std::string name;
  std::function<std::vector<std::string>(size_t number, int &counted)> run;
};

/// The cases of each op of the list.
static Cases casesOfList() {
  Cases cases;
#define ORACLE(Name) casesOf##Name(cases);
#include "Oracles.inc"
#undef ORACLE
  return cases;
}

static std::vector<Work> allWork(const Options &options, bool full) {
  Cases cases = casesOfList();
  randomCases(cases, 0, full ? 400 : 27);
  if (!options.isCpu()) {
    cases = carriedBy(options.target, cases);
  } else {
    casesOfText(cases);
    randomChains(cases, 0, full ? 400 : 24);
    gridOfMasks(cases, full);
    for (Case &test : weightsOf(casesOfList(), full))
      cases.push_back(std::move(test));
    for (size_t round = 0; full && round < gridRounds; ++round)
      gridOfVariants(cases, casesOfList(), round);
  }

  std::vector<Work> work;
  for (const Case &test : cases)
    work.push_back(
        {test.name, [&options, test](size_t number, int &counted) { return runCase(options, test, number, counted); }});
  if (!options.isCpu()) // Appending to a cache is a kernel of its own, which GPUs do not have.
    return work;
  for (const CacheCase &test : cacheCases())
    work.push_back({test.name(), [&options, test](size_t number, int &counted) {
                      return runCacheCase(options, test, number, counted);
                    }});
  for (const StateCase &test : stateCases())
    work.push_back({test.name(), [&options, test](size_t number, int &counted) {
                      return runStateCase(options, test, number, counted);
                    }});
  return work;
}

static int runAll(const std::vector<Work> &work, const std::string &filter, const Measured &measured) {
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
  measured.print();
  std::printf("%zu passed, %zu failed, 0 skipped\n", static_cast<size_t>(counted) - failed, failed);
  return failed == 0 && counted > 0 ? 0 : 1;
}

//===----------------------------------------------------------------------===//
// Artefacts from one call to the next
//===----------------------------------------------------------------------===//

/// What a folder of artefacts says of itself: the target, and the cases by their number, those that were filtered out
/// too.
static std::string describeFolder(const Options &options, const std::vector<Work> &work) {
  std::string text = "target " + options.target + "\n";
  for (size_t number = 0; number < work.size(); ++number)
    text += std::to_string(number) + " " + work[number].name + "\n";
  return text;
}

static std::string listOf(const Options &options) { return options.folder + "/cases.txt"; }

static std::string readList(const Options &options) {
  std::stringstream text;
  text << std::ifstream(listOf(options)).rdbuf();
  return text.str();
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static const char usageText[] =
    "usage: attn-numerics [--full] [--filter=TEXT] [--list] [--measure] [--device=cpu|ptx|cuda] [--target=T]\n"
    "                     [--keep=FOLDER | --emit-to=FOLDER | --artifacts=FOLDER]\n"
    "\n"
    "  --full               the whole grid, more random cases, and every pair of edge lengths; takes hours\n"
    "  --filter=TEXT        cases whose names contain TEXT\n"
    "  --list               name the cases and run none\n"
    "  --measure            print the largest error of each type, and its case\n"
    "  --device=D           where kernels run: cpu (default), ptx (interpreted) or cuda\n"
    "  --target=T           what they are compiled for (default: cpu, or sm_80 for the other devices)\n"
    "  --keep=FOLDER        leave modules and artefacts there\n"
    "  --emit-to=FOLDER     compile only\n"
    "  --artifacts=FOLDER   run only, what --emit-to left\n";

static int usage(const std::string &what) {
  std::fprintf(stderr, "attn-numerics: %s\n%s", what.c_str(), usageText);
  return 2;
}

namespace {
struct CommandLine {
  bool full = false, list = false, measure = false;
  std::string filter, keep, emitTo, artifacts, target, device = "cpu";
};
} // namespace

/// Fills in what follows from the words; gives what is wrong with them, or nothing.
static std::optional<std::string> complete(CommandLine &line, Options &options) {
  if (line.device != "cpu" && line.device != "ptx" && line.device != "cuda")
    return "there is no device '" + line.device + "'";
  if (line.keep.empty() + line.emitTo.empty() + line.artifacts.empty() < 2)
    return "--keep, --emit-to and --artifacts each name the folder; give one of them";
  options.device = line.device;
  options.compiles = line.artifacts.empty();
  options.runs = line.emitTo.empty();
  options.everyLength = line.full;
  options.folder = line.keep + line.emitTo + line.artifacts;
  if (!options.compiles) {
    std::string list = readList(options);
    if (list.compare(0, 7, "target ") != 0)
      return "'" + listOf(options) + "' is not there or no list of cases; --emit-to writes it";
    options.target = list.substr(7, list.find('\n') - 7);
    if (!line.target.empty() && line.target != options.target)
      return "the artefacts of " + options.folder + " are for " + options.target;
  } else {
    options.target = !line.target.empty() ? line.target : options.isCpu() ? "cpu" : "sm_80";
  }
  if (options.isCpu() != (options.target.compare(0, 3, "cpu") == 0))
    return "device " + options.device + " runs no code for " + options.target;
  return std::nullopt;
}

static int main(int count, char **words) {
  Options options;
  CommandLine line;
  for (int index = 1; index < count; ++index) {
    auto value = [&](const char *name, std::string &text) {
      size_t length = std::strlen(name);
      bool isIt = !std::strncmp(words[index], name, length);
      if (isIt)
        text = words[index] + length;
      return isIt;
    };
    if (!std::strcmp(words[index], "--help"))
      return std::printf("%s", usageText) < 0;
    if (!std::strcmp(words[index], "--full"))
      line.full = true;
    else if (!std::strcmp(words[index], "--list"))
      line.list = true;
    else if (!std::strcmp(words[index], "--measure"))
      line.measure = true;
    else if (!value("--filter=", line.filter) && !value("--keep=", line.keep) && !value("--emit-to=", line.emitTo) &&
             !value("--artifacts=", line.artifacts) && !value("--target=", line.target) &&
             !value("--device=", line.device))
      return usage(std::string("'") + words[index] + "' is no option");
  }
  if (auto wrong = complete(line, options))
    return usage(*wrong);
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  options.compiler = self.replace_filename("attn-opt");

  std::vector<Work> work = allWork(options, line.full);
  if (line.list) {
    for (const Work &one : work)
      std::printf("%s\n", one.name.c_str());
    return 0;
  }
  if (!options.compiles && readList(options) != describeFolder(options, work))
    return usage("the artefacts of " + options.folder + " are not those of this program's cases" +
                 (line.full ? "; were they written with --full?" : "; were they written without --full?"));
  bool isTemporary = options.folder.empty();
  if (isTemporary) {
    std::error_code missing;
    std::string made = std::filesystem::temp_directory_path(missing) / "attn-numerics.XXXXXX"; // mkdtemp writes the end
    if (missing || !mkdtemp(made.data())) {
      std::fprintf(stderr, "attn-numerics: cannot make a folder for artefacts: %s; set TMPDIR to a folder with space\n",
                   missing ? missing.message().c_str() : std::strerror(errno));
      return 1;
    }
    options.folder = made;
  }
  if (options.compiles) {
    std::filesystem::create_directories(options.folder);
    if (!(std::ofstream(listOf(options)) << describeFolder(options, work))) {
      std::fprintf(stderr, "attn-numerics: cannot write %s\n", listOf(options).c_str());
      return 1;
    }
  }
  Measured measured;
  options.measured = line.measure ? &measured : nullptr;
  int status = runAll(work, line.filter, measured);
  if (isTemporary && status == 0) // After a failure the modules are wanted.
    std::filesystem::remove_all(options.folder);
  return status;
}

} // namespace attn::numerics

int main(int count, char **words) { return attn::numerics::main(count, words); }
