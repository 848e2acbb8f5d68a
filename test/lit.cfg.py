# lit.cfg.py - the text tests: .mlir, .onnxtxt and .test files with RUN lines
import os

import lit.formats

config.name = "jacquard"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".onnxtxt", ".test"]
config.excludes = ["Inputs", "models"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.jacquard_obj_root, "test")

tools = os.path.join(config.jacquard_obj_root, "bin")
config.environment["PATH"] = os.pathsep.join([tools, config.llvm_tools_dir, os.environ["PATH"]])
config.environment["LC_ALL"] = "C"

shared = os.path.normpath(os.path.join(config.jacquard_src_root, "..", "shared"))
testdata = "/usr/share/libonnx-testdata/data"
if os.path.isdir(testdata):
    config.available_features.add("onnx-testdata")
if os.path.isdir(os.path.join(shared, "models")):
    config.available_features.add("shared-data")
if os.geteuid() == 0:
    config.available_features.add("root")  # may write everywhere

config.substitutions += [
    ("%src", config.jacquard_src_root),
    ("%bin", tools),
    ("%fuzz", os.path.join(config.test_exec_root, "Fuzz")),
    ("%models", os.path.join(config.test_source_root, "models")),
    ("%shared", shared),
    ("%testdata", testdata),
    ("%python", "/usr/bin/python3"),
]
