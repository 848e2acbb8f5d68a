// TensorIOTest.cpp - tensor files: round trips, foreign layouts, and every way a file can be wrong
#include "jacquard/Runtime/TensorIO.h"
#include "jacquard/Support/Random.h"

#include <cstring>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

using namespace jacquard;
using namespace jacquard::runtime;

namespace {

constexpr DType allTypes[] = {DType::F32, DType::F64, DType::F16, DType::BF16, DType::I8,  DType::I16, DType::I32,
                              DType::I64, DType::U8,  DType::U16, DType::U32,  DType::U64, DType::Bool};

Tensor someTensor(DType type, std::vector<int64_t> shape) {
  Tensor tensor = makeTensor(type, std::move(shape));
  Random random(uint64_t(type) + 1);
  for (uint8_t &byte : tensor.bytes)
    byte = uint8_t(type == DType::Bool ? random.below(2) : random.below(256));
  return tensor;
}

void expectEqual(const Tensor &a, const Tensor &b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.bytes, b.bytes);
}

/// A version 1 file with this header text and data.
std::string npy(const std::string &header, const std::string &data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += char(header.size() & 0xff);
  bytes += char(header.size() >> 8);
  if (version > 1)
    bytes += std::string(2, '\0');
  return bytes + header + data;
}

std::string npyError(const std::string &bytes) {
  Result<Tensor> tensor = readNpy(bytes);
  EXPECT_FALSE(bool(tensor));
  return tensor ? "" : tensor.error();
}

std::string protoError(const onnx::TensorProto &proto) {
  Result<NamedTensor> tensor = readTensorProto(proto.SerializeAsString());
  EXPECT_FALSE(bool(tensor));
  return tensor ? "" : tensor.error();
}

} // namespace

TEST(NpyTest, RoundTripsAllTypesAndRanks) {
  for (DType type : allTypes)
    for (const std::vector<int64_t> &shape :
         std::vector<std::vector<int64_t>>{{}, {5}, {2, 3}, {2, 0, 3}, {1, 2, 3, 4}}) {
      Tensor tensor = someTensor(type, shape);
      Result<std::string> bytes = writeNpy(tensor);
      if (type == DType::BF16) {
        EXPECT_EQ(bytes.error(), "npy has no type bfloat16; save as .pb");
        continue;
      }
      ASSERT_TRUE(bool(bytes));
      EXPECT_EQ((bytes->size() - tensor.bytes.size()) % 64, 0u);
      Result<Tensor> again = readNpy(*bytes);
      ASSERT_TRUE(bool(again)) << again.error();
      expectEqual(*again, tensor);
    }
}

TEST(NpyTest, WritesWhatNumpyWrites) {
  Result<std::string> bytes = writeNpy(someTensor(DType::F32, {3}));
  EXPECT_EQ(bytes->substr(10, 57), "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
}

TEST(NpyTest, ReadsFortranOrder) {
  std::string data = {0, 3, 1, 4, 2, 5}; // columns of [[0, 1, 2], [3, 4, 5]]
  Result<Tensor> tensor = readNpy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", data));
  ASSERT_TRUE(bool(tensor)) << tensor.error();
  EXPECT_EQ(tensor->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(tensor->bytes, (std::vector<uint8_t>{0, 1, 2, 3, 4, 5}));
}

TEST(NpyTest, ReadsBigEndianAndNewerVersions) {
  for (char version : {1, 2, 3}) {
    Result<Tensor> tensor = readNpy(npy("{\"shape\": (1,), 'fortran_order':False,'descr': '>i2'}\n", {1, 2}, version));
    ASSERT_TRUE(bool(tensor)) << tensor.error();
    EXPECT_EQ(tensor->data<int16_t>()[0], 0x102);
  }
}

TEST(NpyTest, SaysWhatIsWrong) {
  std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  EXPECT_EQ(npyError(""), "npy: the file is empty");
  EXPECT_EQ(npyError("hello world"), "npy: the file does not begin with the NumPy magic");
  EXPECT_EQ(npyError("\x93NUMPY\1"), "npy: the file ends within the header");
  EXPECT_EQ(npyError(npy(good, "").substr(0, 30)), "npy: the file ends within the header of 57 bytes");
  EXPECT_EQ(npyError(npy(good, "1234567")), "npy: 7 bytes of data do not make 2xfloat32");
  EXPECT_EQ(npyError(npy(good, "123456789")), "npy: 9 bytes of data do not make 2xfloat32");
  EXPECT_EQ(npyError(npy(good, "12345678", 9)), "npy: format version 9 is not supported; expected 1, 2 or 3");
  EXPECT_EQ(npyError(npy("{'descr': '<c8', 'fortran_order': False, 'shape': ()}", "")),
            "npy: type '<c8' is not supported; expected a bool, an integer or a float of at most 64 bits");
  EXPECT_EQ(npyError(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "")),
            "npy: record types are not supported; save a plain array");
  EXPECT_EQ(npyError(npy("{'descr': '<f4', 'shape': (2,)}", "")),
            "npy: the header lacks 'descr', 'fortran_order' or 'shape'");
  EXPECT_EQ(npyError(npy("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}", "")),
            "npy: expected True or False in the header at 'Maybe, 'shape': '");
  EXPECT_EQ(npyError(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "")),
            "npy: expected an extent in the header at '-2,)}'");
  EXPECT_EQ(npyError(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}", "1234")),
            "npy: 4 bytes of data do not make 99999999999x99999999999xfloat32");
}

TEST(TensorProtoTest, RoundTripsAllTypes) {
  for (DType type : allTypes) {
    NamedTensor tensor{"x", someTensor(type, {2, 3})};
    Result<NamedTensor> again = readTensorProto(writeTensorProto(tensor));
    ASSERT_TRUE(bool(again)) << again.error();
    EXPECT_EQ(again->name, "x");
    expectEqual(again->tensor, tensor.tensor);
  }
}

TEST(TensorProtoTest, ReadsTypedFields) {
  onnx::TensorProto proto;
  proto.add_dims(2);
  proto.set_data_type(onnx::TensorProto::INT8);
  proto.add_int32_data(-128);
  proto.add_int32_data(127);
  Result<NamedTensor> tensor = readTensorProto(proto.SerializeAsString());
  ASSERT_TRUE(bool(tensor)) << tensor.error();
  EXPECT_EQ(tensor->tensor.data<int8_t>()[0], -128);
  EXPECT_EQ(tensor->tensor.data<int8_t>()[1], 127);

  proto.set_data_type(onnx::TensorProto::BOOL);
  proto.set_int32_data(0, 0);
  proto.set_int32_data(1, 7);
  tensor = readTensorProto(proto.SerializeAsString());
  ASSERT_TRUE(bool(tensor)) << tensor.error();
  EXPECT_EQ(tensor->tensor.bytes, (std::vector<uint8_t>{0, 1}));

  proto.Clear();
  proto.set_data_type(onnx::TensorProto::DOUBLE); // a scalar
  proto.add_double_data(0.5);
  tensor = readTensorProto(proto.SerializeAsString());
  ASSERT_TRUE(bool(tensor)) << tensor.error();
  EXPECT_EQ(tensor->tensor.data<double>()[0], 0.5);
  EXPECT_TRUE(tensor->tensor.shape.empty());
}

TEST(TensorProtoTest, ReadsPackedElements) {
  onnx::TensorProto proto;
  proto.add_dims(3);
  proto.set_data_type(22); // int4
  proto.add_int32_data(0x78);
  proto.add_int32_data(0x0f);
  Result<NamedTensor> typed = readTensorProto(proto.SerializeAsString());
  ASSERT_TRUE(bool(typed)) << typed.error();
  EXPECT_EQ(typed->tensor.bytes, (std::vector<uint8_t>{0xf8, 7, 0xff}));
  Result<NamedTensor> raw = readTensorProto(writeTensorProto(*typed));
  ASSERT_TRUE(bool(raw)) << raw.error();
  expectEqual(raw->tensor, typed->tensor);
  proto.add_int32_data(0);
  EXPECT_EQ(protoError(proto), "TensorProto: 3 bytes of packed values do not make 3xint4");
}

TEST(TensorProtoTest, SaysWhatIsWrong) {
  EXPECT_EQ(readTensorProto("").error(), "TensorProto: the file is empty");
  EXPECT_EQ(readTensorProto("\xff\xff\xff\xff garbage").error(),
            "TensorProto: the file is truncated or not an ONNX tensor");
  EXPECT_EQ(readTensorProto(std::string_view("\x10\x00", 2)).error(),
            "TensorProto: no element type; the file is not an ONNX tensor");

  onnx::TensorProto proto;
  proto.add_dims(3);
  proto.set_data_type(onnx::TensorProto::FLOAT);
  EXPECT_EQ(protoError(proto), "TensorProto: 0 values do not make 3xfloat32");
  proto.set_raw_data("12345");
  EXPECT_EQ(protoError(proto), "TensorProto: 5 bytes of data do not make 3xfloat32");
  proto.set_data_type(14);
  EXPECT_EQ(protoError(proto),
            "TensorProto: element type 14 (complex64) is not supported; expected a bool, an integer of 2 to "
            "64 bits or a float of 4 to 64");
  proto.set_data_type(onnx::TensorProto::STRING);
  EXPECT_NE(protoError(proto).find("element type 8 (string) is not supported"), std::string::npos);
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.set_dims(0, -3);
  EXPECT_EQ(protoError(proto), "TensorProto: the shape of -3xfloat32 is not possible");
  proto.set_data_location(onnx::TensorProto::EXTERNAL);
  EXPECT_EQ(protoError(proto), "TensorProto: the data are in another file; save them in the tensor itself");

  proto.Clear();
  proto.add_dims(1);
  proto.set_data_type(onnx::TensorProto::UINT8);
  proto.add_int32_data(300);
  EXPECT_EQ(protoError(proto), "TensorProto: value 300 at position 0 does not fit uint8");
}

TEST(TensorFileTest, ChoosesByEndingAndNamesTheFile) {
  std::string folder = testing::TempDir();
  Tensor tensor = someTensor(DType::F32, {4});
  for (const char *name : {"tensor-io-test.npy", "tensor-io-test.pb"}) {
    Status status = saveTensor(folder + name, tensor);
    ASSERT_TRUE(bool(status)) << status.error();
    Result<Tensor> again = loadTensor(folder + name);
    ASSERT_TRUE(bool(again)) << again.error();
    expectEqual(*again, tensor);
    std::remove((folder + name).c_str());
  }
  EXPECT_EQ(loadTensor("x.txt").error(), "[JQ5001] 'x.txt': unknown kind of tensor file; expected .npy or .pb");
  EXPECT_EQ(loadTensor("no/such/file.npy").error().find("[JQ1001] cannot open 'no/such/file.npy'"), 0u);
}
