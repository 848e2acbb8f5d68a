// ScanMessage.cpp - walks over the wire format without building anything
#include "ScanMessage.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace jacquard::bitstream {
namespace {

namespace pb = google::protobuf;
using pb::internal::WireFormatLite;

constexpr uint64_t freeMessages = 4096, bytesPerMessage = 16;

/// Counts the messages in the rest of the stream up to its limit; false where it is not well-formed. The types of the
/// format do not contain themselves, so the recursion ends.
bool count(pb::io::CodedInputStream &stream, const pb::Descriptor &type, uint64_t &messages) {
  while (uint32_t tag = stream.ReadTag()) {
    const pb::FieldDescriptor *field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    WireFormatLite::WireType wire = WireFormatLite::GetTagWireType(tag);
    bool isMessage = field && field->type() == pb::FieldDescriptor::TYPE_MESSAGE;
    messages += !field || isMessage;
    if (wire == WireFormatLite::WIRETYPE_START_GROUP || wire == WireFormatLite::WIRETYPE_END_GROUP)
      return false;
    if (!isMessage || wire != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&stream, tag))
        return false;
      continue;
    }
    int length = 0;
    if (!stream.ReadVarintSizeAsInt(&length) || length > stream.BytesUntilLimit())
      return false;
    auto limit = stream.PushLimit(length);
    if (!count(stream, *field->message_type(), messages))
      return false;
    stream.PopLimit(limit);
  }
  return stream.ConsumedEntireMessage();
}

} // namespace

Status scanMessage(std::string_view bytes, const pb::Descriptor &type) {
  pb::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()), int(bytes.size()));
  stream.PushLimit(int(bytes.size()));
  uint64_t messages = 0;
  if (!count(stream, type, messages))
    return Error{"the description is not a message of this format"};
  if (uint64_t limit = freeMessages + bytes.size() / bytesPerMessage; messages > limit)
    return Error{fmt::format("{} entries in a description of {} bytes are too many; expected at most {}", messages,
                             bytes.size(), limit)};
  return {};
}

} // namespace jacquard::bitstream
