// BitstreamTarget.h - a placed and routed `fabric.device` as a bitstream program, and back
#ifndef JACQUARD_TARGET_BITSTREAM_BITSTREAMTARGET_H
#define JACQUARD_TARGET_BITSTREAM_BITSTREAMTARGET_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

namespace jacquard {

/// What the file says about itself.
struct BitstreamInfo {
  std::string toolVersion;
  std::vector<std::pair<std::string, std::string>> options;
  uint64_t modelHash = 0;
};

/// The program of a routed device (fabric-verify-routing holds). Fails with a diagnostic. Its segments refer to the data
/// of the device's resources, which belong to the context: the program must not be used after that is gone.
mlir::FailureOr<bitstream::Program> translateToBitstream(fabric::DeviceOp device, const BitstreamInfo &info);

/// The configuration of one routed section.
mlir::FailureOr<bitstream::SectionConfig> configureSection(fabric::SectionOp section, const FabricModel &model);

/// The inverse, from bits alone: appends a `fabric.section` whose units, streams and routes are read out of `config` to
/// `device`. DRAM ports name the buffer of `device` that holds their base address. Units come in order of their sites; names and
/// locations are not in the bits. Fails with a diagnostic when the configuration is inconsistent.
mlir::FailureOr<fabric::SectionOp> liftSection(fabric::DeviceOp device, const bitstream::SectionConfig &config,
                                               const FabricModel &model, llvm::StringRef name);

} // namespace jacquard

#endif // JACQUARD_TARGET_BITSTREAM_BITSTREAMTARGET_H
