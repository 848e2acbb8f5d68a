// Commands.h - the subcommands of `jacquard`; each returns the process's exit code
#ifndef JACQUARD_DRIVER_COMMANDS_H
#define JACQUARD_DRIVER_COMMANDS_H

#include "jacquard/Driver/Compiler.h"

#include <string>
#include <vector>

namespace jacquard::driver {

/// What compile, run, test and bench share.
struct CommonOptions {
  std::string arch = "plasticine";
  std::vector<std::string> shapes; ///< NAME=2x3x4
  std::vector<std::string> dims;   ///< NAME=8
  std::vector<std::string> capacities; ///< NAME=100
  std::vector<std::string> libraries; ///< files with functions for operators
  uint64_t seed = 1;
  unsigned effort = 2; ///< of the search for a mapping, 0 to 3
  std::string cacheDir;       ///< folder of results that later compilations use; "": none
  std::string budget;         ///< units that a section may use, as parseBudget reads it
  unsigned maxSections = 0;   ///< 0: any number
  double timeBudget = 0;      ///< seconds for the search; 0: any
  bool explain = false;
};

struct CompileOptions : CommonOptions {
  std::string model, output, emit, until, report, floorplan;
};
int compileCommand(const CompileOptions &options);

/// What run, test and bench share.
struct SimulateOptions : CommonOptions {
  std::string engine = "fast"; ///< a name that sim::engineNamed knows
};

struct RunOptions : SimulateOptions {
  std::string model; ///< a model or a .jbit
  std::vector<std::string> inputs; ///< NAME=FILE
  std::vector<std::string> expected; ///< NAME=FILE: outputs that the run must give
  std::string outputDir, target = "sim", stats, trace;
  bool check = false;
  uint64_t maxCycles = 0;
};
int runCommand(const RunOptions &options);

struct TestOptions : SimulateOptions {
  std::vector<std::string> folders;
  std::string target = "both", json;
  std::string filter; ///< a regular expression that names of cases must match somewhere; empty: all
  unsigned jobs = 1, timeoutSeconds = 300;
};
int testCommand(const TestOptions &options);

struct CheckOptions : CommonOptions {
  std::string model, json; ///< json: a file, or "-" for standard output instead of the table
};
int checkCommand(const CheckOptions &options);

struct InspectOptions {
  std::string file;
  bool disassemble = false, json = false;
};
int inspectCommand(const InspectOptions &options);

struct BenchOptions : SimulateOptions {
  std::vector<std::string> models; ///< files, or folders with a model.onnx
  std::string json;
  bool sections = false, randomInputs = false;
  unsigned timeoutSeconds = 0; ///< 0: none
};
int benchCommand(const BenchOptions &options);

/// Prints cause and cure of an error number, or the list of all.
int explainCommand(const std::string &code);

/// The compile request that the common options state; an error names the option that cannot be read.
Result<CompileRequest> makeRequest(const std::string &model, const CommonOptions &options);
/// Prints "error: text" and returns 1.
int fail(const std::string &text);
int fail(const Error &error);

} // namespace jacquard::driver

#endif // JACQUARD_DRIVER_COMMANDS_H
