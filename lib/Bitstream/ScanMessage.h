// ScanMessage.h - bounds what a serialized message grows to before it is parsed
#ifndef JACQUARD_BITSTREAM_SCANMESSAGE_H
#define JACQUARD_BITSTREAM_SCANMESSAGE_H

#include "jacquard/Support/Result.h"

#include <google/protobuf/descriptor.h>
#include <string_view>

namespace jacquard::bitstream {

/// A message inside another takes two bytes in a file and a hundred in memory. Checks that `bytes` hold at most one
/// message (or field that the format does not know) per 16 bytes, beyond a start of 4096, so that the parsed form has a
/// few times the size of the file; and no groups, which the format does not use.
Status scanMessage(std::string_view bytes, const google::protobuf::Descriptor &type);

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_SCANMESSAGE_H
