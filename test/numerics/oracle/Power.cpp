//===- Power.cpp - x ---===//
#include "test/numerics/Oracle.h"
namespace attn::numerics {
void casesOfPower(Cases &) {}
}
