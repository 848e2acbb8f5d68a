// Floorplan.cpp - draw a mapping as SVG
//
// Every switch owns a square cell: the switch stands in its lower left corner, where the routing channels cross, the
// units that hang on it in the rest. Channels run between the units, one lane per network and direction.
#include "jacquard/Mapper/Floorplan.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

namespace jacquard::mapper {

namespace {

// Pixels.
constexpr int cellSize = 86, channel = 30, switchSize = 18, margin = 24, header = 58, legendHeight = 76,
              boxSize = cellSize - channel;

struct Colours {
  const char *fill, *stroke;
};
constexpr Colours unitColours[] = {{"#cfe2ff", "#3b6fb6"}, {"#d5efd0", "#4a8f3f"}, {"#ffe3c2", "#c77a1e"}};
constexpr const char *networkColours[] = {"#b3264a", "#6b4fb3", "#6b7280"};

std::string escape(const std::string &text) {
  std::string result;
  for (const char c : text)
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default: // control characters are not allowed in XML, whatever the model's author put into a name
      result += (unsigned char)c < 0x20 ? ' ' : c;
    }
  return result;
}

/// What fits into a unit's box: the end of a name says more than its beginning ("conv1.mac0" -> "..mac0").
std::string shorten(const std::string &name, size_t length) {
  size_t begin = name.size() <= length ? 0 : name.size() - (length - 2);
  while (begin < name.size() && ((unsigned char)name[begin] & 0xc0) == 0x80)
    ++begin; // not into the middle of a UTF-8 character
  return (begin ? ".." : "") + name.substr(begin);
}

class Drawing {
public:
  Drawing(const Problem &problem, const Mapping &mapping, const FabricModel &model, const std::string &title)
      : problem(problem), model(model), title(title), unitAt(model.sites().size()), slots(model.numSwitches(), 0),
        uses(model.numSwitches() * 4) {
    for (const Site &site : model.sites())
      ++slots[model.switchAt(site.x, site.y)];
    for (size_t u = 0; u < problem.units.size(); ++u)
      unitAt[mapping.placement.siteOf[UnitId(u)]] = UnitId(u);
    for (size_t n = 0; n < problem.nets.size(); ++n)
      for (const Hop &hop : mapping.routing.hops[NetId(n)])
        count(problem.nets[NetId(n)].network, hop);
  }

  std::string draw() {
    const int width = 2 * margin + cellSize * model.width(), below = header + cellSize * model.height() + channel;
    emit("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
         "font-family=\"Helvetica, Arial, sans-serif\">\n",
         std::max(width, minWidth), below + legendHeight);
    emit("<rect width=\"100%\" height=\"100%\" fill=\"#fcfcfa\"/>\n");
    drawHeader();
    drawStubs();
    drawRoutes();
    drawSites();
    drawNames();
    drawSwitches();
    drawLegend(below);
    emit("</svg>\n");
    return std::move(svg);
  }

private:
  static constexpr int minWidth = 640; ///< for the legend on small fabrics

  template <typename... Args> void emit(fmt::format_string<Args...> format, Args &&...args) {
    fmt::format_to(std::back_inserter(svg), format, std::forward<Args>(args)...);
  }

  int switchX(unsigned sw) const { return margin + int(sw) % model.width() * cellSize + channel / 2; }
  int switchY(unsigned sw) const { return header + (int(sw) / model.width() + 1) * cellSize - channel / 2; }

  void count(NetworkKind network, const Hop &hop) {
    const SwitchPort &out = model.switchModel(hop.sw, network).sinks[hop.sink];
    if (!out.isLink)
      return;
    ++uses[4 * hop.sw + unsigned(out.direction)][unsigned(network)];
    ++linksUsed[unsigned(network)];
  }

  void drawHeader() {
    emit(
        "<title>{0}</title>\n<text x=\"{1}\" y=\"26\" font-size=\"18\" font-weight=\"bold\" fill=\"#222\">{0}</text>\n",
        escape(title.empty() ? "Floorplan" : title), margin);
    std::string text = fmt::format("on '{}'", model.spec().name);
    for (unsigned kind = 0; kind < 3; ++kind)
      text +=
          fmt::format(", {} of {} {}", used(UnitKind(kind)), available(UnitKind(kind)), unitKindName(UnitKind(kind)));
    text += fmt::format(" units; {} nets", problem.nets.size());
    emit("<text x=\"{}\" y=\"46\" font-size=\"13\" fill=\"#444\">{}</text>\n", margin, escape(text));
  }

  size_t used(UnitKind kind) const {
    return size_t(std::count_if(problem.units.begin(), problem.units.end(), [&](auto &u) { return u.kind == kind; }));
  }
  size_t available(UnitKind kind) const {
    return size_t(std::count_if(model.sites().begin(), model.sites().end(), [&](auto &s) { return s.kind == kind; }));
  }

  /// Placed units hang on the switch of their cell.
  void drawStubs() {
    for (unsigned kind = 0; kind < 3; ++kind) {
      emit("<path stroke=\"{}\" stroke-width=\"2\" d=\"", unitColours[kind].stroke);
      for (unsigned s = 0; s < model.sites().size(); ++s)
        if (const unsigned sw = model.switchOfSite(s); unitAt[s].valid() && unsigned(model.sites()[s].kind) == kind)
          emit("M{} {}L{} {}", switchX(sw), switchY(sw), boxX(s) + 6, boxY(s) + boxHeight(s) - 6);
      emit("\"/>\n");
    }
  }

  int boxHeight(unsigned site) const { return boxSize / int(slots[model.switchOfSite(site)]); }
  int boxX(unsigned site) const { return margin + model.sites()[site].x * cellSize + channel - 2; }
  int boxY(unsigned site) const {
    return header + model.sites()[site].y * cellSize + int(model.sites()[site].slot) * boxHeight(site);
  }

  /// Lines along the links in use. The lane of a line follows from network and direction, so that none hides another.
  void drawRoutes() {
    for (unsigned net = 0; net < 3; ++net)
      for (unsigned tracks = 1; tracks <= model.tracks(NetworkKind(net)); ++tracks) {
        emit("<g stroke=\"{}\" stroke-width=\"{:.1f}\" stroke-opacity=\"0.8\">\n", networkColours[net],
             lineWidth(NetworkKind(net), tracks));
        for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
          for (unsigned d = 0; d < 4; ++d)
            if (uses[4 * sw + d][net] == tracks)
              drawLink(sw, Direction(d), NetworkKind(net), tracks);
        emit("</g>\n");
      }
  }

  void drawLink(unsigned sw, Direction direction, NetworkKind network, unsigned tracks) {
    const unsigned to = unsigned(model.neighbour(sw, direction));
    const bool vertical = direction == Direction::North || direction == Direction::South;
    const int side = direction == Direction::North || direction == Direction::West ? -1 : 1;
    const double offset = side * (1.5 + 3.0 * double(unsigned(network)));
    const double dx = vertical ? offset : 0.0, dy = vertical ? 0.0 : offset;
    emit("<path d=\"M{} {}{}{}\"><title>{} ({},{}) to ({},{}): {} of {}</title></path>\n", switchX(sw) + dx,
         switchY(sw) + dy, vertical ? 'V' : 'H', vertical ? switchY(to) : switchX(to), networkKindName(network),
         int(sw) % model.width(), int(sw) / model.width(), int(to) % model.width(), int(to) / model.width(), tracks,
         model.tracks(network));
  }

  /// 0.8 for one track up to 2.8, nearly a lane, for all of them.
  double lineWidth(NetworkKind network, unsigned tracks) const {
    const unsigned all = model.tracks(network);
    return all > 1 ? 0.8 + 2.0 * double(tracks - 1) / double(all - 1) : 2.8;
  }

  void drawSites() {
    for (unsigned kind = 0; kind < 3; ++kind)
      for (bool inUse : {false, true}) {
        emit("<g fill=\"{}\" stroke=\"{}\"{}>\n", inUse ? unitColours[kind].fill : "#ffffff", unitColours[kind].stroke,
             inUse ? "" : " stroke-opacity=\"0.35\" stroke-dasharray=\"3 3\"");
        for (unsigned s = 0; s < model.sites().size(); ++s)
          if (unsigned(model.sites()[s].kind) == kind && unitAt[s].valid() == inUse)
            drawSite(s);
        emit("</g>\n");
      }
  }

  void drawSite(unsigned s) {
    const UnitId unit = unitAt[s];
    emit("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"><title>{}{}</title></rect>\n", boxX(s), boxY(s),
         boxSize, std::max(boxHeight(s) - 2, 1), model.describeSite(s),
         unit.valid() ? escape(": " + describe(problem.units[unit])) : "");
  }

  void drawNames() {
    emit("<g font-size=\"9\" text-anchor=\"middle\" fill=\"#222\">\n");
    for (unsigned s = 0; s < model.sites().size(); ++s)
      if (unitAt[s].valid() && boxHeight(s) >= 9)
        drawName(problem.units[unitAt[s]], boxX(s) + boxSize / 2, boxY(s), boxHeight(s));
    emit("</g>\n");
  }

  void drawName(const Unit &unit, int centre, int y, int height) {
    const bool twoLines = height >= 30 && !unit.node.empty() && unit.node != unit.name;
    emit("<text x=\"{}\" y=\"{}\"{}>{}</text>\n", centre, y + height / 2 + (twoLines ? -2 : 3),
         height < 10 ? " font-size=\"8\"" : "", escape(shorten(unit.name, 9)));
    if (twoLines)
      emit("<text x=\"{}\" y=\"{}\" font-size=\"7\" fill=\"#666\">{}</text>\n", centre, y + height / 2 + 9,
           escape(shorten(unit.node, 12)));
  }

  void drawSwitches() {
    emit("<g fill=\"#ffffff\" stroke=\"#555\">\n");
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      emit("<path d=\"M{0} {1}h{2}v{2}h-{2}z\"/>\n", switchX(sw) - switchSize / 2, switchY(sw) - switchSize / 2,
           switchSize);
    emit("</g>\n");
  }

  void drawLegend(int y) {
    int x = margin;
    for (unsigned kind = 0; kind < 3; ++kind) {
      emit("<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{}\" stroke=\"{}\"/>", x, y,
           unitColours[kind].fill, unitColours[kind].stroke);
      x = drawLegendText(x + 20, y + 11, fmt::format("{} unit", unitKindName(UnitKind(kind))));
    }
    emit("<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"#ffffff\" stroke=\"#999\" "
         "stroke-dasharray=\"3 3\"/>",
         x, y);
    x = drawLegendText(x + 20, y + 11, "free site");
    emit("<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"14\" rx=\"2\" fill=\"#ffffff\" stroke=\"#555\"/>", x, y);
    drawLegendText(x + 20, y + 11, "switch");
    x = margin;
    for (unsigned net = 0; net < 3; ++net) {
      emit("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"4\"/>", x, y + 31, x + 14,
           y + 31, networkColours[net]);
      x = drawLegendText(x + 20, y + 35,
                         fmt::format("{}: {} of {} links", networkKindName(NetworkKind(net)), linksUsed[net],
                                     numLinks(NetworkKind(net))));
    }
    drawLegendText(margin, y + 57,
                   "a line is a direction of a link bundle, the wider the more of its tracks are in use");
  }

  int drawLegendText(int x, int y, const std::string &text) {
    emit("<text x=\"{}\" y=\"{}\" font-size=\"12\" fill=\"#333\">{}</text>\n", x, y, text);
    return x + 7 * int(text.size()) + 16;
  }

  unsigned numLinks(NetworkKind network) const {
    unsigned links = 0;
    for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
      for (const SwitchPort &out : model.switchModel(sw, network).sinks)
        links += out.isLink;
    return links;
  }

  const Problem &problem;
  const FabricModel &model;
  const std::string &title;
  std::vector<UnitId> unitAt;                ///< per site; invalid: free
  std::vector<unsigned> slots;               ///< sites per switch
  std::vector<std::array<unsigned, 3>> uses; ///< per switch and direction: tracks in use by network
  std::array<unsigned, 3> linksUsed{};
  std::string svg;
};

} // namespace

std::string floorplanSvg(const Problem &problem, const Mapping &mapping, const FabricModel &model,
                         const std::string &title) {
  return Drawing(problem, mapping, model, title).draw();
}

} // namespace jacquard::mapper
