//===- Harness.h - compiles a case once, runs it on many lengths, compares -*- C++ -*-===//

#ifndef ATTN_TEST_NUMERICS_HARNESS_H
#define ATTN_TEST_NUMERICS_HARNESS_H

#include "test/numerics/Oracle.h"

#include <functional>
#include <map>
#include <mutex>

namespace attn::numerics {

/// The largest error of each element type, as a share of what is allowed for it, and where it was.
class Measured {
public:
  void see(attn_type_t type, double error, double allowed, const std::string &where);
  void print() const;

private:
  struct Largest {
    double share = 0, error = 0;
    std::string where;
  };
  mutable std::mutex mutex;
  std::map<std::string, Largest> largest;
};

struct Options {
  std::string compiler; ///< attn-opt
  std::string folder;   ///< where modules and artefacts are
  std::string target = "cpu", device = "cpu";
  bool compiles = true; ///< else the artefacts are in the folder already
  bool runs = true;
  bool everyLength = false;
  Measured *measured = nullptr; ///< where the largest errors are kept, or null

  bool isCpu() const { return device == "cpu"; }
};

/// The module of a case: one function @main.
std::string moduleText(const Case &);

/// How attn-opt is asked to lower a case.
enum class Lowering { fused, reference };

/// The files of variants that the module of a case needs.
std::vector<std::string> variantFiles(const Case &);

/// Compiles `module`, with the variants of `files`, to `artifact`, if `options` ask for it; gives what the compiler
/// said on failure, or nothing.
std::optional<std::string> compile(const Options &options, const std::string &module, Lowering,
                                   const std::string &artifact, const std::vector<std::string> &files = {});

/// An open program and its sessions: on the CPU one with one thread and one with two; two on a GPU; on the interpreted
/// GPU one, each of whose launches runs twice, with asynchronous operations early and late, and compares.
class Program {
public:
  Program() = default;
  Program(const Program &) = delete;
  ~Program();

  std::optional<std::string> open(const std::string &path, const std::string &device);
  /// Runs @main on all sessions, whose results must agree in each bit; fills `results`, whose sizes are known.
  std::optional<std::string> run(std::vector<Array> &arguments, std::vector<Array> &results);

private:
  attn_program_t *program = nullptr;
  std::vector<attn_device_t *> devices;
  std::vector<attn_session_t *> sessions;
};

/// Arguments of @main for one call, in the order of the module's function.
std::vector<Array> arguments(const Case &, const Problem &, Random &);

/// Says what changes when the key and the value of one position become NaN that a mask hides from it: nothing may.
/// `before` is what the program gave for `inputs`.
std::optional<std::string> checkHidden(const Case &, const Problem &, Program &, std::vector<Array> inputs,
                                       const std::vector<Array> &before, Random &);

/// The largest error that a result of this type may have, relative to the weight of what was summed.
double tolerance(const Case &, const Geometry &, double largestScore);

/// Says where a result differs most from what is expected, if it does by more than the tolerance; `measured` may be
/// null.
std::optional<std::string> compare(const Case &, const Problem &, const Expected &, const std::vector<Array> &results,
                                   Measured *measured = nullptr);

/// Runs a case with the lowerings that the device has. Each failure is a line of text; `counted` is how many artefacts
/// were tried.
std::vector<std::string> runCase(const Options &, const Case &, size_t number, int &counted);

/// What is compiled once and then called as it likes.
struct SessionCase {
  std::string name, module;
  size_t number;
};

/// Compiles a module with both lowerings and hands a session of each, on the CPU with two threads, to `check`, which
/// says what is wrong, or nothing.
std::vector<std::string> runInSessions(const Options &, const SessionCase &, attn_session_options_t sizes,
                                       const std::function<std::optional<std::string>(attn_session_t *)> &check,
                                       int &counted);

/// States: a function that appends to caches and attends to them, called again and again.
struct CacheCase {
  attn_type_t type;                 ///< of the caches
  Layout layout;                    ///< of queries and new keys: ragged or packed
  std::shared_ptr<Operand> operand; ///< or null
  std::string title;                ///< of the modifiers
  Modifiers modifiers;
  Result result = Result::output; ///< or weights

  std::string name() const;
};

std::vector<CacheCase> cacheCases();
std::vector<std::string> runCacheCase(const Options &, const CacheCase &, size_t number, int &counted);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_HARNESS_H
