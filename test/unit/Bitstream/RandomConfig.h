// RandomConfig.h - random configurations that the architecture allows, for round trips and mutation
#ifndef JACQUARD_TEST_UNIT_BITSTREAM_RANDOMCONFIG_H
#define JACQUARD_TEST_UNIT_BITSTREAM_RANDOMCONFIG_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Support/Random.h"

namespace jacquard::bitstream::test {

/// Every unit is configured with probability `fill`; fields that their frame does not hold keep their defaults.
SectionConfig randomSection(Random &random, const FabricModel &model, double fill);

/// A program of a few random sections with segments, symbols and names.
Program randomProgram(Random &random, const ArchSpec &spec, unsigned sections, double fill);

} // namespace jacquard::bitstream::test

#endif // JACQUARD_TEST_UNIT_BITSTREAM_RANDOMCONFIG_H
