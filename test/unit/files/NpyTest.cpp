//===- NpyTest.cpp - NumPy's array files, right and wrong -----------------===//

#include "test/unit/files/Consistency.h"
#include "test/unit/files/Damage.h"
#include "test/unit/files/Samples.h"

#include <gtest/gtest.h>

using namespace attn;
using samples::Bytes;

static Result<NpyArray> parse(const Bytes &bytes) { return parseNpy(bytes.data(), bytes.size(), "a.npy"); }

static Bytes withHeader(const std::string &header, uint64_t dataBytes, uint8_t major = 1) {
  Bytes bytes;
  samples::putRaw(bytes, std::string_view("\x93NUMPY", 6));
  samples::put<uint8_t>(bytes, major);
  samples::put<uint8_t>(bytes, 0);
  if (major == 1)
    samples::put<uint16_t>(bytes, static_cast<uint16_t>(header.size()));
  else
    samples::put<uint32_t>(bytes, static_cast<uint32_t>(header.size()));
  samples::putRaw(bytes, header);
  bytes.resize(bytes.size() + dataBytes);
  return bytes;
}

static void expectFailure(const Bytes &bytes, Code code, const std::string &part) {
  Result<NpyArray> array = parse(bytes);
  ASSERT_FALSE(array.ok());
  EXPECT_EQ(array.status().code(), code) << array.status().message();
  EXPECT_NE(array.status().message().find(part), std::string::npos) << array.status().message();
}

TEST(Npy, ReadsWhatItWrites) {
  std::vector<uint64_t> values(24, 0x0102030405060708);
  for (NpyType type : {NpyType::f32, NpyType::f16, NpyType::i8, NpyType::i16, NpyType::i32, NpyType::i64, NpyType::u8,
                       NpyType::u16, NpyType::u32, NpyType::u64, NpyType::boolean})
    for (const std::vector<int64_t> &shape : std::vector<std::vector<int64_t>>{{}, {5}, {2, 3}, {0, 4}, {2, 3, 4}}) {
      Bytes bytes = encodeNpy(type, shape, values.data());
      Result<NpyArray> array = parse(bytes);
      ASSERT_TRUE(array.ok()) << array.status().message();
      EXPECT_EQ(array->type, type);
      EXPECT_EQ(array->shape, shape);
      EXPECT_EQ((bytes.size() - array->bytes) % 64, 0u);
      EXPECT_TRUE(consistent(*array, bytes.data(), bytes.size()));
      EXPECT_EQ(std::memcmp(array->data, values.data(), array->bytes), 0);
    }
}

TEST(Npy, WritesTheHeaderThatNumPyWrites) {
  const int32_t values[2] = {1, 2};
  Bytes bytes = encodeNpy(NpyType::i32, {2}, values);
  std::string text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  std::string expected("\x93NUMPY\x01\x00v\x00{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", 67);
  EXPECT_EQ(text.substr(0, 67), expected);
  EXPECT_EQ(text[127], '\n');
  EXPECT_EQ(bytes.size(), 128u + 8u);
}

TEST(Npy, TakesEveryDictionaryThatPythonWouldTake) {
  for (const char *header : {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n",
                             "{\"shape\":(2,3,),'descr':'<f4','fortran_order':False}",
                             "  { 'fortran_order' : False , 'shape' : ( 2 , 3 ) , 'descr' : \"<f4\" }  "})
    for (uint8_t major : {1, 2})
      EXPECT_TRUE(parse(withHeader(header, 24, major)).ok()) << header;
}

TEST(Npy, RefusesOtherHeaders) {
  for (const char *header :
       {"", "{}", "{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", "{'descr': '<f4", "{'descr': [('a', '<f4')]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x"})
    expectFailure(withHeader(header, 24), Code::corrupt, "not a dictionary");
}

TEST(Npy, SaysHowToConvertWhatItCannotRead) {
  auto header = [](const std::string &descr, const char *fortran) {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': (2,)}";
  };
  expectFailure(withHeader(header("<f8", "False"), 16), Code::unsupported, "convert it with .astype(numpy.float32)");
  expectFailure(withHeader(header(">f4", "False"), 8), Code::unsupported, "little-endian");
  expectFailure(withHeader(header("<c8", "False"), 16), Code::unsupported, "'<c8'");
  expectFailure(withHeader(header("<f4", "True"), 8), Code::unsupported, "numpy.ascontiguousarray");
  expectFailure(withHeader(header("<f4", "False"), 8, 3), Code::unsupported, "version 3.0");
}

TEST(Npy, RefusesDataThatDoNotFitTheShape) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";
  expectFailure(withHeader(header, 23), Code::corrupt, "take 24 bytes, but 23 follow");
  expectFailure(withHeader(header, 25), Code::corrupt, "take 24 bytes, but 25 follow");
  expectFailure(withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", 0),
                Code::corrupt, "more than 2^63");
  expectFailure(withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904)}", 0),
                Code::corrupt, "more than 2^63");
}

TEST(Npy, SurvivesTruncationAtEveryByte) {
  truncateEverywhere(samples::npy(), [](const std::byte *data, uint64_t size) {
    EXPECT_FALSE(parseNpy(data, size, "a.npy").ok()) << size;
  });
}

TEST(Npy, SurvivesEveryChangedByte) {
  int refused = 0;
  changeEverywhere(samples::npy(), [&](const std::byte *data, uint64_t size) {
    Result<NpyArray> array = parseNpy(data, size, "a.npy");
    refused += !array.ok();
    if (array.ok()) {
      EXPECT_TRUE(consistent(*array, data, size));
    }
  });
  EXPECT_GT(refused, 500);
}
