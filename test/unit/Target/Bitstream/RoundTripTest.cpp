// RoundTripTest.cpp - the bits say what the routed IR said, and say it again in every compilation
#include "NormalForm.h"
#include "SmallPrograms.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/ThreadPool.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::test;

namespace {

/// A program and an architecture.
using Case = std::tuple<SmallProgram, const char *>;

class RoundTripTest : public testing::TestWithParam<Case> {
protected:
  RoundTripTest() : context(makeRegistry(), mlir::MLIRContext::Threading::DISABLED) {}

  const char *text() const { return std::get<0>(GetParam()).text; }
  const char *arch() const { return std::get<1>(GetParam()); }

  mlir::MLIRContext context;
};

std::string nameOf(const testing::TestParamInfo<Case> &info) {
  return std::get<0>(info.param).name.str() + "On" + std::get<1>(info.param);
}

/// The file that compiling `text` in `context` gives.
std::string compileToBytes(mlir::MLIRContext &context, const char *text, const char *arch) {
  auto module = compileUntil(context, text, arch);
  if (!module)
    return "";
  auto program = translateToBitstream(deviceOf(*module), {"test", {{"seed", "1"}}, 7});
  if (failed(program))
    return "";
  auto bytes = bitstream::writeProgram(*program);
  EXPECT_TRUE(bool(bytes)) << bytes.error();
  return bytes ? *bytes : "";
}

} // namespace

TEST_P(RoundTripTest, LiftedBitsAreTheRoutedSections) {
  auto module = compileUntil(context, text(), arch());
  ASSERT_TRUE(module);
  fabric::DeviceOp device = deviceOf(*module);
  auto model = fabric::loadFabricModel(device, device.getArch());
  ASSERT_TRUE(model);
  auto sections = llvm::to_vector(device.getBody().front().getOps<fabric::SectionOp>());
  ASSERT_FALSE(sections.empty());
  for (fabric::SectionOp section : sections) {
    SCOPED_TRACE(section.getName().str());
    auto config = configureSection(section, *model);
    ASSERT_TRUE(succeeded(config));
    std::vector<uint8_t> bits = bitstream::packSection(*config, *model);
    auto unpacked = bitstream::unpackSection(bits, *model);
    ASSERT_TRUE(bool(unpacked)) << unpacked.error();
    EXPECT_EQ(describeConfig(*unpacked), describeConfig(*config));

    auto lifted = liftSection(device, *unpacked, *model, "lifted");
    ASSERT_TRUE(succeeded(lifted));
    EXPECT_TRUE(succeeded(mlir::verify(*lifted)));
    EXPECT_EQ(describeSection(*lifted, *model), describeSection(section, *model));
    auto again = configureSection(*lifted, *model);
    ASSERT_TRUE(succeeded(again));
    EXPECT_EQ(describeConfig(*again), describeConfig(*config));
  }
}

TEST_P(RoundTripTest, ProgramsSurviveTheFile) {
  std::string bytes = compileToBytes(context, text(), arch());
  ASSERT_FALSE(bytes.empty());
  auto program = bitstream::readProgram(bytes);
  ASSERT_TRUE(bool(program)) << program.error();
  auto again = bitstream::writeProgram(*program);
  ASSERT_TRUE(bool(again)) << again.error();
  EXPECT_EQ(*again, bytes);
}

TEST_P(RoundTripTest, EqualInputGivesEqualBytes) {
  std::string first = compileToBytes(context, text(), arch());
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(compileToBytes(context, text(), arch()), first) << "second compilation in one context";
  for (unsigned threads : {1u, 4u}) {
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(threads));
    mlir::MLIRContext threaded(makeRegistry(), mlir::MLIRContext::Threading::DISABLED);
    threaded.setThreadPool(pool);
    EXPECT_EQ(compileToBytes(threaded, text(), arch()), first) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(SmallPrograms, RoundTripTest,
                         testing::Combine(testing::ValuesIn(smallPrograms().begin(), smallPrograms().end()),
                                          testing::Values("tiny", "plasticine")),
                         nameOf);
