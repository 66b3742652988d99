//===- Implementations.cpp - which code of a kernel a launch may take -*- C++ -*-===//

#include "runtime/Implementations.h"

#include <algorithm>

namespace attn {

bool takes(const Implementation &implementation, const Device &device, const LaunchFormats &formats) {
  if (!device.runs(implementation))
    return false;
  for (const auto &[argument, wanted] : implementation.formats)
    for (const auto &[given, format] : formats)
      if (given == argument && format && *format != wanted)
        return false;
  return true;
}

bool takes(const Kernel &kernel, const Device &device, const LaunchFormats &formats) {
  return std::any_of(kernel.implementations.begin(), kernel.implementations.end(),
                     [&](const Implementation &candidate) { return takes(candidate, device, formats); });
}

Status setGrid(const Kernel &kernel, const Implementation &implementation, const ExpressionValues &sizes,
               attn_args &args) {
  int64_t tasks = 1;
  std::fill_n(args.grid, ATTN_MAX_GRID, 1);
  for (size_t i = 0; i < implementation.grid.size(); ++i) {
    ATTN_ASSIGN_OR_RETURN(size, implementation.grid[i].evaluate(sizes));
    args.grid[i] = size;
    if (size < 0 || __builtin_mul_overflow(tasks, size, &tasks) || tasks >= int64_t{1} << 39)
      return failure(Code::out_of_range, "kernel '%s' has a grid of %lld along dimension %zu", kernel.name.c_str(),
                     static_cast<long long>(size), i);
  }
  if (tasks == 0)
    args.grid[0] = 0;
  return Status();
}

Status checkHasCode(const Program &program, const Kernel &kernel, const Device &device) {
  if (takes(kernel, device, {}))
    return Status();
  const char *target = device.target();
  bool isCpu = std::string_view(target) == "cpu";
  std::string reasons;
  if (const KernelReport *report = program.findReport(kernel.name))
    for (const auto &[name, why] : report->leftOut)
      if ((name.compare(0, 3, "cpu") == 0) == isCpu)
        reasons += "; " + name + " left it out: " + why;
  return failure(Code::unsupported, "kernel '%s' has no implementation for device '%s'%s", kernel.name.c_str(), target,
                 reasons.empty() ? "; compile it again" : reasons.c_str());
}

} // namespace attn
