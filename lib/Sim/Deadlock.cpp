// Deadlock.cpp - follows "waits on" from unit to unit until it closes or ends
#include "Deadlock.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace jacquard::sim {
namespace {

class Explainer {
public:
  Explainer(const bitstream::Section &section, const FabricModel &model,
            const std::vector<std::unique_ptr<Unit>> &units, uint64_t now)
      : section(section), model(model), now(now) {
    for (const std::unique_ptr<Unit> &unit : units)
      unitAt[unit->site()] = unit.get();
  }

  std::string run() {
    bool circle = findChain();
    constexpr size_t most = 8;
    std::string text;
    for (size_t i = 0; i < chain.size() && i < most; ++i)
      text += (i ? "; " : "") + describeLink(chain[i]);
    if (chain.size() > most)
      text += fmt::format("; and {} more", chain.size() - most);
    if (!circle && !chain.empty() && chain.size() <= most && chain.back().on >= 0)
      text += fmt::format("; {} has finished", describe(unsigned(chain.back().on)));
    return text;
  }

private:
  struct Link {
    unsigned site;
    std::string what;
    int on; ///< site, -1: itself
    unsigned port;
  };

  std::string describe(unsigned site) const { return describeUnit(section, model, site); }

  std::string describeLink(const Link &link) const {
    std::string text = describe(link.site) + " " + link.what;
    if (link.on < 0)
      return text;
    bool room = link.what.find("for room") != std::string::npos;
    return text + (room ? " at " : " from ") + describe(unsigned(link.on));
  }

  /// Depth first over all that a unit waits for: the first circle wins; else the longest chain that was found.
  bool findChain() {
    std::vector<Link> longest;
    for (const auto &[site, unit] : unitAt) {
      chain.clear();
      if (!unit->finished() && visit(site))
        return true;
      if (deepest.size() > longest.size())
        longest.swap(deepest);
      deepest.clear();
    }
    chain = longest;
    return false;
  }

  bool visit(unsigned site) {
    auto onChain = std::find_if(chain.begin(), chain.end(), [&](const Link &link) { return link.site == site; });
    if (onChain != chain.end()) {
      chain.erase(chain.begin(), onChain); // what only leads to the circle
      return true;
    }
    auto unit = unitAt.find(site);
    if (unit == unitAt.end() || unit->second->finished() || std::exchange(seen[site], true))
      return false;
    for (const Wait &wait : unit->second->explain(now)) {
      if (wait.on.empty() && chain.size() >= deepest.size())
        keepDeepest({site, wait.what, -1, 0});
      for (PortRef port : wait.on) {
        chain.push_back({site, wait.what, int(port.site), port.port});
        if (visit(port.site))
          return true;
        if (chain.size() > deepest.size())
          deepest = chain;
        chain.pop_back();
      }
    }
    return false;
  }

  void keepDeepest(Link last) {
    deepest = chain;
    deepest.push_back(std::move(last));
  }

  const bitstream::Section &section;
  const FabricModel &model;
  uint64_t now;
  std::map<unsigned, const Unit *> unitAt;
  std::map<unsigned, bool> seen;
  std::vector<Link> chain, deepest;
};

} // namespace

std::string describeUnit(const bitstream::Section &section, const FabricModel &model, unsigned site) {
  for (const bitstream::UnitName &name : section.units)
    if (name.site == site)
      return fmt::format("{} '{}'{}", model.describeSite(site), name.name, name.node.empty() ? "" : " of " + name.node);
  return model.describeSite(site);
}

std::string explainDeadlock(const bitstream::Section &section, const FabricModel &model,
                            const std::vector<std::unique_ptr<Unit>> &units, uint64_t now) {
  return fmt::format("deadlock in section '{}' at cycle {}: {}", section.name, now,
                     Explainer(section, model, units, now).run());
}

} // namespace jacquard::sim
