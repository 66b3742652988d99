//===- RandomMask.h - masks that nobody would write -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_PASSES_RANDOMMASK_H
#define ATTN_TEST_UNIT_PASSES_RANDOMMASK_H

#include <random>
#include <string>

namespace attn {

/// The same sequence everywhere: distributions of the standard library are not.
class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}
  /// least ≤ the number ≤ greatest.
  int integer(int least, int greatest) { return least + static_cast<int>(engine() % (greatest - least + 1)); }
  bool chance(int percent) { return integer(0, 99) < percent; }

private:
  std::mt19937 engine;
};

/// Ops of a mask region that end in attn.yield; they use %n, %i, %j, the i32 captures %p, %q and the i1 capture %f.
std::string randomMask(Random &random);

} // namespace attn

#endif // ATTN_TEST_UNIT_PASSES_RANDOMMASK_H
