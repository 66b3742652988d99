//===- Broken.h - compiled kernels with one mistake -*- C++ -*-===//
//
// The PTX of a kernel is changed in one place, as a mistake in the lowering would, and run early and late. Each case
// expects the finding's words and the instruction on the PTX line that it names. Places are found by instruction and
// number, and a place that is not there fails the test: what breaks nothing proves nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_NVPTX_BROKEN_H
#define ATTN_TEST_UNIT_NVPTX_BROKEN_H

#include "test/unit/nvptx/Variants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace attn {

/// The lines of a kernel's PTX, of which a test changes some.
class BrokenKernel : public testing::Test {
protected:
  void use(const Attention &chosen) {
    attention = chosen;
    std::optional<CompiledKernel> compiled = compileKernel(attention);
    ASSERT_TRUE(compiled);
    kernel = *compiled;
    lines.clear();
    std::istringstream text(kernel.ptx);
    for (std::string line; std::getline(text, line);)
      lines.push_back(line);
  }

  /// The number of the `nth` line that has `text` in it, counted from 0; from the end if negative.
  size_t find(const std::string &text, int nth) {
    std::vector<size_t> found;
    for (size_t i = 0; i < lines.size(); ++i)
      if (lines[i].find(text) != std::string::npos)
        found.push_back(i);
    int index = nth < 0 ? nth + int(found.size()) : nth;
    if (index < 0 || index >= int(found.size())) {
      ADD_FAILURE() << "the kernel has " << found.size() << " times '" << text << "'; number " << nth
                    << " was to be broken";
      return 0;
    }
    return found[index];
  }
  /// Replaces `from`, which has to be there, in line `at`.
  void replace(size_t at, const std::string &from, const std::string &to) {
    size_t place = lines[at].find(from);
    ASSERT_NE(place, std::string::npos) << "no '" << from << "' in '" << lines[at] << "'";
    lines[at].replace(place, from.size(), to);
  }
  void remove(size_t at) { lines[at].clear(); }
  /// Line `at` becomes `code`, guarded by what `test` makes of the thread's number.
  void guard(size_t at, const std::string &test, const std::string &code) {
    lines[at] = "\t" + code + " }";
    lines.insert(lines.begin() + at, "\t{ .reg .pred %some; .reg .b32 %thread; mov.u32 %thread, %tid.x; " + test + ";");
  }
  /// The address of line `at`, `bytes` further.
  void moveAddress(size_t at, int64_t bytes) {
    size_t open = lines[at].rfind('['), close = lines[at].find(']', open);
    ASSERT_NE(close, std::string::npos) << "no address in '" << lines[at] << "'";
    size_t plus = lines[at].find('+', open);
    if (plus > close) {
      lines[at].insert(close, "+" + std::to_string(bytes));
      return;
    }
    int64_t offset = std::stoll(lines[at].substr(plus + 1, close - plus - 1));
    lines[at].replace(plus + 1, close - plus - 1, std::to_string(offset + bytes));
  }

  Status run(ptx::Launch launch = {}) {
    kernel.ptx.clear();
    for (const std::string &line : lines)
      kernel.ptx += line + "\n";
    return runKernel(kernel, attention, launch);
  }

  /// The run fails; its message has `what`, and quotes the line that it names, which has `instruction`.
  void expectFinding(const std::string &what, const std::string &instruction, ptx::Launch launch = {}) {
    Status status = run(launch);
    ASSERT_FALSE(status.ok()) << "the kernel is broken, but nothing was found";
    const std::string &message = status.message();
    EXPECT_EQ(status.code(), Code::device) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
    // "attention:846: …", but a dead-lock says of each warp "at line 846 …".
    std::string before = message.find("dead-lock") == std::string::npos ? kernel.name + ":" : "at line ";
    bool isThere = false;
    for (size_t at = message.find(before); at != std::string::npos; at = message.find(before, at + 1)) {
      size_t line = std::strtoul(message.c_str() + at + before.size(), nullptr, 10);
      isThere |= line > 0 && line <= lines.size() && lines[line - 1].find(instruction) != std::string::npos;
    }
    EXPECT_TRUE(isThere) << message;
    EXPECT_NE(message.find(instruction), std::string::npos) << message;
  }

  /// Nothing that an interpreter could object to: the numbers are wrong, early and late alike.
  void expectWrongNumbers() {
    Status status = run();
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.message().find(", expected "), std::string::npos) << status.message();
  }

  Attention attention;
  CompiledKernel kernel;
  std::vector<std::string> lines;
};

} // namespace attn

#endif // ATTN_TEST_UNIT_NVPTX_BROKEN_H
