//===- Architecture.h - which GPUs run which code -*- C++ -*-===//
//
// PTX for sm_80 runs on every GPU from 8.0 on; with an `a` (sm_90a) it uses what only that architecture has, and runs
// nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDA_ARCHITECTURE_H
#define ATTN_RUNTIME_CUDA_ARCHITECTURE_H

#include <optional>
#include <string_view>

namespace attn {

struct Architecture {
  int number = 0;          ///< 80 of sm_80
  bool isSpecific = false; ///< with an `a`

  /// Nothing where |name| is not of the form sm_80 or sm_90a.
  static std::optional<Architecture> parse(std::string_view name) {
    Architecture out;
    if (name.substr(0, 3) != "sm_")
      return std::nullopt;
    name.remove_prefix(3);
    out.isSpecific = !name.empty() && name.back() == 'a';
    if (out.isSpecific)
      name.remove_suffix(1);
    if (name.size() < 2 || name.size() > 3 || name.find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    for (char digit : name)
      out.number = 10 * out.number + (digit - '0');
    return out;
  }

  bool runsOn(int device) const { return isSpecific ? device == number : device >= number; }
};

} // namespace attn

#endif // ATTN_RUNTIME_CUDA_ARCHITECTURE_H
