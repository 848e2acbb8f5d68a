// ProblemText.cpp - prints and reads netlists
#include "jacquard/Mapper/ProblemText.h"

#include <charconv>
#include <fmt/format.h>

namespace jacquard::mapper {

namespace {

std::string quoted(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c == '\n' ? ' ' : c; // a line is a statement
  }
  return result + '"';
}

/// The words of one line: what stands in quotes is one word.
class Words {
public:
  explicit Words(std::string_view line) : rest(line) { skipBlanks(); }

  bool atEnd() const { return rest.empty(); }
  std::string_view remaining() const { return rest; }

  std::string_view word() {
    const std::string_view found = rest.substr(0, rest.find_first_of(" \t\r"));
    rest.remove_prefix(found.size());
    skipBlanks();
    return found;
  }
  /// False when no closed quotation is next.
  bool quotation(std::string &text) {
    if (rest.empty() || rest.front() != '"')
      return false;
    text.clear();
    for (size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == '"') {
        rest.remove_prefix(i + 1);
        skipBlanks();
        return true;
      }
      if (rest[i] == '\\' && ++i == rest.size())
        break;
      text += rest[i];
    }
    return false;
  }

private:
  void skipBlanks() { rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size())); }
  std::string_view rest;
};

template <typename T> bool readNumber(std::string_view text, T &number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

class Reader {
public:
  explicit Reader(const std::string &fileName) : fileName(fileName) {}

  Status line(std::string_view text) {
    ++number;
    Words words(text);
    if (words.atEnd() || words.remaining().front() == '#')
      return {};
    const std::string_view keyword = words.word();
    if (keyword == "netlist")
      return netlist(words);
    if (keyword != "unit" && keyword != "net" && keyword != "near" && keyword != "reserve")
      return error("begins with", keyword, "'netlist', 'unit', 'net', 'near' or 'reserve'");
    if (netlists.empty())
      return error("begins with", keyword, "'netlist' before the first unit and net");
    return keyword == "unit"   ? unit(words)
           : keyword == "net"  ? net(words)
           : keyword == "near" ? near(words)
                               : reserve(words);
  }

  std::vector<NamedProblem> take() { return std::move(netlists); }

private:
  Error error(const char *what, std::string_view found, const char *expected) const {
    return Error{fmt::format("{}:{}: {} '{}', expected {}", fileName, number, what, found, expected)};
  }

  Status netlist(Words &words) {
    NamedProblem fresh;
    if (!words.quotation(fresh.name) || !words.atEnd())
      return error("netlist has", words.remaining(), "its name in quotes");
    netlists.push_back(std::move(fresh));
    return {};
  }

  Status unit(Words &words) {
    Unit unit;
    const std::string_view kind = words.word();
    if (!findKind(kind, {UnitKind::Compute, UnitKind::Memory, UnitKind::DramPort}, unitKindName, unit.kind))
      return error("unit is of kind", kind, "'compute', 'memory' or 'dram'");
    if (!words.quotation(unit.name) || !words.quotation(unit.node))
      return error("unit has", words.remaining(), "its name and its node in quotes");
    if (!words.atEnd()) {
      const std::string_view at = words.word(), site = words.word();
      if (at != "at" || !readNumber(site, unit.fixedSite.emplace()) || !words.atEnd())
        return error("unit ends with", at, "nothing or 'at' and the number of a site");
    }
    netlists.back().problem.units.add(std::move(unit));
    return {};
  }

  Status net(Words &words) {
    Net net;
    const std::string_view network = words.word();
    if (!findKind(network, {NetworkKind::Vector, NetworkKind::Scalar, NetworkKind::Control}, networkKindName,
                  net.network))
      return error("net is in network", network, "'vector', 'scalar' or 'control'");
    if (!words.quotation(net.name))
      return error("net has", words.remaining(), "its name in quotes");
    if (const std::string_view weight = words.word(); !readNumber(weight, net.weight))
      return error("net carries", weight, "a number of values");
    if (const std::string_view source = words.word(); !readTerminal(source, net.source))
      return error("net begins at", source, "UNIT.PORT");
    if (const std::string_view arrow = words.word(); arrow != "->")
      return error("net has", arrow, "'->' between its source and its sinks");
    while (!words.atEnd()) {
      const std::string_view sink = words.word();
      if (!readTerminal(sink, net.sinks.emplace_back()))
        return error("net ends at", sink, "UNIT.PORT");
    }
    netlists.back().problem.nets.add(std::move(net));
    return {};
  }

  Status near(Words &words) {
    uint32_t unit = 0;
    if (const std::string_view number = words.word(); !readNumber(number, unit))
      return error("is of unit", number, "a number");
    netlists.back().problem.attractions.push_back({UnitId(unit), {}});
    return sites(words, "is near", netlists.back().problem.attractions.back().sites);
  }

  Status reserve(Words &words) { return sites(words, "reserves", netlists.back().problem.reservedSites); }

  Status sites(Words &words, const char *what, std::vector<unsigned> &numbers) const {
    while (!words.atEnd()) {
      const std::string_view site = words.word();
      if (!readNumber(site, numbers.emplace_back()))
        return error(what, site, "numbers of sites");
    }
    return {};
  }

  template <typename Kind>
  static bool findKind(std::string_view text, std::initializer_list<Kind> kinds, const char *(*nameOf)(Kind),
                       Kind &found) {
    for (Kind kind : kinds)
      if (text == nameOf(kind)) {
        found = kind;
        return true;
      }
    return false;
  }

  static bool readTerminal(std::string_view text, Terminal &terminal) {
    const size_t dot = text.find('.');
    uint32_t unit = 0;
    if (dot == std::string_view::npos || !readNumber(text.substr(0, dot), unit) ||
        !readNumber(text.substr(dot + 1), terminal.port))
      return false;
    terminal.unit = UnitId(unit);
    return true;
  }

  const std::string &fileName;
  unsigned number = 0;
  std::vector<NamedProblem> netlists;
};

} // namespace

std::string printProblem(const NamedProblem &netlist) {
  std::string text = fmt::format("netlist {}\n", quoted(netlist.name));
  for (const Unit &unit : netlist.problem.units) {
    text += fmt::format("unit {} {} {}", unitKindName(unit.kind), quoted(unit.name), quoted(unit.node));
    text += unit.fixedSite ? fmt::format(" at {}\n", *unit.fixedSite) : "\n";
  }
  for (const Net &net : netlist.problem.nets) {
    text += fmt::format("net {} {} {} {}.{} ->", networkKindName(net.network), quoted(net.name), net.weight,
                        net.source.unit.index(), net.source.port);
    for (const Terminal &sink : net.sinks)
      text += fmt::format(" {}.{}", sink.unit.index(), sink.port);
    text += '\n';
  }
  for (const Attraction &attraction : netlist.problem.attractions)
    text += fmt::format("near {} {}\n", attraction.unit.index(), fmt::join(attraction.sites, " "));
  if (!netlist.problem.reservedSites.empty())
    text += fmt::format("reserve {}\n", fmt::join(netlist.problem.reservedSites, " "));
  return text;
}

Result<std::vector<NamedProblem>> readProblems(std::string_view text, const std::string &fileName) {
  Reader reader(fileName);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (Status status = reader.line(text.substr(0, end)); !status)
      return status.takeError();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.take();
}

} // namespace jacquard::mapper
