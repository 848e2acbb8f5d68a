// Bench.cpp - `jacquard bench`: every model in a process of its own, a table, and the figures as JSON
#include "Bench.h"
#include "Processes.h"

#include "jacquard/Support/File.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace jacquard;
using namespace jacquard::driver;

namespace {

/// Names and reasons come from files and may hold any bytes; JSON wants UTF-8.
std::string textOf(const nlohmann::ordered_json &json, int indent = -1) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

BenchRow rowOf(const std::string &path, const ProcessEnd &end) {
  if (!end.problem.empty())
    return failedRow(path, end.problem);
  BenchRow row = BenchRow::parse(end.text, nullptr, /*allow_exceptions=*/false);
  if (row.is_discarded())
    return failedRow(path, "gave no result");
  if (row.contains("cycles"))
    row["peak_mebibytes"] = end.peakMebibytes;
  return row;
}

std::vector<BenchRow> runAll(const BenchOptions &options) {
  std::vector<BenchRow> rows;
  runInProcesses(
      options.models.size(), /*jobs=*/1, options.timeoutSeconds,
      [&](size_t number, const auto &write) { write(textOf(benchModel(options, options.models[number]))); },
      [&](size_t number, const ProcessEnd &end) {
        rows.push_back(rowOf(options.models[number], end));
        llvm::outs() << formatBenchRow(rows.back());
        llvm::outs().flush();
      });
  return rows;
}

} // namespace

int driver::benchCommand(const BenchOptions &options) {
  if (auto arch = loadArch(options.arch); !arch)
    return fail(arch.error());
  llvm::outs() << benchHeader();
  std::vector<BenchRow> rows = runAll(options);
  nlohmann::ordered_json summary = summarizeBench(rows);
  llvm::outs() << formatBenchSummary(summary);
  if (options.sections)
    for (const BenchRow &row : rows)
      llvm::outs() << formatBenchSections(row);
  if (!options.json.empty()) {
    nlohmann::ordered_json json = {{"arch", options.arch}, {"summary", summary}, {"models", rows}};
    if (auto status = writeFile(options.json, textOf(json, 1) + "\n"); !status)
      return fail(status.error());
  }
  return !llvm::all_of(rows, isOk);
}
