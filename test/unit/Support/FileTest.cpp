// FileTest.cpp - messages and atomicity of reading and writing files
#include "jacquard/Support/File.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

using namespace jacquard;
namespace fs = std::filesystem;

namespace {

class FileTest : public testing::Test {
protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "jacquard-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }
  size_t filesInFolder() const { return size_t(std::distance(fs::directory_iterator(folder), {})); }
  std::string folder;
};

} // namespace

TEST_F(FileTest, RoundTripsAndReplaces) {
  std::string path = folder + "/a";
  std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(writeFile(path, "something longer"));
  ASSERT_TRUE(writeFile(path, bytes));
  Result<std::string> read = readFile(path);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, bytes);
  std::vector<std::string_view> pieces = {"first", "", bytes};
  ASSERT_TRUE(writeFile(path, pieces));
  read = readFile(path);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, "first" + bytes);
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(FileTest, WritesThroughALink) {
  ASSERT_TRUE(writeFile(folder + "/a", "old"));
  fs::create_symlink(folder + "/a", folder + "/link");
  ASSERT_TRUE(writeFile(folder + "/link", "new"));
  EXPECT_TRUE(fs::is_symlink(folder + "/link"));
  EXPECT_EQ(*readFile(folder + "/a"), "new");
}

TEST_F(FileTest, SaysWhatFailed) {
  EXPECT_EQ(readFile(folder + "/none").error(),
            "[JQ1001] cannot open '" + folder + "/none': No such file or directory");
  EXPECT_EQ(readFile(folder).error(), "[JQ1001] cannot read '" + folder + "': Is a directory");
  EXPECT_EQ(writeFile(folder + "/no/file", "x").error(),
            "[JQ1001] cannot write '" + folder + "/no/file': No such file or directory");
  EXPECT_EQ(writeFile(folder, "x").error(), "[JQ1001] cannot write '" + folder + "': Is a directory");
  EXPECT_EQ(filesInFolder(), 0u);
}

TEST_F(FileTest, BoundsWhatItReads) {
  ASSERT_TRUE(writeFile(folder + "/a", "12345"));
  EXPECT_TRUE(readFile(folder + "/a", 5));
  EXPECT_EQ(readFile(folder + "/a", 4).error(),
            "[JQ1001] cannot read '" + folder + "/a': it is larger than 4 bytes, the limit for this kind of file");
  EXPECT_FALSE(readFile("/dev/zero", 1 << 20));
}

TEST_F(FileTest, WritesToDevices) {
  EXPECT_TRUE(writeFile("/dev/null", "x"));
  EXPECT_EQ(writeFile("/dev/full", "x").error(), "[JQ1001] cannot write '/dev/full': No space left on device");
}
