"""How lit runs Stator's tests: IR, model files and whole programs."""

import os

import lit.formats

config.name = "stator"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".stator", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.stator_build, "tests", "lit")

config.environment["PATH"] = os.path.pathsep.join(
    [os.path.join(config.stator_build, "tools"), config.llvm_tools, "/usr/bin", "/bin"]
)
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "HOME", "CCACHE_DIR"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

data = os.path.join(config.stator_source, "..", "shared", "data")
config.substitutions += [
    ("%source", config.stator_source),
    ("%models", os.path.join(config.stator_source, "models")),
    ("%inputs", os.path.join(config.stator_source, "tests", "e2e", "Inputs")),
    ("%docs", os.path.join(config.stator_source, "docs")),
    ("%python", "/usr/bin/python3"),
    ("%data", data),
]
if os.path.isdir(data):
    config.available_features.add("data")
if config.sanitized:
    config.available_features.add("sanitized")
if os.path.isdir("/usr/lib/python3/dist-packages/torch"):
    config.available_features.add("torch")
