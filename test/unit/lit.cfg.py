# lit.cfg.py - the GoogleTest binaries (named ...Tests) as a lit suite in which each case counts as a test
import os

import lit.formats

config.name = "jacquard-unit"
config.suffixes = []
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.test_source_root = os.path.join(config.jacquard_obj_root, "test", "unit")
config.test_exec_root = config.test_source_root
config.environment["JACQUARD_SOURCE_DIR"] = config.jacquard_src_root
