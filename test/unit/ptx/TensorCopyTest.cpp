//===- TensorCopyTest.cpp - TMA and bulk copies -===//
//
// Boxes arrive where the swizzle puts them, zeros where the tensor ends, in all ranks; stores leave the outside alone.
//
//===----------------------------------------------------------------------===//

#include "test/unit/ptx/TestLaunch.h"

#include <algorithm>
#include <numeric>

namespace attn::ptx {
namespace {

TensorMap mapOf(const void *base, uint32_t elementBytes, std::vector<uint32_t> sizes, std::vector<uint32_t> box,
                uint32_t swizzle) {
  std::vector<uint64_t> strides;
  uint64_t stride = elementBytes;
  for (uint32_t size : sizes)
    strides.push_back(stride *= size);
  auto map =
      encodeTensorMap(base, elementBytes, uint32_t(sizes.size()), sizes.data(), strides.data(), box.data(), swizzle);
  EXPECT_TRUE(map.ok()) << map.status().message();
  return map.ok() ? *map : TensorMap();
}

class Swizzle : public testing::TestWithParam<uint32_t> {};

/// The patterns as the documentation draws them: within 8 rows of 128 bytes, chunk c of row r goes to c xor r (128
/// bytes), c xor r / 2 on the low two bits (64) or c xor r / 4 on the lowest (32), with rows of the swizzle's own
/// width.
TEST_P(Swizzle, puts_chunks_in_their_places) {
  uint32_t swizzle = GetParam(), width = swizzle ? swizzle / 2 : 32, rows = 40;
  std::vector<uint16_t> tensor(96 * 50), out(width * rows);
  std::iota(tensor.begin(), tensor.end(), uint16_t(0));
  int x = 16, y = 3;
  TestLaunch("tma", "dump_2d")
      .lend(tensor, "tensor", false)
      .value(mapOf(tensor.data(), 2, {96, 50}, {width, rows}, swizzle))
      .buffer(out, "out")
      .value(int(out.size() * 2))
      .value(x)
      .value(y)
      .value(0)
      .block(64)
      .shared(16384)
      .expectSuccess();
  for (uint32_t row = 0; row < rows; ++row)
    for (uint32_t column = 0; column < width; ++column) {
      uint32_t chunk = column / 8, placed = chunk;
      if (swizzle == 128)
        placed = chunk ^ (row % 8);
      if (swizzle == 64)
        placed = chunk ^ (row / 2 % 4);
      if (swizzle == 32)
        placed = chunk ^ (row / 4 % 2);
      ASSERT_EQ(out[row * width + placed * 8 + column % 8], tensor[(y + row) * 96 + uint32_t(x) + column])
          << row << ", " << column;
    }
}

INSTANTIATE_TEST_SUITE_P(All, Swizzle, testing::Values(0u, 32u, 64u, 128u));

TEST(TensorCopy, zeros_outside_of_the_tensor) {
  std::vector<float> tensor(20 * 10), out(8 * 6, -1.0f);
  std::iota(tensor.begin(), tensor.end(), 1.0f);
  for (auto [x, y] : {std::pair(-3, -2), std::pair(15, 7), std::pair(-8, 0), std::pair(100, 100), std::pair(6, 2)}) {
    TestLaunch("tma", "dump_2d")
        .lend(tensor, "tensor", false)
        .value(mapOf(tensor.data(), 4, {20, 10}, {8, 6}, 0))
        .buffer(out, "out")
        .value(8 * 6 * 4)
        .value(x)
        .value(y)
        .value(0)
        .block(32)
        .shared(4096)
        .expectSuccess();
    for (int row = 0; row < 6; ++row)
      for (int column = 0; column < 8; ++column) {
        bool inside = x + column >= 0 && x + column < 20 && y + row >= 0 && y + row < 10;
        ASSERT_EQ(out[size_t(row * 8 + column)], inside ? tensor[size_t((y + row) * 20 + x + column)] : 0.0f);
      }
  }
}

TEST(TensorCopy, three_to_five_dimensions) {
  // Element (i, j, l, ...) is its own number; the higher coordinates are all `z`.
  for (uint32_t rank = 3; rank <= 5; ++rank) {
    std::vector<uint32_t> sizes(rank, 3), box(rank, 2);
    sizes[0] = 8, box[0] = 4;
    uint32_t count = std::accumulate(sizes.begin(), sizes.end(), 1u, std::multiplies<>());
    uint32_t boxCount = std::accumulate(box.begin(), box.end(), 1u, std::multiplies<>());
    std::vector<float> tensor(count), out(boxCount);
    std::iota(tensor.begin(), tensor.end(), 0.0f);
    int x = 2, y = 1, z = 2;
    TestLaunch("tma", "dump_" + std::to_string(rank) + "d")
        .lend(tensor, "tensor")
        .value(mapOf(tensor.data(), 4, sizes, box, 0))
        .buffer(out, "out")
        .value(int(boxCount * 4))
        .value(x)
        .value(y)
        .value(z)
        .block(32)
        .shared(1024)
        .expectSuccess();
    for (uint32_t element = 0; element < boxCount; ++element) {
      uint32_t rest = element, index = 0, stride = 1;
      bool inside = true;
      for (uint32_t i = 0; i < rank; ++i) {
        uint32_t at = rest % box[i] + uint32_t(i == 0 ? x : i == 1 ? y : z);
        inside &= at < sizes[i];
        index += at * stride;
        rest /= box[i], stride *= sizes[i];
      }
      ASSERT_EQ(out[element], inside ? tensor[index] : 0.0f) << "rank " << rank << ", element " << element;
    }
  }
}

TEST(TensorCopy, stores_only_what_lies_inside) {
  std::vector<float> from(16 * 8), to(16 * 8, -1.0f), expected(16 * 8, -1.0f);
  std::iota(from.begin(), from.end(), 1.0f);
  auto map = [](std::vector<float> &buffer) { return mapOf(buffer.data(), 4, {16, 8}, {8, 4}, 32); };
  int x = 12, y = 6;
  TestLaunch("tma", "doubled")
      .lend(from, "from", false)
      .lend(to, "to")
      .value(map(from))
      .value(map(to))
      .value(8 * 4 * 4)
      .value(x)
      .value(y)
      .block(32)
      .shared(1024)
      .expectSuccess();
  for (int row = y; row < 8; ++row)
    for (int column = x; column < 16; ++column)
      expected[size_t(row * 16 + column)] = 2 * from[size_t(row * 16 + column)];
  EXPECT_EQ(to, expected);
}

TEST(TensorCopy, plain_bulk_copies_and_counted_cp_async) {
  std::vector<float> in(256), out(256);
  std::iota(in.begin(), in.end(), 0.0f);
  TestLaunch("tma", "plain_bulk")
      .buffer(in, "in", false)
      .buffer(out, "out")
      .value(1024)
      .block(64)
      .shared(2048)
      .expectSuccess();
  EXPECT_EQ(out, std::vector<float>(256, 255.0f));
}

TEST(TensorCopy, maps_that_the_driver_would_refuse) {
  alignas(16) static float data[64];
  uint32_t sizes[] = {16, 4}, box[] = {16, 4};
  uint64_t strides[] = {64};
  auto refused = [&](const char *what, const void *base, uint32_t rank, uint32_t swizzle) {
    auto map = encodeTensorMap(base, 4, rank, sizes, strides, box, swizzle);
    ASSERT_FALSE(map.ok()) << what;
    EXPECT_NE(map.status().message().find(what), std::string::npos) << map.status().message();
  };
  EXPECT_TRUE(encodeTensorMap(data, 4, 2, sizes, strides, box, 64).ok());
  refused("address", data + 1, 2, 64);
  refused("rank", data, 6, 64);
  refused("swizzle", data, 2, 48);
  refused("box's rows", data, 2, 32);
  strides[0] = 60;
  refused("stride", data, 2, 64);
  box[1] = 257;
  refused("box", data, 2, 64);
}

} // namespace
} // namespace attn::ptx
