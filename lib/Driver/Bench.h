// Bench.h - what `jacquard bench` measures of one model, and how it is printed
#ifndef JACQUARD_LIB_DRIVER_BENCH_H
#define JACQUARD_LIB_DRIVER_BENCH_H

#include "jacquard/Driver/Commands.h"

#include <nlohmann/json.hpp>

namespace jacquard::driver {

/// A row of the table as a JSON object; its keys are listed in docs/Performance.md. One that failed has "model",
/// "file", "status": "failed" and "reason" only.
using BenchRow = nlohmann::ordered_json;

/// Compiles and simulates `path`, a model or a folder with one, in this process.
BenchRow benchModel(const BenchOptions &options, const std::string &path);
/// The row of a model that has no figures.
BenchRow failedRow(const std::string &path, const std::string &reason);
bool isOk(const BenchRow &row);

std::string benchHeader();
std::string formatBenchRow(const BenchRow &row);
/// One line per section of the schedule.
std::string formatBenchSections(const BenchRow &row);

/// Over all rows that have figures: count, geometric mean of the percentage of the limit, and the distribution of the
/// relative error of prediction |predicted - simulated| / simulated over their sections.
nlohmann::ordered_json summarizeBench(const std::vector<BenchRow> &rows);
std::string formatBenchSummary(const nlohmann::ordered_json &summary);

} // namespace jacquard::driver

#endif // JACQUARD_LIB_DRIVER_BENCH_H
