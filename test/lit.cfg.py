# lit configuration: FileCheck tests next to what they test, and the GoogleTest binaries of the build (test/unit).
import os

import lit.formats
from lit.llvm import llvm_config

config.name = "jacquard"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".onnxtxt"]
config.excludes = ["Inputs", "models", "unit", "Fuzz"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.jacquard_obj_root, "test")

llvm_config.use_default_substitutions()
tools = os.path.join(config.jacquard_obj_root, "bin")
llvm_config.with_environment("PATH", [tools, config.llvm_tools_dir], append_path=True)
llvm_config.add_tool_substitutions(
    ["jacquard-opt", "jacquard-translate", "jacquard-sim", "split-file"], [tools, config.llvm_tools_dir]
)
config.substitutions.append(("%src", config.jacquard_src_root))
config.substitutions.append(("%bin", tools))
config.substitutions.append(("%python", "/usr/bin/python3"))
shared = os.path.join(config.jacquard_src_root, "..", "shared")
config.substitutions.append(("%shared", shared))
if os.path.isdir(os.path.join(shared, "models")):
    config.available_features.add("shared-data")
if os.path.isdir("/usr/share/libonnx-testdata"):
    config.available_features.add("onnx-testdata")
