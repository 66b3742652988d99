//===- GpuProgram.h - a program for a GPU, made without the compiler -*- C++ -*-===//
//
// program.json and the entries of kernels.cu, packed as an artefact and used through the C API; a test may change the
// text first.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_GPU_GPUPROGRAM_H
#define ATTN_TEST_UNIT_GPU_GPUPROGRAM_H

#include "runtime/Handles.h"
#include "test/unit/HandPacked.h"

#include <gtest/gtest.h>

#include <numeric>

namespace attn {

inline std::string gpuFile(const std::string &name) { return readWhole(std::string(TEST_FOLDER) + "/" + name); }
inline std::string gpuJson() { return gpuFile("program.json"); }

using Entries = std::vector<HandPackedEntry>;

/// An artefact of |json| and |entries|.
inline std::vector<std::byte> packGpu(const std::string &json, Entries entries) {
  entries.insert(entries.begin(), {"program.json", json});
  return packEntries(entries);
}

inline std::vector<std::byte> packGpu(const std::string &json) {
  return packGpu(json, {{"cuda/sm_80.ptx", gpuFile("kernels.ptx")}});
}

/// Releases |status|.
inline Status take(attn_status_t *status) {
  Status out = status ? status->status : Status();
  attn_status_release(status);
  return out;
}

/// A session of a program on a device, as a caller of the C API has it; calls are named after functions.
class GpuSession {
public:
  GpuSession(std::unique_ptr<Device> device, const std::vector<std::byte> &artifact, int64_t sequences = 2) {
    device_ = new attn_device{std::move(device)};
    status = take(attn_program_open_bytes(artifact.data(), artifact.size(), &program_));
    attn_session_options_t options = {};
    options.sequences = sequences;
    if (status.ok())
      status = take(attn_session_create(device_, program_, nullptr, &options, &session));
  }
  ~GpuSession() {
    attn_session_release(session);
    attn_program_release(program_);
    attn_device_release(device_);
  }

  Status call(const char *function, const std::vector<attn_tensor_t> &arguments, std::vector<attn_tensor_t> results) {
    return take(
        attn_session_run(session, function, arguments.data(), arguments.size(), results.data(), results.size()));
  }

  /// `row_wise` on a matrix of |rows| and |columns| of 0, 1, 2, …
  Status rowWise(int64_t rows, int64_t columns, std::vector<float> *out = nullptr) {
    std::vector<float> x(static_cast<size_t>(rows * columns)), y(x.size());
    std::iota(x.begin(), x.end(), 0.0f);
    const int64_t shape[] = {rows, columns};
    Status status =
        call("row_wise", {attn_tensor(x.data(), ATTN_F32, 2, shape)}, {attn_tensor(y.data(), ATTN_F32, 2, shape)});
    if (out)
      *out = y;
    return status;
  }

  Status status; ///< of creation
  attn_session_t *session = nullptr;

private:
  attn_device_t *device_ = nullptr;
  attn_program_t *program_ = nullptr;
};

/// What every device has to do with the program as it is: strided views, scalars, grids of three dimensions, states.
inline void expectItWorks(GpuSession &s) {
  ASSERT_TRUE(s.status.ok()) << s.status.message();
  // An argument that is not dense, too: a column of padding.
  std::vector<float> x = {1, 2, 3, -1, 4, 5, 6, -1}, y(6);
  float factor = 2.5f;
  const int64_t shape[] = {2, 3};
  attn_tensor_t padded = attn_tensor(x.data(), ATTN_F32, 2, shape);
  padded.strides[0] = 4;
  Status status = s.call("scale", {padded, attn_tensor(&factor, ATTN_F32, 0, nullptr)},
                         {attn_tensor(y.data(), ATTN_F32, 2, shape)});
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(y, (std::vector<float>{2.5f, 5, 7.5f, 10, 12.5f, 15}));

  std::vector<float> reversed;
  status = s.rowWise(2, 3, &reversed);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(reversed, (std::vector<float>{2, 1, 0, 5, 4, 3}));
  EXPECT_TRUE(s.rowWise(0, 3).ok());

  std::vector<int8_t> two(2);
  std::vector<int32_t> places(24);
  const int64_t count[] = {2}, grid[] = {2, 3, 4};
  status =
      s.call("place", {attn_tensor(two.data(), ATTN_I8, 1, count)}, {attn_tensor(places.data(), ATTN_I32, 3, grid)});
  EXPECT_TRUE(status.ok()) << status.message();
  for (int i = 0; i < 24; ++i)
    EXPECT_EQ(places[i], 100 * (i / 12) + 10 * (i / 4 % 3) + i % 4);

  std::vector<float> cached(32);
  std::vector<int32_t> lengths = {2, 1};
  const int64_t whole[] = {2, 16}, rows[] = {2, 2};
  for (float first : {1.0f, 5.0f}) {
    std::vector<float> tokens = {first, first + 1, first + 2, first + 3};
    status = s.call("append",
                    {attn_tensor(tokens.data(), ATTN_F32, 2, rows), attn_tensor(lengths.data(), ATTN_I32, 1, count)},
                    {attn_tensor(cached.data(), ATTN_F32, 2, whole)});
    EXPECT_TRUE(status.ok()) << status.message();
  }
  EXPECT_EQ(std::vector<float>(cached.begin(), cached.begin() + 5), (std::vector<float>{1, 2, 5, 6, 0}));
  EXPECT_EQ(std::vector<float>(cached.begin() + 16, cached.begin() + 19), (std::vector<float>{3, 7, 0}));
  int64_t length = 0;
  EXPECT_TRUE(take(attn_state_length(s.session, "cache", 0, &length)).ok());
  EXPECT_EQ(length, 4);
  EXPECT_TRUE(take(attn_session_copy_sequence(s.session, 1, s.session, 0)).ok());
  std::vector<float> none(2);
  lengths = {0, 0};
  const int64_t empty[] = {2, 0};
  status =
      s.call("append", {attn_tensor(none.data(), ATTN_F32, 2, empty), attn_tensor(lengths.data(), ATTN_I32, 1, count)},
             {attn_tensor(cached.data(), ATTN_F32, 2, whole)});
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(std::vector<float>(cached.begin() + 16, cached.begin() + 20), (std::vector<float>{1, 2, 5, 6}));

  // What the host puts into a state and reads from it, also from memory that is not dense.
  std::vector<float> content = {7, 8, 9, -1, 10, 11, 12, -1};
  attn_tensor_t columns = attn_tensor(content.data(), ATTN_F32, 2, shape), read;
  columns.strides[0] = 4;
  status = take(attn_state_write(s.session, "cache", &columns));
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(take(attn_state_length(s.session, "cache", 1, &length)).ok());
  EXPECT_EQ(length, 3);
  status = take(attn_state_read(s.session, "cache", &read));
  ASSERT_TRUE(status.ok()) << status.message();
  const float *row = static_cast<const float *>(read.data) + read.strides[0];
  EXPECT_EQ(std::vector<float>(row, row + 4), (std::vector<float>{10, 11, 12, 6}));
}

} // namespace attn

#endif // ATTN_TEST_UNIT_GPU_GPUPROGRAM_H
