# lit.cfg.py - how lit runs the .mlir and .test files of this folder
#
# Run with `lit build/test`, or through tools/check. A test that hangs is ended after five minutes: the slowest one that is
# right takes a few seconds on a busy machine with two cores.

import os
import shutil

import lit.formats

config.name = "attn"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "bench", "fuzz", "numerics", "style", "unit"]
config.test_source_root = os.path.join(config.source_root, "test")
config.test_exec_root = os.path.join(config.binary_root, "test")

config.environment["PATH"] = os.pathsep.join([config.attn_tools, config.llvm_tools, os.environ["PATH"]])
# Messages are compared: no colours, and the C locale's.
config.environment["LC_ALL"] = "C.UTF-8"

# What a test that is refused for want of a processor's feature has to know: cpu-avx2, cpu-amx_tile, ...
with open("/proc/cpuinfo") as cpuinfo:
    for line in cpuinfo:
        if line.startswith("flags"):
            config.available_features.update("cpu-" + name for name in line.split(":")[1].split())
            break

if shutil.which("pkg-config"):
    config.available_features.add("pkg-config")

models = os.path.join(config.source_root, "models")
config.substitutions.append(("%models", models))
config.substitutions.append(("%attn_build", config.binary_root))
config.substitutions.append(("%attn_variants", os.path.join(models, "variants")))

lit_config.maxIndividualTestTime = 300
