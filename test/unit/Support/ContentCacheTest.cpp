// ContentCacheTest.cpp - results by content: in memory, in files, and files that are not what they should be
#include "jacquard/Support/ContentCache.h"

#include "jacquard/Support/File.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

using namespace jacquard;

namespace {

class ContentCacheTest : public testing::Test {
protected:
  ContentCacheTest() {
    std::string name = (std::filesystem::temp_directory_path() / "content-cache-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~ContentCacheTest() override { std::filesystem::remove_all(folder); }

  /// What a new process would find.
  std::optional<std::string> findAnew(const std::string &key, const std::string &version = "1",
                                      std::vector<std::string> *notes = nullptr) {
    ContentCache cache;
    EXPECT_TRUE(bool(cache.open(folder, version)));
    auto value = cache.find("kind", key);
    if (notes)
      *notes = cache.takeNotes();
    return value;
  }

  void store(const std::string &key, const std::string &value) {
    ContentCache cache;
    ASSERT_TRUE(bool(cache.open(folder, "1")));
    cache.put("kind", key, value);
  }

  std::string onlyFile() {
    std::string path;
    for (auto &entry : std::filesystem::directory_iterator(folder)) {
      EXPECT_EQ(path, "");
      path = entry.path().string();
    }
    return path;
  }

  std::string folder;
};

TEST_F(ContentCacheTest, RemembersWithoutAFolder) {
  ContentCache cache;
  cache.put("kind", "key", "value");
  EXPECT_EQ(cache.find("kind", "key"), "value");
  EXPECT_EQ(cache.find("other", "key"), std::nullopt);
  EXPECT_EQ(cache.find("kind", "other"), std::nullopt);
}

TEST_F(ContentCacheTest, LaterProcessesOfOneVersionFind) {
  store("key", std::string("a\0b\n", 4));
  EXPECT_EQ(findAnew("key"), std::string("a\0b\n", 4));
  EXPECT_EQ(findAnew("key", "2"), std::nullopt);
}

TEST_F(ContentCacheTest, EveryDamagedByteIsFound) {
  store("key", "value");
  std::string path = onlyFile(), good = *readFile(path);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    ASSERT_TRUE(bool(writeFile(path, bad)));
    std::vector<std::string> notes;
    EXPECT_EQ(findAnew("key", "1", &notes), std::nullopt) << "byte " << i;
    EXPECT_EQ(notes.size(), 1u);
  }
  for (size_t length = 0; length < good.size(); ++length) {
    ASSERT_TRUE(bool(writeFile(path, good.substr(0, length))));
    EXPECT_EQ(findAnew("key"), std::nullopt) << length << " bytes";
  }
}

TEST_F(ContentCacheTest, AFileOfAnotherKeyIsForeign) {
  store("key", "value");
  std::string first = onlyFile(), bytes = *readFile(first);
  std::filesystem::remove(first);
  store("other", "x");
  ASSERT_TRUE(bool(writeFile(onlyFile(), bytes)));
  std::vector<std::string> notes;
  EXPECT_EQ(findAnew("other", "1", &notes), std::nullopt);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("result of another problem"), std::string::npos) << notes[0];
}

TEST_F(ContentCacheTest, RejectedValuesAreSoughtAnew) {
  ContentCache cache;
  cache.put("kind", "key", "nonsense");
  cache.reject("kind", "key", "it is no mapping");
  EXPECT_EQ(cache.find("kind", "key"), std::nullopt);
  EXPECT_EQ(cache.takeNotes().size(), 1u);
  EXPECT_EQ(cache.takeNotes().size(), 0u);
}

TEST_F(ContentCacheTest, AFileInPlaceOfTheFolderIsAnError) {
  ASSERT_TRUE(bool(writeFile(folder + "/file", "")));
  ContentCache cache;
  EXPECT_FALSE(bool(cache.open(folder + "/file", "1")));
}

/// Processes write the same entries at once; whoever reads sees a whole one or none.
TEST_F(ContentCacheTest, ProcessesShareAFolder) {
  std::vector<pid_t> children;
  const std::string value(100000, 'v');
  for (int child = 0; child < 4; ++child) {
    pid_t pid = ::fork();
    if (pid == 0) {
      bool right = true;
      for (int round = 0; round < 20; ++round) {
        ContentCache cache;
        right &= bool(cache.open(folder, "1"));
        auto found = cache.find("kind", std::to_string(round));
        right &= !found || *found == value;
        cache.put("kind", std::to_string(round), value);
        right &= cache.takeNotes().empty();
      }
      ::_exit(right ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  for (int round = 0; round < 20; ++round)
    EXPECT_EQ(findAnew(std::to_string(round)), value);
}

} // namespace
