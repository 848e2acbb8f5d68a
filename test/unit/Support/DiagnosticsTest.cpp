// DiagnosticsTest.cpp - numbered errors: the table, the page made from it, tags in messages
//
// JACQUARD_UPDATE_DOCS=1 rewrites docs/Diagnostics.md instead of comparing.
#include "jacquard/Support/Diagnostics.h"

#include "jacquard/Support/File.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace jacquard;

namespace {

/// All sources of the libraries and tools.
std::string allSources() {
  std::stringstream text;
  for (const char *folder : {"/lib", "/tools"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(std::string(JACQUARD_SOURCE_DIR) + folder))
      if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h")
        text << std::ifstream(entry.path()).rdbuf();
  return text.str();
}

} // namespace

TEST(DiagnosticsTest, NumbersAreUniqueAndAscend) {
  unsigned last = 0;
  for (const DiagnosticInfo &info : allDiagnostics()) {
    EXPECT_GT(info.number, last) << info.title;
    last = info.number;
  }
}

TEST(DiagnosticsTest, EveryNumberIsUsed) {
  std::string sources = allSources();
#define JACQUARD_DIAGNOSTIC(name, number, title, cause, cure)                                                          \
  EXPECT_NE(sources.find("Diag::" #name), std::string::npos) << #name " is never reported";
#include "jacquard/Support/Diagnostics.def"
}

TEST(DiagnosticsTest, MovesTheFirstTagToTheFront) {
  EXPECT_EQ(withTagInFront("'a.jbit': [JQ4003] damaged"), "[JQ4003] 'a.jbit': damaged");
  EXPECT_EQ(withTagInFront("[JQ4003] a: [JQ2001] b"), "[JQ4003] a: b");
  EXPECT_EQ(withTagInFront("no tag [JQ4] [JQabcd] "), "no tag [JQ4] [JQabcd] ");
  EXPECT_EQ(withTagInFront(""), "");
}

TEST(DiagnosticsTest, ReplacesAnInnerTag) {
  EXPECT_EQ(numbered(Diag::UnknownArch, "no 'x': [JQ1001] cannot open").message, "[JQ2003] no 'x': cannot open");
}

TEST(DiagnosticsTest, KeepsAnInnerTag) {
  EXPECT_EQ(numberedUnlessInside(Diag::NotAModel, "x: [JQ1004] y").message, "[JQ1004] x: y");
  EXPECT_EQ(numberedUnlessInside(Diag::NotAModel, "x").message, "[JQ1002] x");
}

TEST(DiagnosticsTest, SpellsOutControlCharacters) {
  EXPECT_EQ(messageLine("node '\x1b[2J\nerror: \x7f': [JQ1004] \xc3\xa4\ty"),
            "[JQ1004] node '\\x1B[2J\\x0Aerror: \\x7F': \xc3\xa4\\x09y");
}

TEST(DiagnosticsTest, FindsByCode) {
  EXPECT_EQ(findDiagnostic("JQ1101")->number, 1101u);
  EXPECT_EQ(findDiagnostic("jq1101")->number, 1101u);
  EXPECT_EQ(findDiagnostic("1101")->number, 1101u);
  EXPECT_FALSE(findDiagnostic("JQ9999"));
  EXPECT_FALSE(findDiagnostic("JQ"));
}

TEST(DiagnosticsTest, ThePageIsUpToDate) {
  const std::string path = JACQUARD_SOURCE_DIR "/docs/Diagnostics.md";
  const std::string begin = "<!-- begin diagnostics -->\n", end = "<!-- end diagnostics -->\n";
  Result<std::string> page = readFile(path);
  ASSERT_TRUE(page) << page.error();
  size_t from = page->find(begin), to = page->find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << "the page lost its markers";
  from += begin.size();
  if (std::getenv("JACQUARD_UPDATE_DOCS")) {
    Status status = writeFile(path, page->substr(0, from) + documentDiagnostics() + page->substr(to));
    EXPECT_TRUE(status) << status.error();
    return;
  }
  EXPECT_EQ(page->substr(from, to - from), documentDiagnostics()) << "run SupportTests with JACQUARD_UPDATE_DOCS=1";
}
