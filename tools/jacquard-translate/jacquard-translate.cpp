// jacquard-translate.cpp - import and export single steps: mlir-translate with the formats of Jacquard
#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"
#include "jacquard/Import/Onnx.h"
#include "jacquard/InitAll.h"
#include "jacquard/Mapper/ProblemText.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;
namespace importer = jacquard::importer;

static cl::list<std::string> shapeFlags("shape", cl::desc("NAME=2x3: shape of an input"),
                                        cl::value_desc("name=extents"));
static cl::list<std::string> dimFlags("dim", cl::desc("NAME=N: value of a dynamic dimension"),
                                      cl::value_desc("name=extent"));

/// "a=2x3" into a name and extents; false if it is anything else.
static bool parseFlag(llvm::StringRef flag, llvm::StringRef &name, std::vector<int64_t> &extents) {
  auto [left, right] = flag.rsplit('=');
  name = left;
  llvm::SmallVector<llvm::StringRef> parts;
  if (!right.empty())
    right.split(parts, 'x');
  for (llvm::StringRef part : parts) {
    int64_t extent = 0;
    if (part.getAsInteger(10, extent) || extent < 0)
      return false;
    extents.push_back(extent);
  }
  return !name.empty() && name != flag;
}

static bool readOptions(MLIRContext *context, importer::OnnxImportOptions &options) {
  for (bool isShape : {true, false}) {
    for (const std::string &flag : isShape ? shapeFlags : dimFlags) {
      llvm::StringRef name;
      std::vector<int64_t> extents;
      if (!parseFlag(flag, name, extents) || (!isShape && extents.size() != 1)) {
        emitError(UnknownLoc::get(context))
            << "'" << flag << "' is not of the form " << (isShape ? "--shape NAME=2x3" : "--dim NAME=N");
        return false;
      }
      if (isShape)
        options.shapes[name] = extents;
      else
        options.dims[name] = extents[0];
    }
  }
  return true;
}

/// The buffer's name is the file's path: its ending says which form it is in, its folder where external data is.
static OwningOpRef<Operation *> importModel(llvm::SourceMgr &sources, MLIRContext *context) {
  const llvm::MemoryBuffer *buffer = sources.getMemoryBuffer(sources.getMainFileID());
  importer::OnnxImportOptions options;
  if (!readOptions(context, options))
    return {};
  llvm::StringRef name = buffer->getBufferIdentifier(), folder = llvm::sys::path::parent_path(name);
  OwningOpRef<ModuleOp> module =
      importer::importOnnxBytes(context, buffer->getBuffer(), name, folder.empty() ? "." : folder, options);
  return OwningOpRef<Operation *>(module ? module.release().getOperation() : nullptr);
}

/// The units and streams of every section, as the placer sees them; units must be partitioned.
static LogicalResult exportNetlists(Operation *module, raw_ostream &out) {
  auto result = module->walk([&](jacquard::fabric::DeviceOp device) {
    auto model = jacquard::fabric::loadFabricModel(device, device.getArch());
    if (!model)
      return WalkResult::interrupt();
    for (auto section : jacquard::fabric::sectionsOf(device)) {
      auto input = jacquard::fabric::buildProblem(section, *model);
      out << jacquard::mapper::printProblem({section.getName().str(), std::move(input.problem)});
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

int main(int argc, char **argv) {
  TranslateToMLIRRegistration onnx("import-onnx", "ONNX model (.onnx, or .onnxtxt for the text form) to pat",
                                   importModel, [](DialectRegistry &) {});
  TranslateFromMLIRRegistration netlists("export-netlists",
                                         "fabric (stage partition or later) to netlists for jacquard-map",
                                         exportNetlists, jacquard::registerAllDialects);
  return failed(mlirTranslateMain(argc, argv, "Jacquard's translation driver\n"));
}
