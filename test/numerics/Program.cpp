//===- Program.cpp - compiles modules with attn-opt and runs artefacts with the runtime ---===//

#include "test/numerics/Harness.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace attn::numerics {

//===----------------------------------------------------------------------===//
// attn-opt
//===----------------------------------------------------------------------===//

/// Runs a program with its standard error in a file; returns its exit status, or −1.
static int runProgram(const std::vector<std::string> &words, const std::string &errors) {
  std::vector<char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t child = 0;
  int failed = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed || waitpid(child, &status, 0) < 0)
    return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<std::string> compile(const Options &options, const std::string &module, Lowering lowering,
                                   const std::string &artifact, const std::vector<std::string> &files) {
  if (!options.compiles)
    return std::nullopt;
  std::string source = artifact + ".mlir", errors = artifact + ".err";
  std::ofstream(source) << module;
  std::vector<std::string> words = {options.compiler, source, "--emit=artifact", "--target=" + options.target, "-o",
                                    artifact};
  for (const std::string &file : files)
    words.push_back("--with=" + file);
  if (lowering == Lowering::reference)
    words.push_back("--lowering=reference");
  else
    words.push_back("--require-fused");
  int status = runProgram(words, errors);
  if (status == 0)
    return std::nullopt;
  std::stringstream said;
  said << std::ifstream(errors).rdbuf();
  std::string text = said.str().substr(0, 600);
  return "compiling " + source + " ended with " + std::to_string(status) + ": " + text;
}

//===----------------------------------------------------------------------===//
// The runtime
//===----------------------------------------------------------------------===//

/// The message of a status, which is released.
static std::optional<std::string> messageOf(attn_status_t *status) {
  if (!status)
    return std::nullopt;
  std::string result = attn_status_message(status);
  attn_status_release(status);
  return result;
}

std::optional<std::string> Program::open(const std::string &path, const std::string &device) {
  if (auto message = messageOf(attn_program_open(path.c_str(), &program)))
    return message;
  for (int threads = 1; threads <= (device == "ptx" ? 1 : 2); ++threads) {
    if (auto message = messageOf(attn_device_create(device.c_str(), threads, &devices.emplace_back())))
      return message;
    if (auto message =
            messageOf(attn_session_create(devices.back(), program, nullptr, nullptr, &sessions.emplace_back())))
      return message;
  }
  return std::nullopt;
}

std::optional<std::string> Program::run(std::vector<Array> &arguments, std::vector<Array> &results) {
  std::vector<attn_tensor_t> inputs;
  for (Array &argument : arguments)
    inputs.push_back(argument.tensor());
  std::vector<Array> first;
  for (attn_session_t *session : sessions) {
    std::vector<attn_tensor_t> outputs;
    for (Array &result : results) {
      result.fill(77); // What a kernel leaves unwritten shows.
      outputs.push_back(result.tensor());
    }
    if (auto message =
            messageOf(attn_session_run(session, "main", inputs.data(), inputs.size(), outputs.data(), outputs.size())))
      return message;
    if (first.empty())
      first = results;
    for (size_t index = 0; index < results.size(); ++index)
      if (results[index].bytes() != first[index].bytes())
        return "result " + std::to_string(index) + " differs from one session to the next, of more threads on a CPU";
  }
  return std::nullopt;
}

Program::~Program() {
  for (attn_session_t *session : sessions)
    attn_session_release(session);
  for (attn_device_t *device : devices)
    attn_device_release(device);
  attn_program_release(program);
}

static std::optional<std::string>
runInSession(const std::string &path, attn_session_options_t sizes,
             const std::function<std::optional<std::string>(attn_session_t *)> &check) {
  attn_program_t *program = nullptr;
  attn_device_t *device = nullptr;
  attn_session_t *session = nullptr;
  attn_status_t *status = attn_program_open(path.c_str(), &program);
  if (!status)
    status = attn_device_create("cpu", 2, &device);
  if (!status)
    status = attn_session_create(device, program, nullptr, &sizes, &session);
  std::optional<std::string> failure;
  if (status)
    failure = attn_status_message(status);
  else
    failure = check(session);
  attn_status_release(status);
  attn_session_release(session);
  attn_device_release(device);
  attn_program_release(program);
  return failure;
}

std::vector<std::string> runInSessions(const Options &options, const SessionCase &tested, attn_session_options_t sizes,
                                       const std::function<std::optional<std::string>(attn_session_t *)> &check,
                                       int &counted) {
  std::vector<std::string> failures;
  for (Lowering lowering : {Lowering::fused, Lowering::reference}) {
    std::string how = lowering == Lowering::fused ? "fused" : "reference";
    std::string path = options.folder + "/" + std::to_string(tested.number) + "." + how + ".attn";
    ++counted;
    std::optional<std::string> failure = compile(options, tested.module, lowering, path);
    if (!failure && options.runs)
      failure = runInSession(path, sizes, check);
    if (failure)
      failures.push_back(tested.name + " [" + how + "]: " + *failure + " (module " + path + ".mlir)");
  }
  return failures;
}

} // namespace attn::numerics
