// MappedFileTest.cpp - files as views: regular, empty, absent, shrinking
#include "jacquard/Support/File.h"
#include "jacquard/Support/MappedFile.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <unistd.h>

using namespace jacquard;

TEST(MappedFile, ShowsTheBytesOfFiles) {
  std::string path = std::filesystem::temp_directory_path() / ("jacquard-mapped-" + std::to_string(::getpid()));
  std::string bytes(10000, 'a');
  bytes[9999] = 'z';
  ASSERT_TRUE(writeFile(path, bytes));
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ((*file)->bytes(), bytes);
  (*file)->release();
  EXPECT_EQ((*file)->bytes(), bytes);
  ASSERT_TRUE(writeFile(path, "")); // replaced: the view keeps the old file
  EXPECT_EQ((*file)->bytes(), bytes);
  auto empty = MappedFile::open(path);
  ASSERT_TRUE(empty) << empty.error();
  EXPECT_EQ((*empty)->bytes(), "");
  std::filesystem::remove(path);
  EXPECT_EQ(MappedFile::open(path).error(), "[JQ1001] cannot open '" + path + "': No such file or directory");
  EXPECT_FALSE(MappedFile::open(std::filesystem::temp_directory_path()));
}

TEST(MappedFile, ShrinkingFilesEndTheProcessWithAMessage) {
  std::string path = std::filesystem::temp_directory_path() / ("jacquard-shrinking-" + std::to_string(::getpid()));
  ASSERT_TRUE(writeFile(path, std::string(1 << 20, 'a')));
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file) << file.error();
  std::filesystem::resize_file(path, 10);
  auto readAll = [&] {
    exitOnShrunkFiles();
    std::string_view bytes = (*file)->bytes();
    ::_exit(std::accumulate(bytes.begin(), bytes.end(), 0) == 0 ? 2 : 3);
  };
  EXPECT_EXIT(readAll(), ::testing::ExitedWithCode(1), "\\[JQ1001\\] an input file became shorter while it was read");
  std::filesystem::remove(path);
}
