// Options.cpp - what the user's option texts mean
#include "jacquard/Driver/Commands.h"
#include "jacquard/Arch/Budget.h"
#include "jacquard/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace jacquard;
using namespace jacquard::driver;

int driver::fail(const std::string &text) {
  llvm::errs() << "error: " << messageLine(text) << "\n";
  return 1;
}

int driver::fail(const Error &error) { return fail(error.message); }

/// Options of the form NAME=8.
static Status readExtents(const char *option, const std::vector<std::string> &texts, CompileRequest &request,
                          llvm::StringMap<int64_t> &extents) {
  for (const std::string &text : texts) {
    auto [name, value] = llvm::StringRef(text).rsplit('=');
    int64_t extent;
    if (name.empty() || value.getAsInteger(10, extent) || extent < 0)
      return numbered(Diag::BadOption, std::string("cannot read '--") + option + " " + text + "'; expected NAME=8");
    extents[name] = extent;
    request.options.push_back({option, text});
  }
  return {};
}

/// Options that say how to map: kept in the bitstream where they are not as usual.
static Status readMapping(const CommonOptions &options, CompileRequest &request) {
  request.pipeline.arch = options.arch;
  request.pipeline.seed = options.seed;
  request.pipeline.effort = options.effort;
  request.pipeline.budget = options.budget;
  request.pipeline.maxSections = options.maxSections;
  request.timeBudget = options.timeBudget;
  request.explain = options.explain;
  request.cacheDir = options.cacheDir;
  auto spec = loadArch(options.arch);
  if (!spec)
    return spec.takeError();
  if (auto budget = parseBudget(options.budget, *spec); !budget)
    return budget.takeError();
  request.options.push_back({"arch", options.arch});
  request.options.push_back({"effort", std::to_string(options.effort)});
  request.options.push_back({"seed", std::to_string(options.seed)});
  if (!options.budget.empty())
    request.options.push_back({"budget", options.budget});
  if (options.maxSections > 0)
    request.options.push_back({"max-sections", std::to_string(options.maxSections)});
  return {};
}

Result<CompileRequest> driver::makeRequest(const std::string &model, const CommonOptions &options) {
  CompileRequest request;
  request.model = model;
  request.import.seed = options.seed;
  for (const std::string &text : options.shapes) {
    auto [name, dims] = llvm::StringRef(text).rsplit('=');
    std::vector<int64_t> shape;
    llvm::SmallVector<llvm::StringRef> parts;
    if (!dims.empty())
      dims.split(parts, 'x');
    for (llvm::StringRef part : parts) {
      int64_t extent;
      if (part.getAsInteger(10, extent) || extent < 0)
        return numbered(Diag::BadOption, "cannot read '--shape " + text + "'; expected NAME=2x3x4");
      shape.push_back(extent);
    }
    if (name.empty() || !llvm::StringRef(text).contains('='))
      return numbered(Diag::BadOption, "cannot read '--shape " + text + "'; expected NAME=2x3x4");
    request.import.shapes[name] = shape;
    request.options.push_back({"shape", text});
  }
  if (Status status = readExtents("dim", options.dims, request, request.import.dims); !status)
    return status.takeError();
  if (Status status = readExtents("capacity", options.capacities, request, request.import.capacities); !status)
    return status.takeError();
  request.import.libraries = options.libraries;
  for (const std::string &file : options.libraries)
    request.options.push_back({"op-library", file});
  if (Status status = readMapping(options, request); !status)
    return status.takeError();
  return request;
}
