// Decisions.cpp - what the compiler's remarks say about a compilation, collected and made readable
#include "jacquard/Driver/Decisions.h"

#include "jacquard/Dialect/Fabric/IR/FabricOps.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"

#include <nlohmann/json.hpp>

using namespace mlir;
using namespace jacquard::driver;

namespace {

/// Nodes of the model, or a place in a file.
std::string describe(Location loc) {
  std::string text = jacquard::fabric::nodeName(loc);
  if (text.empty())
    loc->walk([&](Location part) {
      if (auto file = dyn_cast<FileLineColLoc>(part); file && file.getLine() > 0)
        text = (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" + Twine(file.getColumn())).str();
      return text.empty() ? WalkResult::advance() : WalkResult::interrupt();
    });
  return text;
}

class Collector : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit Collector(std::vector<Decision> &decisions) : decisions(decisions) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    Decision decision;
    decision.category = remark.getCategoryName().str();
    decision.name = remark.getRemarkName().str();
    decision.node = describe(remark.getLocation());
    decision.missed = remark.getRemarkType() == llvm::remarks::Type::Missed;
    for (const remark::detail::Remark::Arg &arg : remark.getArgs())
      decision.facts.push_back({arg.key, arg.val});
    decisions.push_back(std::move(decision));
  }

private:
  std::vector<Decision> &decisions;
};

/// A line about a decision: where the fact `key` is known, `text` with "{Key}" replaced by facts.
struct Line {
  const char *label, *key, *text;
};

constexpr Line mappingLines[] = {
    {"roles", "Roles", "{Roles}"},
    {"loops", "Loops", "{Loops}"},
    {"predicted", "Cycles", "{Cycles} cycles: latency {Latency}, start {Start}, then compute {Compute} beside ports {Ports}; DRAM {Dram}"},
    {"bound", "Bound", "{Bound}"},
    {"units", "Units", "{Units}"},
    {"sharing", "Sharing", "{Sharing}"},
    {"runner-up", "RunnerUp", "{RunnerUpCycles} cycles: {RunnerUp}"},
    {"other tiles", "OtherTiles", "{OtherTilesCycles} cycles: {OtherTilesRoles}; loops {OtherTiles}"},
    {"no room for", "NoRoomFor", "{NoRoomCycles} cycles: {NoRoomFor}; {Lacks}"},
};
constexpr Line routeLines[] = {{"placed", "Units", "{Units}"},
                               {"routed", "Links", "{Links} links; longest way {LongestWay} hops, mean {MeanWay}"}};
constexpr const char *priceText = "{UnitShare} of units, {ScratchpadShare} of scratchpads at price {Price}, boxes "
                                  "{Boxes}, readers {Readers}, units {Join}, sections at "
                                  "{SectionPrice}: {Sections} sections, {Cycles} cycles predicted";
constexpr const char *retreatText = "did not fit, and was mapped again with less if possible: {Reason}";
constexpr const char *keptText = "{Bytes} bytes in {Units} memory units {Way}, which saves {LoadsSaved} bytes of loads";
constexpr const char *prefetchedText = "for \"{For}\" during {During}, {Cycles} cycles sooner";
constexpr const char *dramText = "{Bytes} bytes, since {Reason}";

std::string fill(StringRef text, const Decision &decision) {
  std::string result;
  while (!text.empty()) {
    auto [before, rest] = text.split('{');
    auto [key, after] = rest.split('}');
    result += before.str() + (key.empty() ? "" : decision.fact(key));
    text = after;
  }
  return jacquard::messageLine(result);
}

std::string row(const std::string &indent, const std::string &label, const std::string &text) {
  constexpr size_t width = 12;
  return indent + label + std::string(label.size() < width ? width - label.size() : 1, ' ') + text + "\n";
}

std::string rows(const std::string &indent, llvm::ArrayRef<Line> lines, const Decision &decision) {
  std::string text;
  for (const Line &line : lines)
    if (!decision.fact(line.key).empty())
      text += row(indent, line.label, fill(line.text, decision));
  return text;
}

std::string mappingText(const Decision &decision) {
  std::string text = "  " + jacquard::messageLine(decision.node.empty() ? "pattern" : decision.node) + "\n";
  text += rows("    ", llvm::ArrayRef(mappingLines).take_front(2), decision);
  for (auto &[key, value] : decision.facts)
    if (key == "Reads" || key == "Writes")
      text += row("    ", key == "Reads" ? "reads" : "writes", jacquard::messageLine(value));
  return text + rows("    ", llvm::ArrayRef(mappingLines).drop_front(2), decision);
}

void count(std::string text, std::vector<std::pair<std::string, unsigned>> &counts) {
  auto it = llvm::find_if(counts, [&](auto &counted) { return counted.first == text; });
  if (it == counts.end())
    it = counts.insert(it, {std::move(text), 0});
  ++it->second;
}

/// Temporaries have no names that a user knows.
std::string tensorName(const Decision &decision) {
  return jacquard::messageLine(decision.node.empty() ? decision.fact("Tensor") : "result of " + decision.node);
}

} // namespace

std::string Decision::fact(llvm::StringRef wanted) const {
  for (auto &[key, value] : facts)
    if (key == wanted)
      return value;
  return "";
}

void Decisions::listen(MLIRContext &context) {
  std::string any = ".*"; // a kind without a filter of its own is silent
  remark::RemarkCategories categories{any, any, any, any, any};
  auto enabled = remark::enableOptimizationRemarks(context, std::make_unique<Collector>(decisions),
                                                   std::make_unique<remark::RemarkEmittingPolicyAll>(), categories);
  assert(succeeded(enabled) && "a fresh context takes a remark engine");
  (void)enabled;
}

void Decisions::forgetMapping() {
  llvm::erase_if(decisions,
                 [](const Decision &decision) { return decision.category != "search" && decision.category != "fit"; });
}

std::string jacquard::driver::formatDecisions(const std::vector<Decision> &decisions) {
  std::string search, kept, early, dram;
  std::vector<std::pair<std::string, unsigned>> retreats; // and how often
  llvm::MapVector<StringRef, std::string> sections;
  std::vector<std::string> names; // the map's keys
  for (const Decision &decision : decisions)
    names.push_back(decision.fact("Section"));
  for (auto [decision, section] : llvm::zip(decisions, names)) {
    StringRef name = decision.name;
    if (decision.category == "search")
      search += fill(priceText, decision) + (decision.missed ? "\n" : ", chosen\n");
    else if (decision.category == "fit")
      count(fill(retreatText, decision), retreats);
    else if (name == "mapping")
      sections[section] += mappingText(decision);
    else if (name == "routed")
      sections[section] += rows("  ", routeLines, decision);
    else if (name == "kept")
      kept += "  " + tensorName(decision) + ": " + fill(keptText, decision) + "\n";
    else if (name == "prefetched")
      early += "  " + tensorName(decision) + ": " + fill(prefetchedText, decision) + "\n";
    else if (name == "dram")
      dram += "  " + tensorName(decision) + ": " + fill(dramText, decision) + "\n";
  }
  std::string text = search;
  for (auto &[retreat, times] : retreats)
    text += retreat + (times > 1 ? ", " + std::to_string(times) + " times\n" : "\n");
  for (auto &[section, lines] : sections)
    text += "section \"" + messageLine(section) + "\"\n" + lines;
  if (!kept.empty())
    text += "kept on chip from section to section\n" + kept;
  if (!early.empty())
    text += "loaded early\n" + early;
  if (!dram.empty())
    text += "left in DRAM\n" + dram;
  return text;
}

nlohmann::ordered_json jacquard::driver::decisionsJson(const std::vector<Decision> &decisions) {
  auto json = nlohmann::ordered_json::array();
  for (const Decision &decision : decisions) {
    nlohmann::ordered_json facts = nlohmann::ordered_json::object();
    for (auto &[key, value] : decision.facts)
      facts[key].push_back(value);
    json.push_back({{"category", decision.category},
                    {"name", decision.name},
                    {"node", decision.node},
                    {"missed", decision.missed},
                    {"facts", facts}});
  }
  return json;
}
