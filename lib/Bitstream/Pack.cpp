// Pack.cpp - section configuration <-> bits
#include "Layout.h"

#include "jacquard/Bitstream/Encode.h"

#include <fmt/format.h>

namespace jacquard::bitstream {
namespace {

uint64_t lowBits(uint64_t value, unsigned width) { return width == 64 ? value : value & ((uint64_t(1) << width) - 1); }

class Packer : public FieldVisitor {
public:
  using FieldVisitor::FieldVisitor;
  void value(const Field &field, int64_t &value) override {
    writer.write(lowBits(uint64_t(value) + field.bias, field.width), field.width);
  }
  bool present(bool is) override {
    writer.write(is, 1);
    return is;
  }
  BitWriter writer;
};

class Unpacker : public FieldVisitor {
public:
  Unpacker(const FabricModel &model, const std::vector<uint8_t> &bytes)
      : FieldVisitor(model), reader(bytes.data(), bytes.size()) {}

  void value(const Field &field, int64_t &value) override {
    if (!failed()) {
      value = int64_t(reader.read(field.width) - field.bias);
      if (reader.overrun())
        failAtEnd(field.name);
      else
        checkRange(field, value);
    }
    if (failed()) // whoever uses the value stays within the limits
      value = std::clamp<int64_t>(0, std::min(field.min, field.max), std::max(field.min, field.max));
  }
  bool present(bool) override {
    if (failed())
      return false;
    bool is = reader.read(1) != 0;
    if (reader.overrun())
      failAtEnd("presence bit");
    return is;
  }
  void finish() {
    uint64_t left = reader.bitsLeft();
    if (!failed() && left >= 8)
      message = fmt::format("{} bytes after the last frame; expected none", left / 8);
    else if (!failed() && reader.read(unsigned(left)) != 0)
      message = "bits after the last frame are set; expected zeros";
  }

private:
  BitReader reader;
  void failAtEnd(const char *field) { fail(field, "the frames end here; expected more bytes"); }
};

} // namespace

std::vector<uint8_t> packSection(const SectionConfig &config, const FabricModel &model) {
  Packer packer(model);
  visitSection(packer, config, model);
  return packer.writer.take();
}

Result<SectionConfig> unpackSection(const std::vector<uint8_t> &bytes, const FabricModel &model) {
  Unpacker unpacker(model, bytes);
  SectionConfig config;
  visitSection(unpacker, config, model);
  unpacker.finish();
  if (unpacker.failed())
    return Error{unpacker.error()};
  if (Status status = verifyConfig(config, model); !status) // the rules between fields
    return status.takeError();
  return config;
}

} // namespace jacquard::bitstream
