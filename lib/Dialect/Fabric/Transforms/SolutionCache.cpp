// SolutionCache.cpp - placements and routings that were found before
#include "SolutionCache.h"

#include "jacquard/Mapper/ProblemText.h"
#include "jacquard/Mapper/Verify.h"

#include "llvm/ADT/StringExtras.h"

using namespace jacquard;
using namespace jacquard::fabric;

static constexpr llvm::StringLiteral placementKind = "placement", routingKind = "routing";

/// The problem without names, on its machine.
static std::string textOf(mapper::Problem problem, const FabricModel &model) {
  for (mapper::Unit &unit : problem.units)
    unit.name = unit.node = "";
  for (mapper::Net &net : problem.nets)
    net.name = "";
  return printArch(model.spec()) + mapper::printProblem({"", std::move(problem)});
}

static std::string print(const mapper::Placement &placement) {
  return llvm::join(llvm::map_range(placement.siteOf, [](unsigned site) { return std::to_string(site); }), " ");
}

/// Numbers between blanks; nothing when one cannot be read.
static std::optional<std::vector<unsigned>> readNumbers(llvm::StringRef text) {
  std::vector<unsigned> numbers;
  for (llvm::StringRef part : llvm::split(text, ' '))
    if (!part.empty() && part.getAsInteger(10, numbers.emplace_back()))
      return std::nullopt;
  return numbers;
}

static std::optional<mapper::Placement> readPlacement(llvm::StringRef text, const mapper::Problem &problem,
                                                      const FabricModel &model) {
  auto sites = readNumbers(text);
  if (!sites || sites->size() != problem.units.size())
    return std::nullopt;
  mapper::Placement placement;
  for (unsigned site : *sites)
    placement.siteOf.add(site);
  if (!mapper::verifyPlacement(problem, placement, model).empty())
    return std::nullopt;
  return placement;
}

/// One line per net: switch, sink and source of every hop.
static std::string print(const mapper::Routing &routing) {
  std::string text;
  for (const std::vector<mapper::Hop> &hops : routing.hops) {
    for (const mapper::Hop &hop : hops)
      for (unsigned number : {hop.sw, hop.sink, hop.source})
        text += std::to_string(number) + " ";
    text += "\n";
  }
  return text;
}

static std::optional<mapper::Routing> readRouting(llvm::StringRef text, const mapper::Problem &problem,
                                                  const mapper::Placement &placement, const FabricModel &model) {
  mapper::Routing routing;
  for (; !text.empty(); text = text.split('\n').second) {
    auto numbers = readNumbers(text.split('\n').first);
    if (!numbers || numbers->size() % 3 != 0)
      return std::nullopt;
    std::vector<mapper::Hop> hops;
    for (size_t i = 0; i < numbers->size(); i += 3)
      hops.push_back({(*numbers)[i], (*numbers)[i + 1], (*numbers)[i + 2]});
    routing.hops.add(hops);
  }
  if (routing.hops.size() != problem.nets.size() || !mapper::verifyRouting(problem, placement, routing, model).empty())
    return std::nullopt;
  return routing;
}

/// Routes depend on where units stand, not on why.
static std::string routingKey(mapper::Problem problem, const mapper::Placement &placement, const FabricModel &model) {
  problem.reservedSites.clear();
  problem.attractions.clear();
  for (mapper::Unit &unit : problem.units)
    unit.fixedSite.reset();
  return textOf(std::move(problem), model) + "placement " + print(placement);
}

Result<mapper::Placement> fabric::place(ContentCache &cache, const mapper::Problem &problem, const FabricModel &model,
                                        uint64_t seed) {
  std::string key = textOf(problem, model) + "seed " + std::to_string(seed);
  if (auto text = cache.find(placementKind, key)) {
    if (auto placement = readPlacement(*text, problem, model))
      return *placement;
    cache.reject(placementKind, key, "it is no placement of its problem");
  }
  mapper::MapOptions options;
  options.place.seed = seed;
  auto mapping = mapper::mapOntoFabric(problem, model, options);
  if (!mapping)
    return mapping.takeError();
  cache.put(placementKind, key, print(mapping->placement));
  cache.put(routingKind, routingKey(problem, mapping->placement, model), print(mapping->routing));
  return std::move(mapping->placement);
}

Result<mapper::Routing> fabric::route(ContentCache &cache, const mapper::Problem &problem,
                                      const mapper::Placement &placement, const FabricModel &model) {
  std::string key = routingKey(problem, placement, model);
  if (auto text = cache.find(routingKind, key)) {
    if (auto routing = readRouting(*text, problem, placement, model))
      return *routing;
    cache.reject(routingKind, key, "it is no routing of its problem");
  }
  auto routing = mapper::route(problem, placement, model);
  if (routing)
    cache.put(routingKind, key, print(*routing));
  return routing;
}
