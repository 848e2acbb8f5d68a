// NormalForm.h - configurations and sections as text in which equal things are equal
#ifndef JACQUARD_TEST_UNIT_TARGET_BITSTREAM_NORMALFORM_H
#define JACQUARD_TEST_UNIT_TARGET_BITSTREAM_NORMALFORM_H

#include "jacquard/Bitstream/Config.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include <string>

namespace jacquard::test {

/// Every member of every struct, one line per unit and switch. Knows nothing of the field table that packs and
/// disassembles.
std::string describeConfig(const bitstream::SectionConfig &config);

/// Units by site with their streams as "producer site : result", bodies with words as expressions, routes as sorted
/// hops. Leaves out what bits do not hold: locations, names, order of ops.
std::string describeSection(fabric::SectionOp section, const FabricModel &model);

} // namespace jacquard::test

#endif // JACQUARD_TEST_UNIT_TARGET_BITSTREAM_NORMALFORM_H
