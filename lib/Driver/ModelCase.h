// ModelCase.h - a folder in the ONNX backend test layout: a model, inputs, and the outputs that are expected
#ifndef JACQUARD_LIB_DRIVER_MODELCASE_H
#define JACQUARD_LIB_DRIVER_MODELCASE_H

#include "jacquard/Driver/Commands.h"
#include "jacquard/Driver/Compare.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace jacquard::driver {

enum class Verdict { Passed, Failed, Unsupported };

/// `detail` says why a case has not passed.
struct Judgement {
  Verdict verdict = Verdict::Failed;
  std::string detail;
};

bool isNumericTensor(const importer::ModelValue &value);

/// What a translated program becomes on its way through a file: `jacquard test` and `bench` run what would be shipped.
/// Takes a loaded model; an error repeats the compiler's first one.
Result<bitstream::Program> compileThroughBytes(Compiler &compiler);

/// Call readModel, then for every data set readData, load and whatever is to be compared.
class ModelCase {
public:
  ModelCase(const CommonOptions &options, std::filesystem::path folder);

  /// Reads what the model says about itself. An error names the file.
  Status readModel();
  const importer::ModelInfo &info() const { return modelInfo; }
  /// The folders test_data_set_*, sorted by name.
  static std::vector<std::filesystem::path> dataSets(const std::filesystem::path &folder);
  /// Replaces the data by that of `set`. False with a judgement where a tensor cannot be read.
  bool readData(const std::filesystem::path &set, Judgement &judgement);
  /// Imports the model with the shapes of the data; inputs that must be constants are bound from the data. Null with a
  /// judgement when that fails.
  std::unique_ptr<Compiler> load(Judgement &judgement);
  /// The data by the names of the program's inputs.
  std::map<std::string, Tensor> arguments(const bitstream::Program &program);
  /// The model's outputs on this machine, by name; nothing after a diagnostic.
  std::optional<std::map<std::string, Tensor>> runOnHost(Compiler &compiler);
  /// Compares with what is expected; "" when all outputs are within the tolerance, which counts from the largest
  /// element in networks of several nodes.
  std::string compareAll(const std::map<std::string, Tensor> &found, Tolerance tolerance) const;

  std::map<std::string, Tensor> inputs, expected;

private:
  std::string firstOtherThanTensor() const;

  const CommonOptions &options;
  std::filesystem::path folder;
  importer::ModelInfo modelInfo;
  std::vector<std::string> outputOrder;
};

} // namespace jacquard::driver

#endif // JACQUARD_LIB_DRIVER_MODELCASE_H
