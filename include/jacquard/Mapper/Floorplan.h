// Floorplan.h - a picture of a mapping, for people
#ifndef JACQUARD_MAPPER_FLOORPLAN_H
#define JACQUARD_MAPPER_FLOORPLAN_H

#include "jacquard/Mapper/Problem.h"

#include <string>

namespace jacquard::mapper {

/// A standalone SVG: the grid of switches and sites, placed units coloured by kind, and per network and direction a line
/// along every link bundle in use, the wider the more tracks it uses; legend and totals. Deterministic.
/// `title` heads the picture, e.g. the model's name; the mapping must be right (Verify.h).
std::string floorplanSvg(const Problem &problem, const Mapping &mapping, const FabricModel &model,
                         const std::string &title = "");

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_FLOORPLAN_H
