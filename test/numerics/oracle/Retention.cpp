//===- Retention.cpp - x ---===//
#include "test/numerics/Oracle.h"
namespace attn::numerics {
void casesOfRetention(Cases &) {}
}
