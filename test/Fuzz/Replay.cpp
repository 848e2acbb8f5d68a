// Replay.cpp - in builds without libFuzzer: run a fuzz target on the files and folders that are named, one by one
#include "jacquard/Support/File.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <vector>

using namespace jacquard;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      paths.push_back(argv[i]);
      continue;
    }
    for (const auto &entry : std::filesystem::directory_iterator(argv[i]))
      paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string &path : paths) {
    std::cout << path << std::endl; // the last line names the culprit
    Result<std::string> bytes = readFile(path);
    if (!bytes) {
      std::cerr << "error: " << bytes.error() << "\n";
      return 1;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes->data()), bytes->size());
  }
  std::cout << paths.size() << " inputs\n";
  return paths.empty();
}
