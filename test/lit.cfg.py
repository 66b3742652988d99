# lit.cfg.py - how lit runs the .mlir and .test files of this folder
#
# Run with `lit build/test`, or through tools/check. A test that hangs is ended after a minute: the slowest one that is
# right takes a few seconds on a busy machine with two cores.

import os

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

models = os.path.join(config.source_root, "models")
config.substitutions.append(("%models", models))
config.substitutions.append(("%attn_variants", os.path.join(models, "variants")))

lit_config.maxIndividualTestTime = 60
