//===- States.h - the caches of a session, and its sums over what was cached -*- C++ -*-===//
//
// A cache is one buffer of its full capacity, mapped and touched lazily, and a length for each sequence. Nothing beyond
// a sequence's length is ever read, so emptying or truncating changes lengths only.
//
// Sums have no positions: their length counts what they have met. They are read whole, so emptying writes zeros, and
// what is in them cannot be taken out again.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_STATES_H
#define ATTN_RUNTIME_STATES_H

#include "runtime/Device.h"
#include "runtime/attn.h"

namespace attn {

struct State {
  const StateDeclaration *declaration = nullptr;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
  void *data = nullptr; ///< of the device
  uint64_t bytes = 0;
  std::vector<int32_t> lengths;     ///< by sequence
  int32_t *deviceLengths = nullptr; ///< what kernels read
  bool lengthsChanged = false;      ///< since they were put before the device
  bool wasWritten = false;          ///< by its owner, so that sums may hold something at a length of 0
  std::vector<std::byte> hostCopy;  ///< what the last read gave, where the host cannot read the device's memory

  /// Of the next call; sums take any number of positions.
  int64_t capacity() const { return declaration->isSum() ? INT32_MAX : sizes[declaration->positionAxis]; }
  int64_t sequences() const { return sizes[declaration->sequenceAxis]; }

  /// By how much sequence |n| grows in a call whose argument |by| says so.
  int64_t growth(const attn_tensor_t &by, int64_t n) const;
  /// After such a call: what its functions have put into sums is no longer in the cache.
  void grow(const attn_tensor_t &by);
};

/// What a caller does where |state| has no room for what |function| would add: a larger capacity, as far as the program
/// allows one.
std::string howToMakeRoom(const Function &function, const StateUse &use, const State &state);

class States {
public:
  /// |device| and |program| outlive it.
  static Result<std::unique_ptr<States>> create(const Program &program, Device &device, int64_t sequences,
                                                int64_t capacity);
  ~States();

  State &operator[](int i) { return states_[i]; }
  const State &operator[](int i) const { return states_[i]; }
  size_t size() const { return states_.size(); }
  Result<int> find(const std::string &name) const;

  Status reset();
  Status truncate(int64_t sequence, int64_t length);
  Status copySequence(int64_t to, const States &source, int64_t from);
  /// See attn_state_read and attn_state_write.
  Result<attn_tensor_t> read(int state);
  Status write(int state, const attn_tensor_t &content);

  /// Puts lengths that have changed before the device.
  Status uploadLengths(State &state);

private:
  States(const Program &program, Device &device) : program_(program), device_(device) {}
  Status allocate(State &state);
  Status clear(State &state, int64_t sequence);
  Status copyIn(const State &state, const attn_tensor_t &content);

  const Program &program_;
  Device &device_;
  std::vector<State> states_;
};

} // namespace attn

#endif // ATTN_RUNTIME_STATES_H
