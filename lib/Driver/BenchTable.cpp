// BenchTable.cpp - the Markdown form of benchmark rows, and figures over all of them
#include "Bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

using namespace jacquard;
using namespace jacquard::driver;

namespace {

/// Text in a cell of a table: a bar would end it.
std::string cell(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string correctText(const BenchRow &row) {
  const auto &correct = row["correct"];
  std::string against = correct["against"].get<std::string>();
  return correct["within"].get<bool>() ? against : "NO (" + against + ": " + cell(correct["problem"]) + ")";
}

/// The element at `share` of a sorted list (nearest rank).
double quantile(const std::vector<double> &sorted, double share) {
  size_t rank = size_t(std::ceil(share * double(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

/// Errors of all sections that have a prediction, ascending.
std::vector<double> predictionErrors(const std::vector<BenchRow> &rows) {
  std::vector<double> errors;
  for (const BenchRow &row : rows)
    if (row.contains("sections"))
      for (const auto &section : row["sections"])
        if (!section["error_percent"].is_null())
          errors.push_back(std::abs(section["error_percent"].get<double>()));
  std::sort(errors.begin(), errors.end());
  return errors;
}

} // namespace

std::string driver::benchHeader() {
  return "| model | M MAC | MB | limit | cycles | % of limit | % of FU peak | % of DRAM peak | predicted | compile s | "
         "peak MiB | simulated kcycles/s | correct |\n"
         "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n";
}

std::string driver::formatBenchRow(const BenchRow &row) {
  std::string name = cell(row["model"]);
  if (!row.contains("cycles"))
    return fmt::format("| {} | | | | | | | | | | | | failed: {} |\n", name, cell(row["reason"]));
  auto number = [&](const char *key) { return row[key].get<double>(); };
  return fmt::format("| {} | {:.1f} | {:.2f} | {:.0f} | {:.0f} | {:.1f} | {:.1f} | {:.1f} | {:.0f} | {:.2f} | {:.0f} | "
                     "{:.0f} | {} |\n",
                     name, number("multiply_adds") / 1e6, number("compulsory_bytes") / 1e6, number("limit_cycles"),
                     number("cycles"), number("percent_of_limit"), number("percent_of_fu_peak"),
                     number("percent_of_dram_peak"), number("predicted_cycles"), number("compile_seconds"),
                     number("compile_peak_mebibytes"), number("simulated_cycles_per_second") / 1e3, correctText(row));
}

std::string driver::formatBenchSections(const BenchRow &row) {
  if (!row.contains("sections"))
    return "";
  std::string text =
      fmt::format("\n### {}\n\n| section | nodes | bound | cycles | predicted | error % | % of FU peak | "
                  "% of DRAM peak |\n|---|---|---|--:|--:|--:|--:|--:|\n",
                  cell(row["model"]));
  for (const auto &section : row["sections"]) {
    const auto &error = section["error_percent"];
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {:.1f} | {:.1f} |\n", cell(section["name"]),
                        cell(section["nodes"]), cell(section["bound"]), section["cycles"].get<uint64_t>(),
                        section["predicted_cycles"].get<uint64_t>(),
                        error.is_null() ? "-" : fmt::format("{:+.1f}", error.get<double>()),
                        section["percent_of_fu_peak"].get<double>(), section["percent_of_dram_peak"].get<double>());
  }
  return text;
}

nlohmann::ordered_json driver::summarizeBench(const std::vector<BenchRow> &rows) {
  unsigned simulated = 0, counted = 0, wrong = 0;
  double logarithms = 0, least = 0;
  for (const BenchRow &row : rows) {
    if (!row.contains("cycles"))
      continue;
    ++simulated;
    wrong += !isOk(row);
    double percent = row["percent_of_limit"].get<double>();
    if (percent <= 0)
      continue; // a model without work has no limit
    least = counted == 0 ? percent : std::min(least, percent);
    logarithms += std::log(percent);
    ++counted;
  }
  nlohmann::ordered_json summary = {{"models", rows.size()}, {"simulated", simulated}, {"wrong", wrong}};
  summary["geometric_mean_percent_of_limit"] = counted ? std::exp(logarithms / counted) : 0;
  summary["least_percent_of_limit"] = least;
  std::vector<double> errors = predictionErrors(rows);
  summary["predicted_sections"] = errors.size();
  if (!errors.empty())
    summary["prediction_error_percent"] = {
        {"median", quantile(errors, 0.5)}, {"percentile_90", quantile(errors, 0.9)}, {"largest", errors.back()}};
  return summary;
}

std::string driver::formatBenchSummary(const nlohmann::ordered_json &summary) {
  std::string text = fmt::format(
      "\n{} of {} models simulated, {} wrong; geometric mean {:.1f} % of the limit, least {:.1f} %\n",
      summary["simulated"].get<unsigned>(), summary["models"].get<unsigned>(), summary["wrong"].get<unsigned>(),
      summary["geometric_mean_percent_of_limit"].get<double>(), summary["least_percent_of_limit"].get<double>());
  if (!summary.contains("prediction_error_percent"))
    return text;
  const auto &errors = summary["prediction_error_percent"];
  return text +
         fmt::format(
             "error of prediction over {} sections: median {:.1f} %, 90th percentile {:.1f} %, largest {:.1f} %\n",
             summary["predicted_sections"].get<unsigned>(), errors["median"].get<double>(),
             errors["percentile_90"].get<double>(), errors["largest"].get<double>());
}
