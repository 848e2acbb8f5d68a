// ExternalDataTest.cpp - tensor data in files: read from the model's folder, and from nowhere else
#include "ImportText.h"

#include "onnx/onnx_pb.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace jacquard;
using namespace jacquard::test;

namespace fs = std::filesystem;

namespace {

/// A folder with a model y = x + w, where w's data is in another file, and a secret beside the folder.
class ExternalDataTest : public ::testing::Test {
protected:
  void SetUp() override {
    root = fs::temp_directory_path() / ("jacquard-external-" + std::to_string(getpid()));
    fs::create_directories(root / "model" / "data");
    std::vector<float> values(24, 2);
    for (const char *place : {"secret.bin", "model/data/w.bin"})
      std::ofstream(root / place, std::ios::binary).write(reinterpret_cast<const char *>(values.data()), 96);
  }
  void TearDown() override { fs::remove_all(root); }

  /// Writes the model with these entries and imports it.
  mlir::OwningOpRef<mlir::ModuleOp> importWith(std::vector<std::pair<std::string, std::string>> entries) {
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.add_opset_import()->set_version(17);
    onnx::GraphProto *graph = model.mutable_graph();
    for (auto *info : {graph->add_input(), graph->add_output()}) {
      auto *type = info->mutable_type()->mutable_tensor_type();
      type->set_elem_type(onnx::TensorProto::FLOAT);
      type->mutable_shape()->add_dim()->set_dim_value(20);
    }
    graph->mutable_input(0)->set_name("x");
    graph->mutable_output(0)->set_name("y");
    onnx::TensorProto *weights = graph->add_initializer();
    weights->set_name("w");
    weights->set_data_type(onnx::TensorProto::FLOAT);
    weights->add_dims(20);
    weights->set_data_location(onnx::TensorProto::EXTERNAL);
    for (auto &[key, value] : entries) {
      auto *entry = weights->add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    onnx::NodeProto *node = graph->add_node();
    node->set_op_type("Add");
    node->add_input("x");
    node->add_input("w");
    node->add_output("y");
    std::string path = root / "model" / "model.onnx";
    std::ofstream(path, std::ios::binary) << model.SerializeAsString();
    return importer::importOnnx(import.context.get(), path, import.options);
  }

  void expectError(std::vector<std::pair<std::string, std::string>> entries, const std::string &text) {
    import.messages.clear();
    EXPECT_FALSE(importWith(std::move(entries)));
    EXPECT_EQ(import.messages.find("[JQ1004] "), 0u) << import.messages;
    EXPECT_NE(import.messages.find("initializer 'w' cannot be read: " + text), std::string::npos) << import.messages;
  }

  fs::path root;
  Importing import;
};

} // namespace

TEST_F(ExternalDataTest, ReadsAPartOfAFile) {
  auto module = importWith({{"location", "data/w.bin"}, {"offset", "16"}, {"length", "80"}});
  ASSERT_TRUE(module) << import.messages;
  auto out = host::executeOnHost(*module, "main", {floats({20}, std::vector<float>(20, 1))});
  ASSERT_TRUE(mlir::succeeded(out)) << import.messages;
  EXPECT_EQ((*out)[0].data<float>()[19], 3);
}

TEST_F(ExternalDataTest, RefusesPathsThatLeaveTheFolder) {
  expectError({{"location", "../secret.bin"}, {"length", "80"}},
              "external data is at '../secret.bin', outside the model's folder");
  expectError({{"location", "data/../../secret.bin"}, {"length", "80"}},
              "external data is at 'data/../../secret.bin', outside");
  std::string absolute = root / "secret.bin";
  expectError({{"location", absolute}, {"length", "80"}},
              "external data is at '" + absolute + "'; expected a path relative to the model's folder");
}

TEST_F(ExternalDataTest, RefusesLinksThatLeaveTheFolder) {
  fs::create_symlink(root / "secret.bin", root / "model" / "link.bin");
  expectError({{"location", "link.bin"}, {"length", "80"}},
              "external data is at 'link.bin', a link that leaves the model's folder");
  fs::create_directory_symlink(root, root / "model" / "up");
  expectError({{"location", "up/secret.bin"}, {"length", "80"}},
              "external data is at 'up/secret.bin', a link that leaves");
}

TEST_F(ExternalDataTest, RefusesHardLinks) {
  fs::create_hard_link(root / "secret.bin", root / "model" / "hard.bin");
  expectError({{"location", "hard.bin"}, {"length", "80"}},
              "external data 'hard.bin' is a file with 2 names (hard links)");
  fs::remove(root / "secret.bin");
  EXPECT_TRUE(importWith({{"location", "hard.bin"}, {"length", "80"}})) << import.messages;
}

/// Opening a pipe that nobody writes to would wait for ever.
TEST_F(ExternalDataTest, RefusesPipesAndDevices) {
  ASSERT_EQ(mkfifo((root / "model" / "pipe").c_str(), 0600), 0);
  expectError({{"location", "pipe"}, {"length", "80"}}, "external data 'pipe' is not a regular file");
  fs::create_symlink("/dev/zero", root / "model" / "zero");
  expectError({{"location", "zero"}, {"length", "80"}}, "external data is at 'zero', a link that leaves");
}

TEST_F(ExternalDataTest, RefusesOddNames) {
  expectError({{"location", std::string("data/w.bin\0.png", 15)}, {"length", "80"}}, "external data is at 'data/w.bin");
  expectError({{"location", "C:\\Windows\\win.ini"}}, "cannot open external data 'C:\\Windows\\win.ini'");
  expectError({{"location", "data\\..\\..\\secret.bin"}}, "cannot open external data");
  expectError({{"location", "file:///etc/passwd"}}, "cannot open external data 'file:///etc/passwd'");
  expectError({{"location", "."}, {"length", "80"}}, "external data '.' is not a regular file");
  expectError({{"location", std::string(100000, 'a')}}, "cannot open external data 'aaa");
}

/// Other readers took each key for an attribute of an object of theirs.
TEST_F(ExternalDataTest, IgnoresUnknownKeys) {
  auto module = importWith({{"location", "data/w.bin"},
                            {"length", "80"},
                            {"__class__", "os.system"},
                            {"basepath", root},
                            {"Length", "1"},
                            {"checksum", "0"},
                            {"", ""}});
  EXPECT_TRUE(module) << import.messages;
  std::vector<std::pair<std::string, std::string>> many(100000, {"key", "value"});
  many.push_back({"location", "data/w.bin"});
  many.push_back({"length", "80"});
  EXPECT_TRUE(importWith(many)) << import.messages;
}

TEST_F(ExternalDataTest, FollowsLinksInsideTheFolder) {
  fs::create_symlink("data/w.bin", root / "model" / "inner.bin");
  EXPECT_TRUE(importWith({{"location", "inner.bin"}, {"length", "80"}})) << import.messages;
}

TEST_F(ExternalDataTest, ChecksOffsetAndLength) {
  expectError({{"location", "data/w.bin"}, {"offset", "20"}, {"length", "80"}},
              "external data 'data/w.bin' has 96 bytes; bytes 20 to 20+80 are wanted");
  expectError({{"location", "data/w.bin"}, {"offset", "18446744073709551615"}, {"length", "80"}},
              "external data 'data/w.bin' has 96 bytes");
  expectError({{"location", "data/w.bin"}}, "external data 'data/w.bin' gives 96 bytes; expected 80");
  expectError({{"location", "data/w.bin"}, {"offset", "-1"}}, "external data has offset '-1'; expected a number");
  expectError({{"location", "data/w.bin"}, {"length", "-80"}}, "external data has length '-80'; expected a number");
  expectError({{"location", "data/w.bin"}, {"length", "0x50"}}, "external data has length '0x50'; expected a number");
  expectError({{"location", "data/w.bin"}, {"length", "18446744073709551616"}}, "external data has length '1844");
  expectError({{"location", "data/w.bin"}, {"offset", "8"}, {"length", "18446744073709551615"}},
              "external data 'data/w.bin' has 96 bytes");
}

TEST_F(ExternalDataTest, NamesWhatIsMissing) {
  expectError({}, "external data has no location");
  expectError({{"location", "none.bin"}}, "cannot open external data 'none.bin': No such file or directory");
  expectError({{"location", "data"}}, "external data 'data' is not a regular file");
}

TEST_F(ExternalDataTest, ModelsInMemoryHaveNone) {
  Importing fresh;
  importWith({{"location", "data/w.bin"}, {"length", "80"}});
  std::ifstream file(root / "model" / "model.onnx", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_FALSE(importer::importOnnxBytes(fresh.context.get(), bytes, "memory.onnx", "", fresh.options));
  EXPECT_NE(fresh.messages.find("external data is not allowed for a model that is not read from a file"),
            std::string::npos)
      << fresh.messages;
}
