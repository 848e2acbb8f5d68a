// Check.cpp - `jacquard check`: what would become of a model's nodes, without compiling it
#include "jacquard/Driver/Commands.h"
#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <map>

using namespace jacquard;
using namespace jacquard::driver;
using importer::CheckedNode;
using importer::CheckReport;
using importer::NodeVerdict;

namespace {

const char *verdictName(NodeVerdict verdict) {
  switch (verdict) {
  case NodeVerdict::Native:
    return "native";
  case NodeVerdict::Expanded:
    return "expanded";
  case NodeVerdict::Folded:
    return "folded at import";
  case NodeVerdict::Unsupported:
    return "unsupported";
  case NodeVerdict::Unknown:
    return "not reached";
  }
  return "";
}

std::string join(const std::set<std::string> &parts, const char *separator) {
  std::string text;
  for (const std::string &part : parts)
    text += (text.empty() ? "" : separator) + part;
  return text;
}

std::string describe(const CheckedNode &node) {
  std::string text = verdictName(node.verdict);
  return node.needs.empty() ? text : text + "; needs " + join(node.needs, " ");
}

/// What the user can do about an unsupported node.
std::string wayRound(const CheckedNode &node) {
  for (const std::string &reason : node.reasons) {
    llvm::StringRef text(reason);
    if (text.contains("in this version"))
      return "convert the model to a supported version (onnx.version_converter)";
    if (text.contains("the operator is not supported"))
      return "define the operator by others in a function and give it with --op-library";
    if (text.contains("does not import the operator's domain"))
      return "add the domain to the model's opset_import";
  }
  return "";
}

/// One line of the table: nodes of one operator with one fate.
struct Row {
  std::string op;
  int64_t opset = 0;
  std::string verdict;
  friend bool operator<(const Row &a, const Row &b) {
    return std::tie(a.op, a.opset, a.verdict) < std::tie(b.op, b.opset, b.verdict);
  }
};

std::string qualifiedName(const CheckedNode &node) {
  return node.domain == "ai.onnx" ? node.op : node.domain + "." + node.op;
}

void printTable(const CheckReport &report) {
  struct Cells {
    unsigned count = 0;
    std::set<std::string> types;
  };
  std::map<Row, Cells> rows;
  size_t width = 8;
  for (const CheckedNode &node : report.nodes) {
    Cells &cells = rows[{messageLine(qualifiedName(node)), node.opset, describe(node)}];
    ++cells.count;
    cells.types.insert(node.types.begin(), node.types.end());
    width = std::max(width, messageLine(qualifiedName(node)).size());
  }
  auto pad = [&](const std::string &text, size_t to) {
    return text + std::string(to > text.size() ? to - text.size() : 0, ' ');
  };
  llvm::outs() << pad("operator", width) << "  opset  nodes  verdict (types)\n";
  for (auto &[row, cells] : rows) {
    llvm::outs() << pad(row.op, width) << llvm::format("  %5d  %5u  ", int(row.opset), cells.count) << row.verdict;
    if (!cells.types.empty())
      llvm::outs() << " (" << join(cells.types, ", ") << ")";
    llvm::outs() << "\n";
  }
}

void printProblems(const CheckReport &report) {
  for (const std::string &problem : report.problems)
    llvm::outs() << "unsupported: " << messageLine(problem) << "\n";
  for (const CheckedNode &node : report.nodes)
    for (const std::string &reason : node.reasons) {
      std::string way = wayRound(node);
      std::string text = "node '" + node.node + "' (" + qualifiedName(node) + "): " + reason;
      llvm::outs() << "unsupported: " << messageLine(text + (way.empty() ? "" : "; " + way)) << "\n";
    }
  for (const std::string &option : report.needs)
    llvm::outs() << "needed: " << option << "\n";
}

std::string toJson(const CheckReport &report) {
  auto nodes = nlohmann::ordered_json::array();
  for (const CheckedNode &node : report.nodes)
    nodes.push_back({{"node", node.node},
                     {"op", node.op},
                     {"domain", node.domain},
                     {"opset", node.opset},
                     {"verdict", verdictName(node.verdict)},
                     {"types", node.types},
                     {"needs", node.needs},
                     {"reasons", node.reasons},
                     {"way_round", wayRound(node)}});
  nlohmann::ordered_json json = {{"nodes", nodes}, {"problems", report.problems}, {"needs", report.needs}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace

int driver::checkCommand(const CheckOptions &options) {
  auto request = makeRequest(options.model, options);
  if (!request)
    return fail(request.error());
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  auto report = importer::checkOnnx(&context, options.model, request->import);
  if (!report)
    return fail(report.error());
  if (!options.json.empty())
    if (auto status = writeFile(options.json, toJson(*report)); !status)
      return fail(status.error());
  if (options.json != "-") {
    printTable(*report);
    printProblems(*report);
  }
  return !report->problems.empty() ||
         llvm::any_of(report->nodes, [](auto &node) { return node.verdict == NodeVerdict::Unsupported; });
}
