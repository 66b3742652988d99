//===- MakeProgram.cpp - writes the hand-made program to a file -*- C++ -*-===//
//
//   make-test-program OUT.attn [FROM TO]     with the first FROM in program.json replaced by TO
//
//===----------------------------------------------------------------------===//

#include "test/unit/runtime/HandMade.h"

#include <cstdio>

int main(int count, char **arguments) {
  if (count != 2 && count != 4)
    return 2;
  std::string json = attn::handMadeJson();
  if (count == 4)
    json = attn::replaced(json, arguments[2], arguments[3]);
  std::vector<std::byte> bytes = attn::handMade(json);
  attn::Status status = attn::writeFile(arguments[1], bytes.data(), bytes.size());
  if (!status.ok())
    std::fprintf(stderr, "make-test-program: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
