//===- Attention.cpp - one attention on the interpreted GPU, and what it should give ---===//
//
// Keys that do not exist hold NaN in memory, and so does the output before the launch: a kernel that reads the former
// or leaves out a row of the latter shows it.
//
//===----------------------------------------------------------------------===//

#include "test/unit/nvptx/Attention.h"

#include "dialect/Dialects.h"
#include "dialect/tile/Tile.h"
#include "lowering/Compile.h"
#include "runtime/ptx/TensorMap.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/Extensions/InlinerExtension.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <random>

using namespace mlir;
using namespace attn;

namespace {

//===----------------------------------------------------------------------===//
// Numbers of 16 bits
//===----------------------------------------------------------------------===//

struct Format {
  const llvm::fltSemantics &semantics;
  double epsilon; ///< the largest relative error of rounding to it

  explicit Format(const std::string &name)
      : semantics(name == "bf16" ? llvm::APFloat::BFloat() : llvm::APFloat::IEEEhalf()),
        epsilon(name == "bf16" ? 0x1p-9 : 0x1p-12) {}

  uint16_t encode(float value) const {
    llvm::APFloat number(value);
    bool inexact;
    number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
    return uint16_t(number.bitcastToAPInt().getZExtValue());
  }
  float decode(uint16_t bits) const {
    llvm::APFloat number(semantics, llvm::APInt(16, bits));
    bool inexact;
    number.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &inexact);
    return number.convertToFloat();
  }
};

/// (sequence, row, head, width), rows `distance` elements apart.
struct Tensor {
  std::vector<int64_t> sizes, strides;
  std::vector<uint16_t> data;

  Tensor(int64_t batch, int64_t rows, int64_t heads, int64_t width, int64_t distance)
      : sizes{batch, rows, heads, width}, strides{rows * heads * distance, heads * distance, distance, 1},
        data(batch * rows * heads * distance) {}
  uint16_t &at(int64_t n, int64_t row, int64_t h, int64_t e) {
    return data[n * strides[0] + row * strides[1] + h * strides[2] + e];
  }
};

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

std::string moduleText(const Attention &attention) {
  auto tensor = [&](const char *rows, int64_t heads) {
    std::string width = std::to_string(attention.width), count = std::to_string(heads);
    return "tensor<?x?x" + count + "x" + width + "x" + attention.type + "> {nn.dims = [\"B\", \"" + rows + "\", \"" +
           count + "\", \"" + width + "\"], nn.name = ";
  };
  // Equal lengths have one name: then positions are known.
  const char *keyRows = attention.rows == attention.keys ? "T" : "S";
  std::string plainType = "tensor<?x?x" + std::to_string(attention.heads) + "x" + std::to_string(attention.width) +
                          "x" + attention.type + ">",
              keyType = "tensor<?x?x" + std::to_string(attention.keyHeads) + "x" + std::to_string(attention.width) +
                        "x" + attention.type + ">";
  return "func.func @main(%q: " + tensor("T", attention.heads) + "\"q\"}, %k: " + tensor(keyRows, attention.keyHeads) +
         "\"k\"}, %v: " + tensor(keyRows, attention.keyHeads) + "\"v\"}" + attention.arguments + ") -> (" +
         tensor("T", attention.heads) + "\"o\"}) {\n" + attention.sequences +
         "  %s0 = attn.dot_product %q, %k : " + plainType + ", " + keyType + "\n" + attention.scores +
         "  %o = attn.softmax " + (attention.scores.empty() ? "%s0" : "%s") + ", %v" +
         (attention.sequences.empty() ? "" : " in %at") + " : " + keyType + " -> " + plainType +
         "\n  return %o : " + plainType + "\n}\n";
}

} // namespace

std::optional<CompiledKernel> attn::compileKernel(const Attention &attention) {
  // `compile` asks for them; they are registered once a process.
  static const bool registered = (registerPassManagerCLOptions(), true);
  (void)registered;
  DialectRegistry registry;
  registerAttnDialects(registry);
  registry.insert<func::FuncDialect, arith::ArithDialect, bufferization::BufferizationDialect, math::MathDialect,
                  memref::MemRefDialect, LLVM::LLVMDialect, NVVM::NVVMDialect>();
  func::registerInlinerExtension(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string messages;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { messages += diagnostic.str() + "\n"; });
  std::string text = moduleText(attention);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module) {
    ADD_FAILURE() << messages << text;
    return std::nullopt;
  }
  CompileOptions options;
  options.emit = Emit::ptx;
  options.targets = attention.target;
  TimingScope timing;
  CompiledKernel result;
  llvm::raw_string_ostream stream(result.ptx);
  if (compile(*module, options, timing, stream) != Outcome::done) {
    ADD_FAILURE() << messages << text;
    return std::nullopt;
  }
  auto kernel = *module->getOps<tile::KernelOp>().begin();
  result.name = kernel.getSymName().str();
  result.threads = kernel->getAttrOfType<IntegerAttr>("threads").getInt();
  result.sharedBytes = kernel->getAttrOfType<IntegerAttr>("shared").getInt();
  result.tileRows = kernel.getPlan()->getRows();
  module->walk([&](tile::LaunchOp launch) {
    auto function = launch->getParentOfType<func::FuncOp>();
    for (Value operand : launch.getArguments())
      result.arguments.push_back(
          function.getArgAttrOfType<StringAttr>(cast<BlockArgument>(operand).getArgNumber(), "nn.name").str());
  });
  if (auto maps = kernel->getAttrOfType<ArrayAttr>("tensor_maps"))
    for (auto map : maps.getAsRange<tile::TensorMapAttr>())
      result.maps.push_back({result.arguments[map.getArgument()], map.getBox().vec(), uint32_t(map.getSwizzle())});
  return result;
}

//===----------------------------------------------------------------------===//
// The problem's data, and its definition
//===----------------------------------------------------------------------===//

namespace {

struct Data {
  Tensor q, k, v, o;
  Format format;

  explicit Data(const Attention &a)
      : q(a.batch, a.rows, a.heads, a.width, std::max(a.width, a.paddedWidth)),
        k(a.batch, a.keys, a.keyHeads, a.width, std::max(a.width, a.paddedWidth)), v(k), o(q), format(a.type) {
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (uint16_t &bits : q.data)
      bits = format.encode(a.magnitude * uniform(random));
    for (Tensor *tensor : {&k, &v})
      for (uint16_t &bits : tensor->data)
        bits = format.encode(uniform(random));
    uint16_t nan = format.encode(NAN);
    std::fill(o.data.begin(), o.data.end(), nan);
    for (int64_t n = 0; n < a.batch; ++n)
      for (int64_t j = keyCount(a, n); j < a.keys; ++j)
        for (int64_t h = 0; h < a.keyHeads; ++h)
          for (int64_t e = 0; e < a.width; ++e)
            k.at(n, j, h, e) = v.at(n, j, h, e) = nan;
  }

  static int64_t validRows(const Attention &a, int64_t n) { return a.lengths.empty() ? a.rows : a.lengths[n]; }
  static int64_t startOf(const Attention &a, int64_t n) { return a.start.empty() ? 0 : a.start[n]; }
  static int64_t keyCount(const Attention &a, int64_t n) {
    return a.start.empty() ? a.keys : std::min<int64_t>(a.start[n] + validRows(a, n), a.keys);
  }

  /// One row of the result, in f64.
  std::vector<double> expected(const Attention &a, int64_t n, int64_t row, int64_t h) {
    std::vector<double> result(a.width, 0), scores;
    std::vector<int64_t> admitted;
    if (row >= validRows(a, n))
      return result;
    int64_t keyHead = h / (a.heads / a.keyHeads), i = startOf(a, n) + row;
    for (int64_t j = 0; j < keyCount(a, n); ++j) {
      if (a.admits && !a.admits(i, j))
        continue;
      double s = 0;
      for (int64_t e = 0; e < a.width; ++e)
        s += double(format.decode(q.at(n, row, h, e))) * format.decode(k.at(n, j, keyHead, e));
      s /= std::sqrt(double(a.width));
      scores.push_back(a.score ? a.score(s, h, i, j) : s);
      admitted.push_back(j);
    }
    if (scores.empty())
      return result;
    double maximum = *std::max_element(scores.begin(), scores.end()), sum = 0;
    for (size_t x = 0; x < scores.size(); ++x) {
      double weight = std::exp(scores[x] - maximum);
      sum += weight;
      for (int64_t e = 0; e < a.width; ++e)
        result[e] += weight * format.decode(v.at(n, admitted[x], keyHead, e));
    }
    for (double &value : result)
      value /= sum;
    return result;
  }
};

//===----------------------------------------------------------------------===//
// A launch
//===----------------------------------------------------------------------===//

/// The parameters in the order of the kernel's arguments, 8 bytes each.
std::vector<std::byte> packParameters(const CompiledKernel &kernel, const Attention &a, Data &data) {
  std::vector<uint64_t> words;
  auto buffer = [&](const void *begin, const std::vector<int64_t> &sizes, const std::vector<int64_t> &strides) {
    words.push_back(reinterpret_cast<uint64_t>(begin));
    words.insert(words.end(), sizes.begin(), sizes.end());
    words.insert(words.end(), strides.begin(), strides.end());
  };
  std::map<std::string, Tensor *> tensors{{"q", &data.q}, {"k", &data.k}, {"v", &data.v}, {"o", &data.o}};
  std::map<std::string, const std::vector<int32_t> *> vectors{{"lengths", &a.lengths}, {"start", &a.start}};
  for (const std::string &name : kernel.arguments) {
    if (auto tensor = tensors.find(name); tensor != tensors.end())
      buffer(tensor->second->data.data(), tensor->second->sizes, tensor->second->strides);
    else if (auto vector = vectors.find(name); vector != vectors.end())
      buffer(vector->second->data(), {int64_t(vector->second->size())}, {1});
    else
      for (const auto &[scalar, value] : a.scalars)
        if (scalar == name)
          words.push_back(uint32_t(value));
  }
  size_t wordBytes = words.size() * 8, mapBytes = sizeof(ptx::TensorMap);
  size_t firstMap = kernel.maps.empty() ? wordBytes : llvm::alignTo(wordBytes, 64);
  std::vector<std::byte> bytes(firstMap + kernel.maps.size() * mapBytes);
  std::memcpy(bytes.data(), words.data(), wordBytes);
  for (auto [i, use] : llvm::enumerate(kernel.maps)) {
    const Tensor &tensor = *tensors.at(use.argument);
    uint32_t rank = uint32_t(tensor.sizes.size());
    std::vector<uint32_t> sizes(tensor.sizes.rbegin(), tensor.sizes.rend()), box(use.box.rbegin(), use.box.rend());
    std::vector<uint64_t> strides;
    for (uint32_t d = 1; d < rank; ++d)
      strides.push_back(uint64_t(tensor.strides[rank - 1 - d]) * 2);
    auto map = ptx::encodeTensorMap(tensor.data.data(), 2, rank, sizes.data(), strides.data(), box.data(), use.swizzle);
    EXPECT_TRUE(map.ok()) << map.status().message();
    if (map.ok())
      std::memcpy(bytes.data() + firstMap + i * mapBytes, &*map, mapBytes);
  }
  return bytes;
}

/// Lends the data and fills in what a launch is.
Status interpret(const CompiledKernel &kernel, const Attention &a, ptx::Launch &launch, Data &data) {
  auto module = ptx::parse(kernel.ptx, kernel.name);
  if (!module.ok())
    return module.status();
  ptx::Memory memory;
  auto lend = [&](const auto &values, const char *name, bool writable) {
    return values.empty() ? Status()
                          : memory.registerHost(values.data(), values.size() * sizeof(values[0]), name, writable);
  };
  for (auto [tensor, name] : {std::pair(&data.q, "q"), {&data.k, "k"}, {&data.v, "v"}, {&data.o, "o"}})
    ATTN_RETURN_IF_ERROR(lend(tensor->data, name, tensor == &data.o));
  ATTN_RETURN_IF_ERROR(lend(a.lengths, "lengths", false));
  ATTN_RETURN_IF_ERROR(lend(a.start, "start", false));
  int64_t rows = a.rows * (a.heads / a.keyHeads);
  launch.grid[0] = uint32_t((rows + kernel.tileRows - 1) / kernel.tileRows);
  launch.grid[1] = uint32_t(a.keyHeads);
  launch.grid[2] = uint32_t(a.batch);
  launch.block[0] = uint32_t(kernel.threads);
  launch.dynamicSharedBytes = uint32_t(kernel.sharedBytes);
  launch.params = packParameters(kernel, a, data);
  EXPECT_EQ(launch.params.size(), module->find(kernel.name)->parameterBytes);
  return ptx::runBoth(*module, kernel.name, launch, memory).status();
}

} // namespace

Status attn::runKernel(const CompiledKernel &kernel, const Attention &a, ptx::Launch launch) {
  Data data(a);
  ATTN_RETURN_IF_ERROR(interpret(kernel, a, launch, data));
  // |v| ≤ 1: weights and results are rounded once each; the rest is the exponential's and the sums' error in f32.
  double tolerance = 2 * data.format.epsilon + 1e-4, largest = tolerance;
  Status status;
  for (int64_t n = 0; n < a.batch; ++n)
    for (int64_t row = 0; row < a.rows; ++row)
      for (int64_t h = 0; h < a.heads; ++h) {
        std::vector<double> expected = data.expected(a, n, row, h);
        for (int64_t e = 0; e < a.width; ++e) {
          double got = data.format.decode(data.o.at(n, row, h, e)), error = std::fabs(got - expected[e]);
          if (error <= largest)
            continue;
          largest = std::isnan(error) ? INFINITY : error;
          status = failure(Code::device, "o[%d,%d,%d,%d] is %g, expected %g", int(n), int(row), int(h), int(e), got,
                           expected[e]);
        }
      }
  return status;
}

void attn::checkAttention(const Attention &attention) {
  std::optional<CompiledKernel> kernel = compileKernel(attention);
  if (!kernel)
    return;
  Status status = runKernel(*kernel, attention);
  EXPECT_TRUE(status.ok()) << status.message();
}
