//===- MappedFile.cpp - whole files, read by mapping and written durably --===//

#include "runtime/files/MappedFile.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attn;

namespace {

/// An open file that is closed once; closing early tells whether it went well.
class Descriptor {
public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;

  bool valid() const { return number_ >= 0; }
  int number() const { return number_; }
  bool close() {
    int number = number_;
    number_ = -1;
    return ::close(number) == 0;
  }

private:
  int number_;
};

} // namespace

static Status systemFailure(const std::string &path, const char *action) {
  int error = errno;
  Code code = error == ENOENT || error == ENOTDIR ? Code::not_found : Code::io;
  const char *remedy = error == ENOSPC || error == EDQUOT ? "; free some disk space or write elsewhere" : "";
  return failure(code, "%s: cannot %s: %s%s", path.c_str(), action, std::strerror(error), remedy);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

MappedFile::MappedFile(std::string name, const std::byte *data, uint64_t size)
    : name_(std::move(name)), data_(data), size_(size) {}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : name_(std::move(other.name_)), data_(other.data_), size_(other.size_) {
  other.data_ = nullptr;
  other.size_ = 0;
}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(name_, other.name_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_)
    ::munmap(const_cast<std::byte *>(data_), size_);
}

Result<MappedFile> MappedFile::open(const std::string &path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid())
    return systemFailure(path, "open it for reading");
  struct stat facts;
  if (::fstat(file.number(), &facts) != 0)
    return systemFailure(path, "ask for its size");
  if (!S_ISREG(facts.st_mode))
    return failure(Code::io, "%s: is not a regular file, so it cannot be mapped; copy it to one first", path.c_str());
  uint64_t size = static_cast<uint64_t>(facts.st_size);
  if (size == 0)
    return MappedFile(path, nullptr, 0);
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (address == MAP_FAILED)
    return systemFailure(path, "map it");
  return MappedFile(path, static_cast<const std::byte *>(address), size);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static bool writeAll(int descriptor, const void *data, uint64_t size) {
  const char *next = static_cast<const char *>(data);
  while (size > 0) {
    // Linux writes at most 2^31 - 4096 bytes a call; a smaller piece keeps the count clear of the limit.
    ssize_t written = ::write(descriptor, next, size < (1u << 30) ? size : (1u << 30));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    next += written;
    size -= static_cast<uint64_t>(written);
  }
  return true;
}

/// Devices and pipes cannot be replaced by a rename, nor all of them flushed.
static Status writeThrough(const std::string &path, const void *data, uint64_t size) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid())
    return systemFailure(path, "open it for writing");
  if (!writeAll(file.number(), data, size))
    return systemFailure(path, "write it");
  if (!file.close())
    return systemFailure(path, "finish writing it");
  return Status();
}

static Status writeBeside(const std::string &path, const std::string &temporary, const void *data, uint64_t size) {
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.valid())
    return systemFailure(path, "create a file beside it");
  Status status;
  if (!writeAll(file.number(), data, size))
    status = systemFailure(path, "write it");
  else if (::fsync(file.number()) != 0)
    status = systemFailure(path, "flush it to the disk");
  else if (!file.close())
    status = systemFailure(path, "finish writing it");
  else if (::rename(temporary.c_str(), path.c_str()) != 0)
    status = systemFailure(path, "move the finished file into place");
  if (!status.ok())
    ::unlink(temporary.c_str());
  return status;
}

Status attn::writeFile(const std::string &path, const void *data, uint64_t size) {
  // A rename onto a symbolic link would replace the link, so the file behind it is the target.
  std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  std::string target = resolved ? resolved.get() : path;
  struct stat facts;
  if (::stat(target.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode))
      return failure(Code::io, "%s: is a directory; name a file in it", path.c_str());
    if (!S_ISREG(facts.st_mode))
      return writeThrough(target, data, size);
  }
  static std::atomic<unsigned> counter{0};
  std::string temporary =
      target + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
  return writeBeside(target, temporary, data, size);
}
