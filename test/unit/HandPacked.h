//===- HandPacked.h - artefacts made without the compiler, and what is expected of them -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_HANDPACKED_H
#define ATTN_TEST_UNIT_HANDPACKED_H

#include "runtime/Status.h"
#include "runtime/artifact.h"
#include "runtime/files/Zip.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace attn {

inline std::string readWhole(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Replaces the first |from| in |text|, which has to be there.
inline std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  if (at == std::string::npos)
    std::abort();
  return text.replace(at, from.size(), to);
}

/// Replaces every |from| in |text|, of which there has to be one.
inline std::string replacedEverywhere(std::string text, const std::string &from, const std::string &to) {
  text = replaced(text, from, to);
  for (size_t at = text.find(to) + to.size(); (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

struct HandPackedEntry {
  std::string name, content;
  uint64_t alignment = ATTN_ENTRY_ALIGNMENT;
};

inline std::vector<std::byte> packEntries(const std::vector<HandPackedEntry> &entries) {
  ZipWriter writer;
  bool added = true;
  for (const HandPackedEntry &entry : entries)
    added = added && writer.add(entry.name, entry.content.data(), entry.content.size(), entry.alignment).ok();
  Result<std::vector<std::byte>> bytes = writer.finish();
  if (!added || !bytes)
    std::abort();
  return std::move(*bytes);
}

} // namespace attn

/// Whether |status| failed with that code and a message that has |text| in it.
#define EXPECT_FAILS(status, expected, text)                                                                           \
  do {                                                                                                                 \
    const ::attn::Status failed_ = (status);                                                                           \
    EXPECT_EQ(static_cast<int>(failed_.code()), static_cast<int>(expected)) << failed_.message();                      \
    EXPECT_NE(failed_.message().find(text), std::string::npos) << failed_.message();                                   \
  } while (false)

#endif // ATTN_TEST_UNIT_HANDPACKED_H
