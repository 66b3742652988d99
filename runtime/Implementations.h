//===- Implementations.h - which code of a kernel a launch may take -*- C++ -*-===//
//
// A kernel has an implementation for each device, each storage format of its weights and each kind of sizes. What
// depends on the device and on the formats is known when weights are bound, and asked here by those who bind them and
// by those who plan launches; which one fits sizes and tensor maps is the plan's business.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_IMPLEMENTATIONS_H
#define ATTN_RUNTIME_IMPLEMENTATIONS_H

#include "runtime/Device.h"

#include <optional>

namespace attn {

/// How a launch's weights are stored, by the kernel's argument; nothing where it is not known.
using LaunchFormats = std::vector<std::pair<int, std::optional<StorageFormat>>>;

/// Whether |device| runs |implementation| on weights of these formats; one that is not known fits.
bool takes(const Implementation &implementation, const Device &device, const LaunchFormats &formats);
/// Whether some implementation of |kernel| is taken so, at some sizes.
bool takes(const Kernel &kernel, const Device &device, const LaunchFormats &formats);

/// Sets the grid of a launch of |implementation| on buffers of these sizes; without tasks the first dimension is 0.
Status setGrid(const Kernel &kernel, const Implementation &implementation, const ExpressionValues &sizes,
               attn_args &args);

/// Success if the program has code of |kernel| for |device|; else why not, which the compiler's report knows.
Status checkHasCode(const Program &program, const Kernel &kernel, const Device &device);

} // namespace attn

#endif // ATTN_RUNTIME_IMPLEMENTATIONS_H
