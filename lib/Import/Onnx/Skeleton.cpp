// Skeleton.cpp - walk a model on the level of protobuf's wire format and leave out large tensors
#include "Skeleton.h"

#include "onnx/onnx_pb.h"

using namespace jacquard;
using llvm::StringRef;

namespace {

/// Raw data below this size is parsed with the rest.
constexpr size_t smallData = 4096;
/// Messages nest no deeper than protobuf's own limit.
constexpr int mostNested = 100;

enum class Message { None, Model, Graph, Node, Attribute, Tensor, SparseTensor, Function, Training };

/// All ways that lead to a tensor. Field numbers are those of onnx.proto.
struct Child {
  Message parent;
  uint64_t field;
  Message message;
};
constexpr Child children[] = {
    {Message::Model, 7, Message::Graph},
    {Message::Model, 20, Message::Training},
    {Message::Model, 25, Message::Function},
    {Message::Training, 1, Message::Graph},
    {Message::Training, 2, Message::Graph},
    {Message::Function, 7, Message::Node},
    {Message::Function, 11, Message::Attribute},
    {Message::Graph, 1, Message::Node},
    {Message::Graph, 5, Message::Tensor},
    {Message::Graph, 15, Message::SparseTensor},
    {Message::Node, 5, Message::Attribute},
    {Message::Attribute, 5, Message::Tensor},
    {Message::Attribute, 6, Message::Graph},
    {Message::Attribute, 10, Message::Tensor},
    {Message::Attribute, 11, Message::Graph},
    {Message::Attribute, 22, Message::SparseTensor},
    {Message::Attribute, 23, Message::SparseTensor},
    {Message::SparseTensor, 1, Message::Tensor},
    {Message::SparseTensor, 2, Message::Tensor},
};

Message childOf(Message parent, uint64_t field) {
  for (const Child &child : children)
    if (child.parent == parent && child.field == field)
      return child.message;
  return Message::None;
}

enum WireType : unsigned { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

bool readVarint(StringRef &bytes, uint64_t &value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    uint8_t byte = uint8_t(bytes.front());
    bytes = bytes.drop_front();
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80)
      return true;
  }
  return false;
}

void writeVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

void writeDelimited(std::string &out, uint64_t field, StringRef bytes) {
  writeVarint(out, field << 3 | Delimited);
  writeVarint(out, bytes.size());
  out.append(bytes.data(), bytes.size());
}

/// One field of a message: all its bytes and, of delimited ones, the content.
struct Field {
  uint64_t number = 0;
  bool isDelimited = false;
  StringRef all, content;
};

/// Takes the next field off `bytes`; false, with `bytes` as they were, where there is none.
bool takeField(StringRef &bytes, Field &field) {
  StringRef rest = bytes;
  uint64_t tag = 0, size = 0;
  if (!readVarint(rest, tag))
    return false;
  field = {tag >> 3, (tag & 7) == Delimited, {}, {}};
  switch (tag & 7) {
  case Varint: {
    uint64_t unused;
    if (!readVarint(rest, unused))
      return false;
    break;
  }
  case Fixed64:
    size = 8;
    break;
  case Fixed32:
    size = 4;
    break;
  case Delimited:
    if (!readVarint(rest, size))
      return false;
    break;
  default:
    return false; // groups: no ONNX message has them
  }
  if (size > rest.size())
    return false;
  field.content = rest.take_front(size);
  rest = rest.drop_front(size);
  field.all = bytes.drop_back(rest.size());
  bytes = rest;
  return true;
}

class Skeleton {
public:
  explicit Skeleton(StringRef model) : model(model) {}
  std::string copy(Message kind, StringRef bytes, int depth);

private:
  void refer(std::string &out, StringRef data);

  StringRef model;
};

/// Fields of a tensor: its data is in the model's file.
void Skeleton::refer(std::string &out, StringRef data) {
  auto entry = [&](StringRef key, const std::string &value) {
    std::string text;
    writeDelimited(text, onnx::StringStringEntryProto::kKeyFieldNumber, key);
    writeDelimited(text, onnx::StringStringEntryProto::kValueFieldNumber, value);
    writeDelimited(out, onnx::TensorProto::kExternalDataFieldNumber, text);
  };
  entry("location", importer::ownFile);
  entry("offset", std::to_string(data.data() - model.data()));
  entry("length", std::to_string(data.size()));
  writeVarint(out, uint64_t(onnx::TensorProto::kDataLocationFieldNumber) << 3 | Varint);
  writeVarint(out, onnx::TensorProto::EXTERNAL);
}

std::string Skeleton::copy(Message kind, StringRef bytes, int depth) {
  std::string out;
  StringRef largeData;
  for (Field field; takeField(bytes, field);) {
    bool isLarge = field.isDelimited && field.content.size() >= smallData;
    Message child = isLarge && depth < mostNested ? childOf(kind, field.number) : Message::None;
    if (isLarge && kind == Message::Tensor && field.number == onnx::TensorProto::kRawDataFieldNumber)
      largeData = field.content;
    else if (child != Message::None)
      writeDelimited(out, field.number, copy(child, field.content, depth + 1));
    else
      out.append(field.all.data(), field.all.size());
  }
  out.append(bytes.data(), bytes.size()); // empty, or damaged
  if (!largeData.empty())
    refer(out, largeData);
  return out;
}

} // namespace

std::string importer::makeSkeleton(StringRef model) { return Skeleton(model).copy(Message::Model, model, 0); }
