// Document.h - the field table as a page: what docs/Bitstream.md says about frames
#ifndef JACQUARD_BITSTREAM_DOCUMENT_H
#define JACQUARD_BITSTREAM_DOCUMENT_H

#include "jacquard/Arch/FabricModel.h"

#include <string>

namespace jacquard::bitstream {

/// Markdown tables of all fields: name, bits as a function of the architecture and on `example`, range, meaning.
std::string documentFrames(const FabricModel &example);

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_DOCUMENT_H
