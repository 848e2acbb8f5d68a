// Document.cpp - walks over the field table once per kind of frame and prints a row per field
#include "jacquard/Bitstream/Document.h"

#include "Layout.h"

#include <fmt/format.h>

namespace jacquard::bitstream {
namespace {

/// Sees every conditional field, and one element of every list.
class Documenter : public FieldVisitor {
public:
  using FieldVisitor::FieldVisitor;
  std::string rows;

  void value(const Field &field, int64_t &value) override {
    std::string width = field.widthText;
    bool fixed = std::isdigit(uint8_t(width[0]));
    rows += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", generalPath(field.name),
                        fixed ? width : fmt::format("⌈log2({})⌉", width), field.width, field.rangeText, condition(),
                        field.meaning);
    value = std::string_view(field.name) == "count" ? 1 : std::max<int64_t>(field.min, 0); // one element is shown
    if (field.nameOf == opcodeNameOf)
      value = int64_t(Opcode::Select); // takes the most operands
  }
  bool present(bool) override { return true; }
  bool when(bool, const char *text) override {
    conditions.push_back(text);
    return true;
  }
  void endWhen() override { conditions.pop_back(); }
  size_t elements(size_t size, const char *) override { return std::min<size_t>(size, 1); }

private:
  std::vector<std::string> conditions;

  std::string generalPath(const char *field) const {
    std::string path = pathTo(field);
    for (size_t at; (at = path.find("[0]")) != std::string::npos;)
      path.replace(at, 3, "[i]");
    return path;
  }
  std::string condition() const {
    std::string text;
    for (const std::string &part : conditions)
      text += (text.empty() ? "" : "; ") + part;
    return text.empty() ? "always" : text;
  }
};

constexpr const char *tableHead = "| field | bits | on the example | range | there when | meaning |\n"
                                  "|---|---|---|---|---|---|\n";

template <typename Config, UnitKind kind> std::string documentUnit(const FabricModel &model) {
  Documenter documenter(model);
  Config config;
  visitUnit(documenter, config, model, std::integral_constant<UnitKind, kind>());
  return tableHead + documenter.rows;
}

std::string documentSwitch(const FabricModel &model) {
  Documenter documenter(model);
  std::vector<uint32_t> selects;
  visitSwitch(documenter, selects, 0, NetworkKind::Vector, model);
  return tableHead + documenter.rows;
}

} // namespace

std::string documentFrames(const FabricModel &example) {
  std::string page;
  page += fmt::format("The column \"on the example\" is the width on `{}`; N is the number in the logarithm.\n",
                      example.spec().name);
  page += "\n### Compute unit\n\n" + documentUnit<ComputeConfig, UnitKind::Compute>(example);
  page += "\n### Memory unit\n\n" + documentUnit<MemoryConfig, UnitKind::Memory>(example);
  page += "\n### DRAM port\n\n" + documentUnit<DramPortConfig, UnitKind::DramPort>(example);
  page += "\n### Switch, one frame per network\n\n" + documentSwitch(example);
  return page;
}

} // namespace jacquard::bitstream
