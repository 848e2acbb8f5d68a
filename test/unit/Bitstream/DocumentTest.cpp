// DocumentTest.cpp - the frame tables of docs/Bitstream.md are those of the field table
//
// JACQUARD_UPDATE_DOCS=1 rewrites the page instead of comparing.
#include "jacquard/Bitstream/Document.h"
#include "jacquard/Support/File.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace jacquard;

TEST(DocumentTest, ThePageIsUpToDate) {
  const std::string path = JACQUARD_SOURCE_DIR "/docs/Bitstream.md";
  const std::string begin = "<!-- begin frames -->\n", end = "<!-- end frames -->\n";
  Result<std::string> page = readFile(path);
  ASSERT_TRUE(page) << page.error();
  size_t from = page->find(begin), to = page->find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << "the page lost its markers";
  from += begin.size();
  std::string tables = bitstream::documentFrames(FabricModel(*loadArch("plasticine")));
  if (std::getenv("JACQUARD_UPDATE_DOCS")) {
    Status status = writeFile(path, page->substr(0, from) + tables + page->substr(to));
    EXPECT_TRUE(status) << status.error();
    return;
  }
  EXPECT_EQ(page->substr(from, to - from), tables) << "run BitstreamTests with JACQUARD_UPDATE_DOCS=1";
}
