//===- Options.h - the command line of attn-run -*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_OPTIONS_H
#define ATTN_TOOLS_RUN_OPTIONS_H

#include "runtime/Status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attn::run {

struct Options {
  std::string program;
  std::string function; ///< empty: the only one, or main
  std::vector<std::string> inputs, outputs, states;
  std::string weights;
  std::string device = "auto";
  int threads = 0;

  std::optional<std::string> prompt;
  std::vector<int32_t> promptTokens, sourceTokens; ///< as numbers; empty: not given
  int64_t beams = 1;
  int64_t stopToken = -1;
  bool raw = false;
  int64_t maxTokens = 128;
  int64_t context = 0;
  double temperature = 0;
  int64_t topK = 0;
  double topP = 1;
  uint64_t seed = 0;

  std::optional<int64_t> benchmark; ///< how many runs; 0: as many as the mode thinks right
  std::string profile;
  bool checkNumerics = false;
  std::string dumpAttention; ///< a .png or .npy
  bool list = false;
  std::map<std::string, int64_t> sizes; ///< values of symbols, at which --list gives the memory of functions
  bool check = false;
  bool help = false;
};

Result<Options> parseOptions(int count, const char *const *arguments);

/// The text of --help, one screen.
const char *helpText();

/// The exit code for a failure: 1 failed, 2 wrong usage, 3 well-formed but unsupported.
int exitCode(const Status &status);

} // namespace attn::run

#endif // ATTN_TOOLS_RUN_OPTIONS_H
