//===- Npy.cpp - NumPy's array files --------------------------------------===//

#include "runtime/files/Npy.h"

#include "runtime/files/ByteReader.h"

#include <optional>

using namespace attn;

static constexpr std::string_view magic("\x93NUMPY", 6);

namespace {

struct Row {
  NpyType type;
  const char *name;
  const char *descr; ///< as in the header
  uint64_t bytes;
};

} // namespace

/// In the order of the enumeration, so that a type is its own index.
static constexpr Row table[] = {
    {NpyType::f32, "f32", "<f4", 4}, {NpyType::f16, "f16", "<f2", 2},      {NpyType::i8, "i8", "|i1", 1},
    {NpyType::i16, "i16", "<i2", 2}, {NpyType::i32, "i32", "<i4", 4},      {NpyType::i64, "i64", "<i8", 8},
    {NpyType::u8, "u8", "|u1", 1},   {NpyType::u16, "u16", "<u2", 2},      {NpyType::u32, "u32", "<u4", 4},
    {NpyType::u64, "u64", "<u8", 8}, {NpyType::boolean, "bool", "|b1", 1},
};

const char *attn::typeName(NpyType type) { return table[static_cast<int>(type)].name; }
uint64_t attn::elementBytes(NpyType type) { return table[static_cast<int>(type)].bytes; }

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Reads the header's dictionary, token by token: quoted text, True, False, and tuples of counts.
class HeaderReader {
public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  bool accept(char wanted) {
    skipSpace();
    if (rest_.empty() || rest_.front() != wanted)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool readQuoted(std::string &text) {
    skipSpace();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"'))
      return false;
    size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos)
      return false;
    text = std::string(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool readBool(bool &value) {
    skipSpace();
    for (std::string_view word : {"True", "False"})
      if (rest_.substr(0, word.size()) == word) {
        value = word == "True";
        rest_.remove_prefix(word.size());
        return true;
      }
    return false;
  }

  bool readCount(int64_t &count) {
    skipSpace();
    count = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
      if (__builtin_mul_overflow(count, int64_t{10}, &count) ||
          __builtin_add_overflow(count, int64_t{rest_[digits] - '0'}, &count))
        return false;
    rest_.remove_prefix(digits);
    return digits != 0;
  }

  /// (), (3,), (3, 4) or (3, 4,), but not (3): in Python that is no tuple.
  bool readTuple(std::vector<int64_t> &counts) {
    if (!accept('('))
      return false;
    bool comma = true;
    while (!accept(')')) {
      int64_t count;
      if (!comma || !readCount(count))
        return false;
      counts.push_back(count);
      comma = accept(',');
    }
    return counts.size() != 1 || comma;
  }

  bool atEnd() {
    skipSpace();
    return rest_.empty();
  }

private:
  void skipSpace() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  std::string_view rest_;
};

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> fortranOrder;
  std::optional<std::vector<int64_t>> shape;
};

} // namespace

/// Reads `{'key': value, ...}`; false where it is not a dictionary of the three keys, each once.
static bool readHeader(std::string_view text, Header &header) {
  HeaderReader in(text);
  if (!in.accept('{'))
    return false;
  bool comma = true;
  while (!in.accept('}')) {
    std::string key;
    if (!comma || !in.readQuoted(key) || !in.accept(':'))
      return false;
    if (key == "descr" && !header.descr) {
      if (!in.readQuoted(header.descr.emplace()))
        return false;
    } else if (key == "fortran_order" && !header.fortranOrder) {
      if (!in.readBool(header.fortranOrder.emplace()))
        return false;
    } else if (key == "shape" && !header.shape) {
      if (!in.readTuple(header.shape.emplace()))
        return false;
    } else {
      return false;
    }
    comma = in.accept(',');
  }
  return in.atEnd() && header.descr && header.fortranOrder && header.shape;
}

static Result<NpyType> typeOfDescr(const std::string &descr, const std::string &name) {
  for (const Row &row : table)
    if (descr == row.descr || (row.bytes == 1 && descr.size() == 3 && descr.substr(1) == row.descr + 1 &&
                               (descr[0] == '<' || descr[0] == '>' || descr[0] == '=')))
      return row.type;
  const char *remedy = descr == "<f8"                      ? "convert it with .astype(numpy.float32)"
                       : !descr.empty() && descr[0] == '>' ? "convert it to little-endian, as with .astype('<f4')"
                                                           : "save float32, float16, integers or bool";
  return failure(Code::unsupported, "%s: holds elements of NumPy type '%s', which cannot be read; %s", name.c_str(),
                 descr.c_str(), remedy);
}

/// The bytes of an array, or nothing if they exceed int64; dimensions of zero do not hide an overflow of others.
static std::optional<uint64_t> bytesOf(NpyType type, const std::vector<int64_t> &shape) {
  int64_t bytes = static_cast<int64_t>(elementBytes(type));
  bool empty = false;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent == 0 ? 1 : extent, &bytes))
      return std::nullopt;
    empty |= extent == 0;
  }
  return empty ? 0 : static_cast<uint64_t>(bytes);
}

Result<NpyArray> attn::parseNpy(const std::byte *data, uint64_t size, const std::string &name) {
  ByteReader in(data, size);
  std::string_view text;
  uint8_t major, minor;
  if (!in.readText(magic.size(), text) || text != magic || !in.read(major) || !in.read(minor))
    return failure(Code::corrupt, "%s: does not begin as a .npy file does; write it with numpy.save", name.c_str());
  if ((major != 1 && major != 2) || minor != 0)
    return failure(Code::unsupported, "%s: is a .npy file of version %d.%d, but 1.0 and 2.0 can be read", name.c_str(),
                   major, minor);
  uint16_t shortLength = 0;
  uint32_t length = 0;
  bool complete = major == 1 ? in.read(shortLength) : in.read(length);
  if (major == 1)
    length = shortLength;
  if (!complete || !in.readText(length, text))
    return failure(Code::corrupt, "%s: ends at byte %llu, in the middle of its header; write it again", name.c_str(),
                   static_cast<unsigned long long>(size));
  Header header;
  if (!readHeader(text, header))
    return failure(Code::corrupt,
                   "%s: has a header that is not a dictionary of descr, fortran_order and shape; write it "
                   "with numpy.save",
                   name.c_str());
  ATTN_ASSIGN_OR_RETURN(type, typeOfDescr(*header.descr, name));
  if (*header.fortranOrder)
    return failure(Code::unsupported, "%s: is in Fortran order; convert it with numpy.ascontiguousarray", name.c_str());
  std::optional<uint64_t> bytes = bytesOf(type, *header.shape);
  if (!bytes || *bytes != in.remaining())
    return failure(Code::corrupt, "%s: its shape and type take %s bytes, but %llu follow the header; write it again",
                   name.c_str(), bytes ? std::to_string(*bytes).c_str() : "more than 2^63",
                   static_cast<unsigned long long>(in.remaining()));
  NpyArray array;
  array.type = type;
  array.shape = std::move(*header.shape);
  array.data = in.here();
  array.bytes = *bytes;
  return array;
}

Result<NpyFile> NpyFile::open(const std::string &path) {
  ATTN_ASSIGN_OR_RETURN(file, MappedFile::open(path));
  ATTN_ASSIGN_OR_RETURN(array, parseNpy(file.data(), file.size(), file.name()));
  return NpyFile(std::move(file), std::move(array));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

std::vector<std::byte> attn::encodeNpy(NpyType type, const std::vector<int64_t> &shape, const void *data) {
  std::string text =
      "{'descr': '" + std::string(table[static_cast<int>(type)].descr) + "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : " ") + std::to_string(shape[i]) + (i + 1 < shape.size() || shape.size() == 1 ? "," : "");
  text += "), }";
  constexpr size_t prefix = magic.size() + 4;
  text.append((64 - (prefix + text.size() + 1) % 64) % 64, ' ');
  text += '\n';

  std::string head(magic);
  head += '\x01';
  head += '\x00';
  head += static_cast<char>(text.size() & 0xff);
  head += static_cast<char>(text.size() >> 8);
  head += text;
  uint64_t bytes = *bytesOf(type, shape);
  std::vector<std::byte> result(head.size() + bytes);
  std::memcpy(result.data(), head.data(), head.size());
  if (bytes != 0)
    std::memcpy(result.data() + head.size(), data, bytes);
  return result;
}

Status attn::writeNpy(const std::string &path, NpyType type, const std::vector<int64_t> &shape, const void *data) {
  std::vector<std::byte> bytes = encodeNpy(type, shape, data);
  return writeFile(path, bytes.data(), bytes.size());
}
