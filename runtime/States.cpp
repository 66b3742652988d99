//===- States.cpp - the caches of a session, and its sums over what was cached -*- C++ -*-===//

#include "runtime/States.h"

#include "runtime/HostTensor.h"

#include <algorithm>

namespace attn {

int64_t State::growth(const attn_tensor_t &by, int64_t n) const {
  auto at = [&](int64_t i) -> int64_t { return static_cast<const int32_t *>(by.data)[i * by.strides[0]]; };
  return declaration->advancesByOffsets ? at(n + 1) - at(n) : at(n);
}

void State::grow(const attn_tensor_t &by) {
  for (size_t n = 0; n < lengths.size(); ++n) {
    lengths[n] += static_cast<int32_t>(growth(by, static_cast<int64_t>(n)));
    if (declaration->foldsAt && lengths[n] >= declaration->foldsAt)
      lengths[n] = 0;
  }
  lengthsChanged = true;
}

std::string howToMakeRoom(const Function &function, const StateUse &use, const State &state) {
  const Symbol *symbol = use.capacitySymbol >= 0 ? &function.symbols[use.capacitySymbol] : nullptr;
  bool canGrow = symbol && (!symbol->max || state.capacity() < *symbol->max);
  if (canGrow)
    return "use a larger attn_session_options_t.capacity, or shorter inputs";
  return "function '" + function.name + "' takes no more than " + std::to_string(state.capacity()) +
         (symbol ? " (" + symbol->name + ")" : "") + ": use shorter inputs, or compile the model with a larger bound";
}

Result<std::unique_ptr<States>> States::create(const Program &program, Device &device, int64_t sequences,
                                               int64_t capacity) {
  std::unique_ptr<States> out(new States(program, device));
  for (const StateDeclaration &declaration : program.states) {
    State &state = out->states_.emplace_back();
    state.declaration = &declaration;
    int64_t values[2] = {};
    values[StateDeclaration::capacitySlot] = capacity;
    values[StateDeclaration::sequencesSlot] = sequences;
    for (const Dimension &dimension : declaration.shape) {
      ATTN_ASSIGN_OR_RETURN(size, dimension.expression.evaluate({values, nullptr}));
      if (size < 0)
        return failure(Code::corrupt, "state '%s' has the negative size %lld", declaration.name.c_str(),
                       static_cast<long long>(size));
      state.sizes.push_back(size);
    }
    if (declaration.foldsAt > state.capacity())
      return failure(Code::out_of_range,
                     "state '%s' is emptied when a sequence has %lld positions in it, but its capacity is %lld; set "
                     "attn_session_options_t.capacity to at least %lld",
                     declaration.name.c_str(), static_cast<long long>(declaration.foldsAt),
                     static_cast<long long>(state.capacity()), static_cast<long long>(declaration.foldsAt));
    ATTN_RETURN_IF_ERROR(out->allocate(state).at("state '" + declaration.name + "'"));
  }
  return out;
}

Status States::allocate(State &state) {
  int64_t elements = 1;
  state.strides.resize(state.sizes.size());
  for (size_t i = state.sizes.size(); i-- > 0;) {
    state.strides[i] = elements;
    if (__builtin_mul_overflow(elements, std::max<int64_t>(state.sizes[i], 1), &elements))
      return failure(Code::out_of_memory, "its shape has more elements than 64 bits count; use a smaller "
                                          "attn_session_options_t.capacity");
  }
  int64_t bytes;
  if (__builtin_mul_overflow(elements, elementSize(state.declaration->type), &bytes) || state.capacity() > INT32_MAX)
    return failure(Code::out_of_memory, "its shape has more bytes than 64 bits count; use a smaller "
                                        "attn_session_options_t.capacity");
  ATTN_ASSIGN_OR_RETURN(memory, device_.allocate(static_cast<uint64_t>(bytes)));
  state.data = memory;
  state.bytes = static_cast<uint64_t>(bytes);
  state.lengths.assign(static_cast<size_t>(state.sequences()), 0);
  ATTN_ASSIGN_OR_RETURN(lengths, device_.allocate(state.lengths.size() * sizeof(int32_t)));
  state.deviceLengths = static_cast<int32_t *>(lengths);
  return Status();
}

States::~States() {
  for (State &state : states_) {
    if (state.data)
      device_.release(state.data, state.bytes);
    if (state.deviceLengths)
      device_.release(state.deviceLengths, state.lengths.size() * sizeof(int32_t));
  }
}

Result<int> States::find(const std::string &name) const {
  int index = program_.findState(name);
  if (index >= 0)
    return index;
  std::string names;
  for (const StateDeclaration &state : program_.states)
    names += (names.empty() ? "" : ", ") + state.name;
  return failure(Code::not_found, "there is no state '%s'; states of this program are: %s", name.c_str(),
                 names.empty() ? "none" : names.c_str());
}

Status States::reset() {
  for (State &state : states_) {
    for (int64_t n = 0; state.declaration->isSum() && n < state.sequences(); ++n)
      ATTN_RETURN_IF_ERROR(clear(state, n));
    std::fill(state.lengths.begin(), state.lengths.end(), 0);
    state.lengthsChanged = true;
    state.wasWritten = false;
  }
  return Status();
}

static Status checkSequence(const State &state, int64_t sequence) {
  if (sequence >= 0 && sequence < state.sequences())
    return Status();
  return failure(Code::out_of_range, "sequence %lld is not one of the %lld that state '%s' has",
                 static_cast<long long>(sequence), static_cast<long long>(state.sequences()),
                 state.declaration->name.c_str());
}

Status States::truncate(int64_t sequence, int64_t length) {
  if (length < 0)
    return failure(Code::invalid_argument, "a sequence cannot be cut to the length %lld",
                   static_cast<long long>(length));
  for (State &state : states_) {
    ATTN_RETURN_IF_ERROR(checkSequence(state, sequence));
    if (state.declaration->isSum() && length > 0 && length < state.lengths[sequence])
      return failure(
          Code::unsupported,
          "sequence %lld cannot be cut to the length %lld: state '%s' is a sum over its %d positions, out of "
          "which none can be taken; cut it to 0 and run its beginning again",
          static_cast<long long>(sequence), static_cast<long long>(length), state.declaration->name.c_str(),
          state.lengths[sequence]);
  }
  for (State &state : states_) {
    int32_t &current = state.lengths[sequence];
    if (state.declaration->isSum() && length == 0)
      ATTN_RETURN_IF_ERROR(clear(state, sequence));
    if (current <= length)
      continue;
    current = static_cast<int32_t>(length);
    state.lengthsChanged = true;
  }
  return Status();
}

/// The part of |state| that is |sequence|'s first |length| positions, or all its sums.
static attn_buffer sliceOf(const State &state, int64_t sequence, std::vector<int64_t> &sizes, int64_t length) {
  const StateDeclaration &declaration = *state.declaration;
  sizes = state.sizes;
  sizes[declaration.sequenceAxis] = 1;
  if (!declaration.isSum())
    sizes[declaration.positionAxis] = length;
  int64_t offset = sequence * state.strides[declaration.sequenceAxis] * elementSize(declaration.type);
  return {static_cast<std::byte *>(state.data) + offset, sizes.data(), state.strides.data()};
}

/// Zeros for the sums of a sequence, which kernels read whole.
Status States::clear(State &state, int64_t sequence) {
  if (state.lengths[sequence] == 0 && !state.wasWritten)
    return Status();
  std::vector<int64_t> sizes;
  BufferCopy copy;
  copy.to = sliceOf(state, sequence, sizes, 0);
  uint64_t bytes = state.bytes / static_cast<uint64_t>(std::max<int64_t>(state.sequences(), 1));
  ATTN_ASSIGN_OR_RETURN(zeros, device_.allocate(bytes));
  attn_tensor_t dense = attn_tensor(zeros, static_cast<attn_type_t>(state.declaration->type),
                                    static_cast<int32_t>(sizes.size()), sizes.data());
  copy.from = {zeros, dense.sizes, dense.strides};
  copy.rank = dense.rank;
  copy.type = state.declaration->type;
  Status status = device_.copy(copy);
  if (status.ok())
    status = device_.synchronize();
  device_.release(zeros, bytes);
  return status;
}

Status States::copySequence(int64_t to, const States &source, int64_t from) {
  if (&source.program_ != &program_ || &source.device_ != &device_)
    return failure(Code::invalid_argument, "sequences are copied between sessions of one program on one device only");
  for (size_t i = 0; i < states_.size(); ++i) {
    ATTN_RETURN_IF_ERROR(checkSequence(states_[i], to));
    ATTN_RETURN_IF_ERROR(checkSequence(source.states_[i], from));
    int32_t length = source.states_[i].lengths[from];
    if (length > states_[i].capacity())
      return failure(Code::out_of_range, "a sequence of %d positions does not fit state '%s', which has %lld", length,
                     states_[i].declaration->name.c_str(), static_cast<long long>(states_[i].capacity()));
  }
  for (size_t i = 0; i < states_.size(); ++i) {
    State &target = states_[i];
    const State &origin = source.states_[i];
    int32_t length = origin.lengths[from];
    std::vector<int64_t> fromSizes, toSizes;
    BufferCopy copy;
    copy.from = sliceOf(origin, from, fromSizes, length);
    copy.to = sliceOf(target, to, toSizes, length);
    copy.rank = static_cast<int>(toSizes.size());
    copy.type = target.declaration->type;
    if (copy.from.data != copy.to.data)
      ATTN_RETURN_IF_ERROR(device_.copy(copy));
    target.lengths[to] = length;
    target.wasWritten |= origin.wasWritten;
    target.lengthsChanged = true;
  }
  return device_.synchronize();
}

Status States::write(int index, const attn_tensor_t &content) {
  State &state = states_[index];
  const StateDeclaration &declaration = *state.declaration;
  const char *name = declaration.name.c_str();
  if (static_cast<ElementType>(content.type) != declaration.type)
    return failure(Code::invalid_argument, "state '%s' has type %s, but its content has %s", name,
                   elementTypeName(declaration.type), elementTypeName(static_cast<ElementType>(content.type)));
  size_t rank = state.sizes.size();
  bool matches = static_cast<size_t>(content.rank) == rank;
  for (size_t i = 0; matches && i < rank; ++i)
    matches =
        static_cast<int>(i) == declaration.positionAxis ? content.sizes[i] >= 0 : content.sizes[i] == state.sizes[i];
  if (static_cast<size_t>(content.rank) != rank)
    return failure(Code::invalid_argument, "state '%s' has shape %s, but its content has rank %d", name,
                   describeShape(state.sizes.data(), rank).c_str(), content.rank);
  if (!matches)
    return failure(Code::invalid_argument, "state '%s' has shape %s, but its content has %s", name,
                   describeShape(state.sizes.data(), rank).c_str(), describeShape(content.sizes, rank).c_str());
  bool isEmpty = std::find(content.sizes, content.sizes + rank, 0) != content.sizes + rank;
  if (!content.data && !isEmpty)
    return failure(Code::invalid_argument, "the content of state '%s' has no data", name);
  if (declaration.isSum()) {
    state.wasWritten = true;
    return copyIn(state, content);
  }
  int64_t length = content.sizes[declaration.positionAxis];
  if (length > state.capacity())
    return failure(Code::out_of_range,
                   "state '%s' holds %lld positions, but its content has %lld; use a larger "
                   "attn_session_options_t.capacity",
                   name, static_cast<long long>(state.capacity()), static_cast<long long>(length));
  ATTN_RETURN_IF_ERROR(copyIn(state, content));
  std::fill(state.lengths.begin(), state.lengths.end(), static_cast<int32_t>(length));
  state.lengthsChanged = true;
  return Status();
}

/// Copies checked content to the beginning of every sequence, by way of the device's memory where it is not the host's.
Status States::copyIn(const State &state, const attn_tensor_t &content) {
  BufferCopy copy;
  copy.from = {content.data, content.sizes, content.strides};
  copy.to = {state.data, content.sizes, state.strides.data()};
  copy.rank = content.rank;
  copy.type = state.declaration->type;
  if (device_.sharesHostMemory()) {
    ATTN_RETURN_IF_ERROR(device_.copy(copy));
    return device_.synchronize();
  }
  std::vector<std::byte> packed = packHost(content);
  if (packed.empty())
    return Status();
  attn_tensor_t dense = attn_tensor(nullptr, content.type, content.rank, content.sizes);
  ATTN_ASSIGN_OR_RETURN(staged, device_.allocate(packed.size()));
  copy.from = {staged, dense.sizes, dense.strides};
  Status status = device_.upload(staged, packed.data(), packed.size());
  if (status.ok())
    status = device_.copy(copy);
  if (status.ok())
    status = device_.synchronize();
  device_.release(staged, packed.size());
  return status;
}

Result<attn_tensor_t> States::read(int index) {
  State &state = states_[index];
  void *data = state.data;
  if (!device_.sharesHostMemory()) {
    state.hostCopy.resize(state.bytes);
    data = state.hostCopy.data();
    ATTN_RETURN_IF_ERROR(device_.download(data, state.data, state.bytes));
  }
  return attn_tensor(data, static_cast<attn_type_t>(state.declaration->type), static_cast<int32_t>(state.sizes.size()),
                     state.sizes.data());
}

Status States::uploadLengths(State &state) {
  if (!state.lengthsChanged)
    return Status();
  state.lengthsChanged = false;
  return device_.upload(state.deviceLengths, state.lengths.data(), state.lengths.size() * sizeof(int32_t));
}

} // namespace attn
