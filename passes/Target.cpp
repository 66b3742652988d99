//===- Target.cpp - the machine's numbers, and nothing else has numbers ---===//
//
// The tables of features are the one place that knows their names: those of /proc/cpuinfo, which artefacts and users
// use, those of LLVM, and what each implies.
//
//===----------------------------------------------------------------------===//

#include "passes/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/TargetParser/Host.h"

#include <fstream>

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Features
//===----------------------------------------------------------------------===//

namespace {
struct Feature {
  StringRef name;     // in /proc/cpuinfo
  StringRef llvmName; // in LLVM's feature strings
  StringRef implied;  // one step; the closure is taken
  bool Target::*flag; // nullptr where no pass asks
};
} // namespace

static constexpr Feature featureTable[] = {
    {"pni", "sse3", "", nullptr},
    {"ssse3", "ssse3", "pni", nullptr},
    {"sse4_1", "sse4.1", "ssse3", &Target::sse41},
    {"sse4_2", "sse4.2", "sse4_1", nullptr},
    {"avx", "avx", "sse4_2", nullptr},
    {"avx2", "avx2", "avx", &Target::avx2},
    {"fma", "fma", "avx", &Target::fma},
    {"f16c", "f16c", "avx", &Target::f16c},
    {"avx512f", "avx512f", "avx2 fma f16c", &Target::avx512f},
    {"avx512bw", "avx512bw", "avx512f", &Target::avx512bw},
    {"avx512dq", "avx512dq", "avx512f", &Target::avx512dq},
    {"avx512vl", "avx512vl", "avx512f", &Target::avx512vl},
    {"avx512_bf16", "avx512bf16", "avx512bw", &Target::avx512bf16},
    {"avx512_vnni", "avx512vnni", "avx512f", &Target::avx512vnni},
};

/// Those that no kernel asks for. LLVM may use them where they are named; `cpu` leaves them out, so that its artefacts
/// run on machines that lack them. What /proc/cpuinfo does not list is not here: a runtime could not check for it.
static constexpr Feature extraFeatureTable[] = {
    {"sse2", "sse2", "", nullptr},
    {"popcnt", "popcnt", "", nullptr},
    {"movbe", "movbe", "", nullptr},
    {"abm", "lzcnt", "", nullptr},
    {"bmi1", "bmi", "", nullptr},
    {"bmi2", "bmi2", "", nullptr},
    {"adx", "adx", "", nullptr},
    {"aes", "aes", "", nullptr},
    {"pclmulqdq", "pclmul", "", nullptr},
    {"sha_ni", "sha", "", nullptr},
    {"gfni", "gfni", "", nullptr},
    {"vaes", "vaes", "avx2 aes", nullptr},
    {"vpclmulqdq", "vpclmulqdq", "avx pclmulqdq", nullptr},
    {"avx_vnni", "avxvnni", "avx2", nullptr},
    {"avx512cd", "avx512cd", "avx512f", nullptr},
    {"avx512ifma", "avx512ifma", "avx512f", nullptr},
    {"avx512vbmi", "avx512vbmi", "avx512bw", nullptr},
    {"avx512_vbmi2", "avx512vbmi2", "avx512bw", nullptr},
    {"avx512_bitalg", "avx512bitalg", "avx512bw", nullptr},
    {"avx512_vpopcntdq", "avx512vpopcntdq", "avx512f", nullptr},
    {"avx512_vp2intersect", "avx512vp2intersect", "avx512f", nullptr},
    {"avx512_fp16", "avx512fp16", "avx512bw avx512dq avx512vl", nullptr},
    {"amx_tile", "amx-tile", "", nullptr},
    {"amx_int8", "amx-int8", "amx_tile", nullptr},
    {"amx_bf16", "amx-bf16", "amx_tile", nullptr},
};

static const Feature *findFeature(StringRef name) {
  for (ArrayRef<Feature> table : {ArrayRef(featureTable), ArrayRef(extraFeatureTable)})
    for (const Feature &feature : table)
      if (feature.name == name || feature.llvmName == name)
        return &feature;
  return nullptr;
}

static void addFeature(const Feature &feature, llvm::StringSet<> &enabled) {
  if (!enabled.insert(feature.name).second)
    return;
  SmallVector<StringRef> implied;
  feature.implied.split(implied, ' ', -1, /*KeepEmpty=*/false);
  for (StringRef name : implied)
    addFeature(*findFeature(name), enabled);
}

/// Fills in everything that follows from the set of features.
static void applyFeatures(const llvm::StringSet<> &enabled, Target &target) {
  for (ArrayRef<Feature> table : {ArrayRef(featureTable), ArrayRef(extraFeatureTable)})
    for (const Feature &feature : table) {
      if (!enabled.contains(feature.name))
        continue;
      target.features.push_back(feature.name.str());
      if (feature.flag)
        target.*feature.flag = true;
    }
  if (target.avx512f) {
    target.vectorBits = 512;
    target.vectorRegisters = 32;
  } else if (target.avx2) {
    target.vectorBits = 256;
  }
}

std::string Target::llvmFeatures() const {
  SmallVector<std::string> names;
  for (const std::string &name : features)
    names.push_back("+" + findFeature(name)->llvmName.str());
  return llvm::join(names, ",");
}

//===----------------------------------------------------------------------===//
// The machine that compiles
//===----------------------------------------------------------------------===//

/// Reads a size such as "32K"; keeps `bytes` where the system does not say.
static void readCacheSize(const char *path, int64_t &bytes) {
  std::ifstream file(path);
  int64_t kibibytes;
  if (file >> kibibytes && kibibytes > 0)
    bytes = kibibytes * 1024;
}

static void describeHost(Target &target) {
  llvm::StringSet<> enabled;
  for (const auto &entry : llvm::sys::getHostCPUFeatures())
    if (const auto *feature =
            llvm::find_if(featureTable, [&](const Feature &f) { return f.llvmName == entry.first(); });
        entry.second && feature != std::end(featureTable))
      enabled.insert(feature->name);
  // A virtual machine may hide what a feature implies: such a feature is of no use.
  bool changed = true;
  while (changed) {
    changed = false;
    for (const Feature &feature : featureTable) {
      SmallVector<StringRef> implied;
      feature.implied.split(implied, ' ', -1, /*KeepEmpty=*/false);
      if (enabled.contains(feature.name) &&
          !llvm::all_of(implied, [&](StringRef name) { return enabled.contains(name); }))
        changed = enabled.erase(feature.name);
    }
  }
  applyFeatures(enabled, target);
  readCacheSize("/sys/devices/system/cpu/cpu0/cache/index0/size", target.l1Bytes);
  readCacheSize("/sys/devices/system/cpu/cpu0/cache/index2/size", target.l2Bytes);
}

//===----------------------------------------------------------------------===//
// The text of --target
//===----------------------------------------------------------------------===//

/// GPU architectures, from old to new.
static constexpr StringRef architectures[] = {"sm_80", "sm_90a"};

static std::string knownFeatures() {
  SmallVector<StringRef> names;
  for (ArrayRef<Feature> table : {ArrayRef(featureTable), ArrayRef(extraFeatureTable)})
    for (const Feature &feature : table)
      names.push_back(feature.name);
  return llvm::join(names, ", ");
}

static LogicalResult refuse(std::string *why, const Twine &message) {
  if (why)
    *why = message.str();
  return failure();
}

FailureOr<Target> Target::parse(StringRef text, std::string *why) {
  Target target;
  target.name = text.str();
  if (text == "cpu") {
    describeHost(target);
    return target;
  }
  if (text.starts_with("cpu:")) {
    llvm::StringSet<> enabled;
    SmallVector<StringRef> names;
    text.drop_front(4).split(names, '+');
    for (StringRef name : names) {
      const Feature *feature = findFeature(name);
      if (!feature)
        return refuse(why, "target '" + text + "' asks for the feature '" + name +
                               "', which is not known; known are, as in /proc/cpuinfo, " + knownFeatures());
      addFeature(*feature, enabled);
    }
    applyFeatures(enabled, target);
    return target;
  }
  if (llvm::is_contained(architectures, text)) {
    target.device = Device::cuda;
    target.architecture = text.str();
    // CUDA C++ Programming Guide, technical specifications per compute capability.
    target.sharedBytes = (text == "sm_80" ? 163 : 227) * 1024;
    return target;
  }
  return refuse(why, "target '" + text + "' is none of cpu, cpu:FEATURE+FEATURE, sm_80 and sm_90a");
}

FailureOr<std::vector<Target>> Target::parseList(StringRef text, std::string *why) {
  SmallVector<StringRef> items;
  text.split(items, ',');
  std::vector<Target> targets;
  for (StringRef item : items) {
    FailureOr<Target> target = parse(item, why);
    if (failed(target))
      return failure();
    for (const Target &other : targets) {
      if (target->isCpu() && other.isCpu())
        return refuse(why, "targets '" + other.name + "' and '" + item +
                               "' are both CPUs, but a program holds code for one; name the one it is to run on");
      if (target->functionsModule() == other.functionsModule())
        return refuse(why, "target '" + item + "' is named twice; leave one out");
    }
    targets.push_back(std::move(*target));
  }
  auto rank = [](const Target &target) {
    return target.isCpu() ? std::end(architectures) : llvm::find(architectures, target.architecture);
  };
  llvm::stable_sort(targets, [&](const Target &a, const Target &b) { return rank(a) > rank(b); });
  return targets;
}
