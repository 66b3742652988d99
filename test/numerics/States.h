//===- States.h - sums over keys that stay from call to call -*- C++ -*-===//

#ifndef ATTN_TEST_NUMERICS_STATES_H
#define ATTN_TEST_NUMERICS_STATES_H

#include "test/numerics/FeatureMap.h"
#include "test/numerics/Harness.h"

namespace attn::numerics {

/// A function whose state is a handle, called again and again. All calls together have to equal the formula over the
/// whole sequence, and the state that they leave is that of all keys.
struct StateCase {
  std::string title;
  Geometry geometry; ///< keys and values are of its key type
  FeatureMapForm form;
  Layout layout;          ///< of the rows of a call: ragged or packed
  int64_t switchOver = 0; ///< of the caches before the state; 0: the state takes in each call's keys

  std::string name() const;
};

std::vector<StateCase> stateCases();
std::vector<std::string> runStateCase(const Options &, const StateCase &, size_t number, int &counted);

} // namespace attn::numerics

#endif // ATTN_TEST_NUMERICS_STATES_H
