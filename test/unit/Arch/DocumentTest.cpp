// DocumentTest.cpp - the table of docs/Arch.md is that of ArchFields.h
//
// JACQUARD_UPDATE_DOCS=1 rewrites the page instead of comparing.
#include "jacquard/Arch/Document.h"
#include "jacquard/Support/File.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace jacquard;

TEST(DocumentTest, ThePageIsUpToDate) {
  const std::string path = JACQUARD_SOURCE_DIR "/docs/Arch.md";
  const std::string begin = "<!-- begin fields -->\n", end = "<!-- end fields -->\n";
  Result<std::string> page = readFile(path);
  ASSERT_TRUE(page) << page.error();
  size_t from = page->find(begin), to = page->find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << "the page lost its markers";
  from += begin.size();
  std::string tables = documentArch(*loadArch("plasticine"));
  if (std::getenv("JACQUARD_UPDATE_DOCS")) {
    Status status = writeFile(path, page->substr(0, from) + tables + page->substr(to));
    EXPECT_TRUE(status) << status.error();
    return;
  }
  EXPECT_EQ(page->substr(from, to - from), tables) << "run ArchTests with JACQUARD_UPDATE_DOCS=1";
}
