// Npy.cpp - NumPy's array file: magic, version, a header that is a Python dict, raw data
#include "TensorSize.h"

#include "jacquard/Runtime/TensorIO.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>

namespace jacquard::runtime {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct TypeCode {
  const char *code; ///< kind and bytes
  DType type;
};
constexpr TypeCode typeCodes[] = {
    {"f4", DType::F32}, {"f8", DType::F64}, {"f2", DType::F16}, {"i1", DType::I8},
    {"i2", DType::I16}, {"i4", DType::I32}, {"i8", DType::I64}, {"u1", DType::U8},
    {"u2", DType::U16}, {"u4", DType::U32}, {"u8", DType::U64}, {"b1", DType::Bool},
};

struct Header {
  std::optional<DType> type;
  bool bigEndian = false;
  std::optional<bool> fortran;
  std::optional<std::vector<int64_t>> shape;
};

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` and nothing else.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : rest(text) {}

  Result<Header> parse() {
    Header header;
    if (!take('{'))
      return expected("'{'");
    while (!take('}')) {
      std::string key;
      if (!string(key) || !take(':'))
        return expected("a key and ':'");
      if (Status status = value(key, header); !status)
        return status.takeError();
      if (!take(',') && peek() != '}')
        return expected("',' or '}'");
    }
    if (peek() != 0)
      return expected("the end of the header");
    if (!header.type || !header.fortran || !header.shape)
      return Error{"npy: the header lacks 'descr', 'fortran_order' or 'shape'"};
    return header;
  }

private:
  Error expected(const char *what) const {
    return Error{fmt::format("npy: expected {} in the header at '{}'", what, printable(rest.substr(0, 16)))};
  }
  static std::string printable(std::string_view text) {
    std::string result(text);
    std::replace_if(result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return result;
  }

  Status value(const std::string &key, Header &header) {
    if (key == "descr")
      return description(header);
    if (key == "fortran_order") {
      header.fortran = literal("True");
      return *header.fortran || literal("False") ? Status() : expected("True or False");
    }
    if (key == "shape")
      return shape(header);
    return Error{fmt::format("npy: unknown key '{}' in the header", printable(key))};
  }

  Status description(Header &header) {
    std::string text;
    if (!string(text))
      return Error{"npy: record types are not supported; save a plain array"};
    char order = text.empty() ? 0 : text[0];
    std::string code = order == '<' || order == '>' || order == '|' || order == '=' ? text.substr(1) : text;
    header.bigEndian = order == '>';
    for (const TypeCode &known : typeCodes)
      if (code == known.code)
        header.type = known.type;
    if (!header.type)
      return Error{
          fmt::format("npy: type '{}' is not supported; expected a bool, an integer or a float of at most 64 bits",
                      printable(text))};
    return {};
  }

  Status shape(Header &header) {
    if (!take('('))
      return expected("'('");
    header.shape.emplace();
    while (!take(')')) {
      int64_t extent;
      if (!number(extent))
        return expected("an extent");
      header.shape->push_back(extent);
      if (header.shape->size() > 64)
        return Error{"npy: more than 64 dimensions"};
      if (!take(',') && peek() != ')')
        return expected("',' or ')'");
    }
    return {};
  }

  void skipSpace() {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t'))
      rest.remove_prefix(1);
  }
  char peek() {
    skipSpace();
    return rest.empty() ? 0 : rest[0];
  }
  bool take(char c) {
    if (peek() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  bool literal(std::string_view word) {
    skipSpace();
    if (rest.substr(0, word.size()) != word)
      return false;
    rest.remove_prefix(word.size());
    return true;
  }
  bool string(std::string &text) {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      return false;
    size_t end = rest.find(quote, 1);
    if (end == std::string_view::npos)
      return false;
    text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return true;
  }
  bool number(int64_t &value) {
    skipSpace();
    size_t digits = 0;
    value = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9' && digits < 18; ++digits)
      value = value * 10 + (rest[digits] - '0');
    rest.remove_prefix(digits);
    return digits > 0;
  }

  std::string_view rest;
};

void swapBytes(Tensor &tensor) {
  unsigned size = dtypeBytes(tensor.type);
  for (size_t i = 0; i + size <= tensor.bytes.size(); i += size)
    std::reverse(tensor.bytes.begin() + int64_t(i), tensor.bytes.begin() + int64_t(i + size));
}

/// From first index fastest to last index fastest.
void makeRowMajor(Tensor &tensor) {
  unsigned size = dtypeBytes(tensor.type);
  std::vector<uint8_t> source(tensor.bytes.size());
  source.swap(tensor.bytes);
  std::vector<int64_t> index(tensor.shape.size());
  std::vector<size_t> strides;
  size_t stride = size;
  for (int64_t extent : tensor.shape) {
    strides.push_back(stride);
    stride *= size_t(extent);
  }
  size_t from = 0;
  for (size_t to = 0; to < source.size(); to += size) {
    std::memcpy(&tensor.bytes[to], &source[from], size);
    for (size_t d = index.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < tensor.shape[d])
        break;
      from -= strides[d] * size_t(tensor.shape[d]);
      index[d] = 0;
    }
  }
}

} // namespace

Result<Tensor> readNpy(std::string_view bytes) {
  if (bytes.substr(0, magic.size()) != magic)
    return Error{bytes.empty() ? "npy: the file is empty" : "npy: the file does not begin with the NumPy magic"};
  if (bytes.size() < 10)
    return Error{"npy: the file ends within the header"};
  unsigned version = uint8_t(bytes[6]);
  if (version < 1 || version > 3)
    return Error{fmt::format("npy: format version {} is not supported; expected 1, 2 or 3", version)};
  unsigned lengthBytes = version == 1 ? 2 : 4;
  if (bytes.size() < 8 + lengthBytes)
    return Error{"npy: the file ends within the header"};
  size_t length = 0;
  for (unsigned i = 0; i < lengthBytes; ++i)
    length |= size_t(uint8_t(bytes[8 + i])) << 8 * i;
  size_t dataStart = 8 + lengthBytes + length;
  if (bytes.size() < dataStart)
    return Error{fmt::format("npy: the file ends within the header of {} bytes", length)};
  Result<Header> header = HeaderParser(bytes.substr(8 + lengthBytes, length)).parse();
  if (!header)
    return header.takeError();

  std::string described = describeTensorType(*header->type, *header->shape);
  std::optional<uint64_t> elements = countElements(*header->shape);
  if (!elements || *elements * dtypeBytes(*header->type) != bytes.size() - dataStart)
    return Error{fmt::format("npy: {} bytes of data do not make {}", bytes.size() - dataStart, described)};
  Tensor tensor{*header->type, *header->shape, {}};
  tensor.bytes.assign(bytes.begin() + int64_t(dataStart), bytes.end());
  if (header->bigEndian)
    swapBytes(tensor);
  if (*header->fortran && tensor.shape.size() > 1)
    makeRowMajor(tensor);
  if (tensor.type == DType::Bool)
    for (uint8_t &byte : tensor.bytes)
      byte = byte != 0;
  return tensor;
}

Result<std::string> writeNpy(const Tensor &tensor) {
  const TypeCode *code = std::find_if(std::begin(typeCodes), std::end(typeCodes),
                                      [&](const TypeCode &known) { return known.type == tensor.type; });
  if (code == std::end(typeCodes))
    return Error{fmt::format("npy has no type {}; save as .pb", dtypeName(tensor.type))};
  std::string shape;
  for (int64_t extent : tensor.shape)
    shape += fmt::format("{}, ", extent);
  if (tensor.shape.size() > 1)
    shape.resize(shape.size() - 2);
  else if (!shape.empty())
    shape.pop_back();
  std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                   dtypeBytes(tensor.type) == 1 ? '|' : '<', code->code, shape);
  // The data begin at a multiple of 64 bytes; the header ends with a line break.
  bool longHeader = header.size() > 65000;
  unsigned before = longHeader ? 12 : 10;
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes(magic);
  bytes += longHeader ? '\2' : '\1';
  bytes += '\0';
  for (unsigned i = 0; i < before - 8; ++i)
    bytes += char(header.size() >> 8 * i & 0xff);
  bytes += header;
  bytes.append(tensor.bytes.begin(), tensor.bytes.end());
  return bytes;
}

} // namespace jacquard::runtime
