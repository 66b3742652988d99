//===- TestLaunch.h - a launch of one of the test kernels -*- C++ -*-===//
//
// Collects arguments and buffers of a kernel of `kernels/` and runs it early and late.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_PTX_TESTLAUNCH_H
#define ATTN_TEST_UNIT_PTX_TESTLAUNCH_H

#include "runtime/ptx/Interpreter.h"
#include "runtime/ptx/TensorMap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace attn::ptx {

/// The module of `kernels/<file>.cu`; each is parsed once.
inline const Module &moduleOf(const std::string &file) {
  static std::map<std::string, std::unique_ptr<Module>> modules;
  auto &module = modules[file];
  if (!module) {
    std::ifstream stream(std::string(TEST_PTX) + "/" + file + ".ptx");
    std::stringstream text;
    text << stream.rdbuf();
    auto parsed = parse(text.str(), file + ".ptx");
    if (!parsed.ok()) {
      ADD_FAILURE() << parsed.status().message();
      module = std::make_unique<Module>();
    } else {
      module = std::make_unique<Module>(std::move(*parsed));
    }
  }
  return *module;
}

class TestLaunch {
public:
  TestLaunch(const std::string &file, std::string kernel) : module(moduleOf(file)), name(std::move(kernel)) {
    if (const Kernel *found = module.find(name)) {
      launch.params.resize(found->parameterBytes);
      parameters = &found->parameters;
    } else {
      ADD_FAILURE() << file << " has no kernel " << name;
    }
  }

  /// The next argument: a pointer to all of `values`.
  template <typename T>
  TestLaunch &buffer(const std::vector<T> &values, const std::string &label, bool writable = true) {
    lend(values, label, writable);
    return value(values.data());
  }
  /// Memory that a tensor map refers to.
  template <typename T> TestLaunch &lend(const std::vector<T> &values, const std::string &label, bool writable = true) {
    Status status = memory.registerHost(values.data(), values.size() * sizeof(T), label, writable);
    EXPECT_TRUE(status.ok()) << status.message();
    return *this;
  }
  /// The next argument, by value.
  template <typename T> TestLaunch &value(const T &argument) {
    if (parameters && next < parameters->size())
      std::memcpy(launch.params.data() + (*parameters)[next].offset, &argument, sizeof argument);
    ++next;
    return *this;
  }
  TestLaunch &grid(uint32_t x, uint32_t y = 1) {
    launch.grid[0] = x, launch.grid[1] = y;
    return *this;
  }
  TestLaunch &block(uint32_t x, uint32_t y = 1, uint32_t z = 1) {
    launch.block[0] = x, launch.block[1] = y, launch.block[2] = z;
    return *this;
  }
  TestLaunch &shared(uint32_t bytes) {
    launch.dynamicSharedBytes = bytes;
    return *this;
  }

  Result<Statistics> both() { return runBoth(module, name, launch, memory); }
  void expectSuccess() {
    auto result = both();
    EXPECT_TRUE(result.ok()) << result.status().message();
  }
  /// The run fails; its message has `what`, and quotes the PTX line it names, on which `instruction` stands.
  void expectFinding(const std::string &what, const std::string &instruction) {
    auto result = both();
    ASSERT_FALSE(result.ok()) << name << " is broken, but nothing was found";
    const std::string &message = result.status().message();
    EXPECT_EQ(result.status().code(), Code::device) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
    size_t at = message.find(module.name + ":");
    ASSERT_NE(at, std::string::npos) << message;
    auto line = uint32_t(std::strtoul(message.c_str() + at + module.name.size() + 1, nullptr, 10));
    if (line == 0) // a dead-lock names the line of every warp
      line = uint32_t(std::strtoul(message.c_str() + message.find("at line ") + 8, nullptr, 10));
    EXPECT_NE(module.lineText(line).find(instruction), std::string::npos)
        << message << "\nline: " << module.lineText(line);
    EXPECT_NE(message.find("'" + module.lineText(line).substr(0, 100)), std::string::npos) << message;
  }

  const Module &module;
  Launch launch;
  Memory memory;

private:
  std::string name;
  const std::vector<Parameter> *parameters = nullptr;
  size_t next = 0;
};

} // namespace attn::ptx

#endif // ATTN_TEST_UNIT_PTX_TESTLAUNCH_H
