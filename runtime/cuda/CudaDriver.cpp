//===- CudaDriver.cpp - the CUDA driver library, loaded at run time -*- C++ -*-===//

#include "runtime/cuda/CudaDriver.h"

#include <dlfcn.h>

namespace attn::cuda {

Result<std::unique_ptr<Driver>> Driver::load(const char *library) {
  std::unique_ptr<Driver> driver(new Driver());
  driver->library_ = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!driver->library_) {
    const char *error = dlerror();
    return failure(Code::unsupported, "there is no CUDA driver on this machine (%s); use the device cpu or ptx",
                   error ? error : "no reason given");
  }
  struct Symbol {
    const char *name;
    void **address;
    bool isOptional;
  };
  const Symbol symbols[] = {
#define ATTN_CUDA_SYMBOL(name, symbol, parameters) {symbol, reinterpret_cast<void **>(&driver->name), false},
#define ATTN_CUDA_OPTIONAL_SYMBOL(name, symbol, parameters) {symbol, reinterpret_cast<void **>(&driver->name), true},
#include "runtime/cuda/CudaSymbols.def"
#undef ATTN_CUDA_OPTIONAL_SYMBOL
#undef ATTN_CUDA_SYMBOL
  };
  for (const Symbol &symbol : symbols) {
    *symbol.address = dlsym(driver->library_, symbol.name);
    if (!*symbol.address && !symbol.isOptional)
      return failure(Code::unsupported, "the CUDA driver of this machine has no '%s'; install a newer one",
                     symbol.name);
  }
  return driver;
}

Driver::~Driver() {
  if (library_)
    dlclose(library_);
}

std::string Driver::describe(CUresult error) const {
  const char *name = nullptr, *text = nullptr;
  if (cuGetErrorName(error, &name) != CUDA_SUCCESS || !name)
    return "error " + std::to_string(static_cast<int>(error));
  std::string out = name;
  if (cuGetErrorString(error, &text) == CUDA_SUCCESS && text)
    out += std::string(" (") + text + ")";
  return out;
}

Status Driver::check(CUresult error, const std::string &doing) const {
  if (error == CUDA_SUCCESS)
    return Status();
  Code code = error == CUDA_ERROR_OUT_OF_MEMORY ? Code::out_of_memory : Code::device;
  const char *remedy =
      error == CUDA_ERROR_OUT_OF_MEMORY ? "; use a smaller attn_session_options_t.capacity or smaller inputs" : "";
  return failure(code, "the CUDA driver reports %s when %s%s", describe(error).c_str(), doing.c_str(), remedy);
}

} // namespace attn::cuda
