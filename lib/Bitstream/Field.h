// Field.h - one field of a frame, and the visitor that packer, unpacker, checker, texts and page are made of
#ifndef JACQUARD_BITSTREAM_FIELD_H
#define JACQUARD_BITSTREAM_FIELD_H

#include "jacquard/Arch/FabricModel.h"
#include "jacquard/Support/BitStream.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jacquard::bitstream {

/// How the text form writes a value.
enum class Notation : uint8_t { Decimal, Hex, Flag, Name, Level, Select };

struct Field {
  const char *name;
  unsigned width;        ///< bits in the frame
  const char *widthText; ///< the same as a function of the architecture, for the page
  int64_t min, max;      ///< allowed values, in this place
  const char *rangeText; ///< the same for the page
  const char *meaning;
  Notation notation = Notation::Decimal;
  unsigned bias = 0;                              ///< the frame holds value + bias: 1 where -1 stands for "none"
  std::string_view (*nameOf)(unsigned) = nullptr; ///< Notation::Name
};

/// Names one frame: a site, or one network of a switch.
struct FrameId {
  bool isSite = true;
  unsigned index = 0; ///< of the site or the switch
  NetworkKind net = NetworkKind::Vector;
};

/// "compute(3,1)", "switch(0,2).vector"
std::string describeFrame(const FabricModel &model, FrameId frame);
/// "link east 0", "compute(3,1) input 2" ...
std::string describePort(const FabricModel &model, const SwitchPort &port, bool isSource);

/// Walks over the fields of a section in frame order (Layout.h). A visitor of a mutable section fills it, one of a
/// const section only looks. After the first error the values are arbitrary, but within their limits.
class FieldVisitor {
public:
  explicit FieldVisitor(const FabricModel &model) : model(model) {}
  virtual ~FieldVisitor() = default;

  virtual void value(const Field &field, int64_t &value) = 0;
  /// Whether the frame is there: takes what the section says and returns what holds.
  virtual bool present(bool is) = 0;
  /// Fields that exist only on a condition; the page shows them all.
  virtual bool when(bool condition, const char *text) { return condition; }
  virtual void endWhen() {}
  /// How many of `size` equal elements to visit.
  virtual size_t elements(size_t size, const char *sizeText) { return size; }

  void enterFrame(FrameId id) { frame = id; }
  void push(const char *name, int64_t index = -1) { path.push_back({name, index}); }
  void pop() { path.pop_back(); }

  /// Keeps the first error: "compute(3,1): stages[2].opcode: ...".
  void fail(const char *field, const std::string &text);
  bool failed() const { return !message.empty(); }
  const std::string &error() const { return message; }

protected:
  const FabricModel &model;
  FrameId frame;
  std::string message;

  std::string pathTo(const char *field) const;
  /// Reports a value out of range.
  bool checkRange(const Field &field, int64_t value);

private:
  struct Step {
    const char *name;
    int64_t index;
  };
  std::vector<Step> path;
};

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_FIELD_H
