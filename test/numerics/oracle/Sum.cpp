//===- Sum.cpp - x ---===//
#include "test/numerics/Oracle.h"
namespace attn::numerics {
void casesOfSum(Cases &) {}
}
