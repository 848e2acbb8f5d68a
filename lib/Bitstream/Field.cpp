// Field.cpp - names of frames and fields in messages and text
#include "Field.h"

#include <fmt/format.h>

namespace jacquard::bitstream {

std::string describeFrame(const FabricModel &model, FrameId frame) {
  if (frame.isSite)
    return model.describeSite(frame.index);
  unsigned width = unsigned(model.width());
  return fmt::format("switch({},{}).{}", frame.index % width, frame.index / width, networkKindName(frame.net));
}

std::string describePort(const FabricModel &model, const SwitchPort &port, bool isSource) {
  static constexpr const char *directions[] = {"north", "east", "south", "west"};
  if (port.isLink)
    return fmt::format("link {} {}", directions[unsigned(port.direction)], port.track);
  return fmt::format("{} {} {}", model.describeSite(port.site), isSource ? "output" : "input", port.port);
}

void FieldVisitor::fail(const char *field, const std::string &text) {
  if (message.empty())
    message = fmt::format("{}: {}: {}", describeFrame(model, frame), pathTo(field), text);
}

std::string FieldVisitor::pathTo(const char *field) const {
  std::string text;
  for (const Step &step : path) {
    text += step.name;
    text += step.index < 0 ? "." : fmt::format("[{}].", step.index);
  }
  text += field;
  if (!text.empty() && text.back() == '.')
    text.pop_back(); // an element without fields of its own
  return text;
}

bool FieldVisitor::checkRange(const Field &field, int64_t value) {
  if (value >= field.min && value <= field.max)
    return true;
  if (field.min > field.max)
    fail(field.name, fmt::format("{} is not allowed; expected no value, there is nothing to choose from", value));
  else
    fail(field.name, fmt::format("{} is not allowed; expected {} to {}", value, field.min, field.max));
  return false;
}

} // namespace jacquard::bitstream
