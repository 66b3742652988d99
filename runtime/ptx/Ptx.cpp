//===- Ptx.cpp - properties of types and modules -===//
//
// The small facts about PTX types that parser and machine share.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Ptx.h"

namespace attn::ptx {

unsigned sizeOf(Type type) {
  switch (type) {
  case Type::none:
  case Type::pred:
    return 0;
  case Type::b8:
  case Type::u8:
  case Type::s8:
    return 1;
  case Type::b16:
  case Type::u16:
  case Type::s16:
  case Type::f16:
  case Type::bf16:
    return 2;
  case Type::b32:
  case Type::u32:
  case Type::s32:
  case Type::f32:
  case Type::f16x2:
  case Type::bf16x2:
    return 4;
  case Type::b64:
  case Type::u64:
  case Type::s64:
  case Type::f64:
    return 8;
  }
  return 0;
}

bool isSigned(Type type) { return type == Type::s8 || type == Type::s16 || type == Type::s32 || type == Type::s64; }

bool isFloat(Type type) { return type == Type::f32 || type == Type::f64; }

bool isHalf(Type type) {
  return type == Type::f16 || type == Type::f16x2 || type == Type::bf16 || type == Type::bf16x2;
}

const char *nameOf(Family family) {
  static const char *const names[familyCount] = {"integer", "floating", "conversion", "control", "warp",
                                                 "barrier", "memory",   "matrix",     "wgmma",   "async"};
  return names[static_cast<unsigned>(family)];
}

const Kernel *Module::find(const std::string &kernel) const {
  for (const Kernel &candidate : kernels)
    if (candidate.name == kernel)
      return &candidate;
  return nullptr;
}

std::string Module::lineText(uint32_t line) const {
  if (line == 0 || line > lines.size())
    return {};
  const std::string &text = lines[line - 1];
  size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t\r");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

} // namespace attn::ptx
