// jacquard-map.cpp - places and routes netlists in their text form and prints what came out; knows nothing of the
// compiler
#include "jacquard/Mapper/Balance.h"
#include "jacquard/Mapper/Map.h"
#include "jacquard/Mapper/Measure.h"
#include "jacquard/Mapper/ProblemText.h"
#include "jacquard/Support/File.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>

using namespace jacquard;
using namespace jacquard::mapper;

namespace {

constexpr const char *description =
    R"(Places and routes netlists and prints figures of each mapping, tab-separated, a line per netlist and seed.

Netlists come from 'jacquard-translate --export-netlists', which reads what 'jacquard compile --until=partition' wrote.)";

struct Settings {
  std::string file, arch = "plasticine";
  unsigned seeds = 1, vectorTracks = 0;
  bool fewest = false, list = false, balance = false;
};

void addOptions(CLI::App &app, Settings &settings) {
  app.add_option("netlists", settings.file, "a file of netlists, or - for standard input")->required();
  app.add_option("--arch", settings.arch, "architecture: a preset or a .textproto file")->capture_default_str();
  app.add_option("--seeds", settings.seeds, "map each netlist with the seeds 1 to N")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--vector-tracks", settings.vectorTracks, "vector tracks instead of those of the architecture")
      ->type_name("N");
  app.add_flag("--fewest-tracks", settings.fewest,
               "find also the fewest vector tracks that route (at most twice those given)");
  app.add_flag("--balance", settings.balance,
               "name pairs of paths that part, meet again and lack room, on standard error");
  app.add_flag("--list-fabric", settings.list, "print the sites and ports of the architecture first");
}

/// What another tool needs to build the same grid.
void listFabric(const FabricModel &model) {
  fmt::print("grid\t{}\t{}\t{}\t{}\t{}\n", model.width(), model.height(), model.tracks(NetworkKind::Vector),
             model.tracks(NetworkKind::Scalar), model.tracks(NetworkKind::Control));
  for (UnitKind kind : {UnitKind::Compute, UnitKind::Memory, UnitKind::DramPort}) {
    const PortCounts &ports = model.ports(kind);
    fmt::print("ports\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", unitKindName(kind), ports.vectorIn, ports.scalarIn,
               ports.controlIn, ports.vectorOut, ports.scalarOut, ports.controlOut);
  }
  for (const Site &site : model.sites())
    fmt::print("site\t{}\t{}\t{}\t{}\n", unitKindName(site.kind), site.x, site.y, site.slot);
}

FabricModel withVectorTracks(const FabricModel &model, unsigned tracks) {
  ArchSpec spec = model.spec();
  spec.network.vectorTracks = tracks;
  return FabricModel(spec);
}

/// The fewest vector tracks with which `problem` maps, searched from those of `model`, where it does or does not map.
/// At most twice as many are tried; one more than that stands for "not even then".
unsigned fewestTracks(const Problem &problem, const FabricModel &model, bool maps, const MapOptions &options) {
  const unsigned given = model.tracks(NetworkKind::Vector);
  const auto mapsWith = [&](unsigned tracks) {
    return bool(mapOntoFabric(problem, withVectorTracks(model, tracks), options));
  };
  unsigned tracks = maps ? given : given + 1;
  if (maps)
    while (tracks > 1 && mapsWith(tracks - 1))
      --tracks;
  else
    while (tracks <= 2 * given && !mapsWith(tracks))
      ++tracks;
  return tracks;
}

void printBalance(const NamedProblem &netlist, const Mapping &mapping, const FabricModel &model) {
  const std::vector<Reconvergence> pairs = reconvergences(netlist.problem, mapping.placement, mapping.routing, model);
  const size_t lacking =
      size_t(std::count_if(pairs.begin(), pairs.end(), [](auto &pair) { return pair.missing() > 0; }));
  fmt::print(stderr, "{}: {} inputs where paths meet again, {} lack room\n", netlist.name, pairs.size(),
             lacking);
  for (size_t i = 0; i < std::min<size_t>(lacking, 4); ++i)
    fmt::print(stderr, "  {}\n", describe(pairs[i], netlist.problem));
}

void mapOne(const NamedProblem &netlist, unsigned seed, const FabricModel &model, const Settings &settings) {
  MapOptions options;
  options.place.seed = seed;
  const auto start = std::chrono::steady_clock::now();
  const Result<Mapping> mapping = mapOntoFabric(netlist.problem, model, options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RouteFigures figures;
  if (mapping)
    figures = measure(netlist.problem, mapping->placement, mapping->routing, model);
  if (mapping && settings.balance)
    printBalance(netlist, *mapping, model);
  const unsigned fewest = settings.fewest ? fewestTracks(netlist.problem, model, bool(mapping), options) : 0;
  fmt::print("{}\t{}\t{}\t{}\t{:.4f}\t{:.4f}\t{}\t{}\t{:.3f}\t{}\n", netlist.name, seed, mapping ? 1 : 0, figures.links,
             figures.meanHops, figures.weightedHops, figures.longestHops, fewest, seconds,
             mapping ? "" : mapping.error());
  std::fflush(stdout); // a line may take seconds
}

Status run(const Settings &settings) {
  Result<ArchSpec> spec = loadArch(settings.arch);
  if (!spec)
    return spec.takeError();
  if (settings.vectorTracks)
    spec->network.vectorTracks = settings.vectorTracks;
  const FabricModel model(*spec);
  if (settings.list)
    listFabric(model);
  Result<std::string> text = readFile(settings.file);
  if (!text)
    return text.takeError();
  Result<std::vector<NamedProblem>> netlists = readProblems(*text, settings.file);
  if (!netlists)
    return netlists.takeError();
  fmt::print("netlist\tseed\trouted\tlinks\tmean hops\tweighted hops\tlongest hops\tfewest tracks\tseconds\terror\n");
  for (const NamedProblem &netlist : *netlists) {
    if (Status status = check(netlist.problem, model); !status)
      return Error{fmt::format("{}: netlist '{}': {}", settings.file, netlist.name, status.error())};
    for (unsigned seed = 1; seed <= settings.seeds; ++seed)
      mapOne(netlist, seed, model, settings);
  }
  return {};
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app(description, "jacquard-map");
  Settings settings;
  addOptions(app, settings);
  CLI11_PARSE(app, argc, argv);
  if (Status status = run(settings); !status) {
    fmt::print(stderr, "error: {}\n", status.error());
    return 1;
  }
  return 0;
}
