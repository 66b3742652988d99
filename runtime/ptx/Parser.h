//===- Parser.h - a PTX module from its text -*- C++ -*-===//
//
// The grammar of a module: directives, variables, kernels, their scopes and instructions. Debug information and what
// only guides ptxas are skipped by name; any other directive is an error.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_PARSER_H
#define ATTN_RUNTIME_PTX_PARSER_H

#include "runtime/Status.h"
#include "runtime/ptx/Ptx.h"

#include <string>
#include <string_view>

namespace attn::ptx {

/// Reads a module; `name` stands before the line in messages.
Result<Module> parse(std::string_view text, std::string name);

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_PARSER_H
