// jacquard.cpp - the command line: compile, run, test, check, inspect and bench
#include "jacquard/Driver/Commands.h"
#include "jacquard/Runtime/Trace.h"
#include "jacquard/Support/MappedFile.h"

#include <CLI/CLI.hpp>

using namespace jacquard;
using namespace jacquard::driver;

/// How a model is read.
static void addImport(CLI::App *command, CommonOptions &options) {
  command->add_option("--shape", options.shapes, "Shape of an input, NAME=1x3x224x224 (repeatable)")
      ->allow_extra_args(false);
  command->add_option("--capacity", options.capacities,
                      "Largest extent of a tensor that data decides on, NAME=100 (repeatable)")
      ->allow_extra_args(false);
  command->add_option("--dim", options.dims, "Value of a symbolic dimension, NAME=8 (repeatable)")
      ->allow_extra_args(false);
  command
      ->add_option("--op-library", options.libraries,
                   "ONNX model or .mlir file whose functions define operators (repeatable)")
      ->allow_extra_args(false);
}

static void addCommon(CLI::App *command, CommonOptions &options) {
  command
      ->add_option(
          "-O", options.effort,
          "Search effort, from -O0, one mapping, to -O3, the best of sixteen views, refined, by predicted cycles")
      ->check(CLI::Range(0u, 3u))
      ->type_name("0..3")
      ->capture_default_str();
  command
      ->add_option("--budget", options.budget,
                   "Units that a section may use at most: compute=32,memory=16,dram=4; scratchpad=BYTES is another way to "
                   "say memory")
      ->type_name("LIST");
  command->add_option("--max-sections", options.maxSections, "Most sections of the schedule; an error if it needs more")
      ->check(CLI::Range(1u, 1000000u))
      ->type_name("N");
  command
      ->add_option("--time-budget", options.timeBudget,
                   "Seconds after which the search for a mapping takes the best that it has: the result, always a valid "
                   "one, then depends on the speed of this machine")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
  command
      ->add_option("--cache-dir", options.cacheDir,
                   "Folder of mappings, placements and routings that were found before, for this build of the compiler; "
                   "processes may share it, and it may be deleted")
      ->type_name("FOLDER");
  command->add_option("--arch", options.arch, "Architecture: plasticine, sara, sn10, tiny, or a .textproto file")
      ->capture_default_str();
  addImport(command, options);
  command
      ->add_option("--seed", options.seed,
                   "Seed of placement, of random inputs and of operators that draw random numbers")
      ->capture_default_str();
}

static void addExplain(CLI::App *command, CommonOptions &options) {
  command->add_flag("--explain", options.explain,
                    "Print how every pattern is mapped, what bounds it and what else was tried");
}

static void addSimulate(CLI::App *command, SimulateOptions &options) {
  addCommon(command, options);
  command
      ->add_option("--engine", options.engine,
                   "Simulator: fast, or reference, which gives the same results, cycles and counts; or both, one after "
                   "the other, with an error if they differ")
      ->check(CLI::IsMember({"fast", "reference", "both"}))
      ->type_name("NAME")
      ->capture_default_str();
}

int main(int argc, char **argv) {
  exitOnShrunkFiles();
  CLI::App app{"Jacquard compiles trained networks to the bitstream of a reconfigurable dataflow fabric and simulates it.\n"
               "  jacquard compile model.onnx -o model.jbit\n"
               "  jacquard run model.jbit --input x=x.npy --output-dir out\n"
               "  jacquard run model.onnx --check"};
  app.require_subcommand(1);

  CompileOptions compile;
  CLI::App *compileApp = app.add_subcommand("compile", "Compile a model (.onnx, .mlir) to a bitstream");
  compileApp->add_option("model", compile.model, "Model: .onnx, .onnxtxt, .mlir, or - for MLIR on standard input")->required();
  compileApp->add_option("-o,--output", compile.output, "Output file, - for standard output (default: MODEL.jbit)");
  compileApp->add_option("--emit", compile.emit, "Print the module as it is after a stage: import, pat, pipe, fabric, partition, place, route, bits");
  compileApp->add_option("--until", compile.until, "Stop after a stage and print the module");
  compileApp->add_option("--report", compile.report, "Write a JSON report of the compilation");
  compileApp->add_option("--floorplan", compile.floorplan, "Write an SVG picture of the largest section");
  addCommon(compileApp, compile);
  addExplain(compileApp, compile);

  RunOptions run;
  CLI::App *runApp = app.add_subcommand("run", "Run a model or a bitstream on the simulator, or a model on the host");
  runApp->add_option("model", run.model, "A .jbit file or a model")->required();
  runApp->add_option("--input", run.inputs, "Value of an input, NAME=FILE.npy or NAME=FILE.pb (default: seeded random data)")
      ->allow_extra_args(false);
  runApp->add_option("--expect", run.expected, "Compare an output with a file, NAME=FILE; exit code 1 beyond the tolerance")
      ->allow_extra_args(false);
  runApp->add_option("--output-dir", run.outputDir, "Write every output as NAME.npy into this folder");
  runApp->add_option("--target", run.target, "sim or host")->capture_default_str();
  runApp->add_flag("--check", run.check, "Compare the simulator with the host; exit code 1 beyond the tolerance");
  runApp->add_option("--stats", run.stats, "Write the statistics as JSON");
  runApp->add_option("--trace", run.trace, runtime::traceHelp);
  runApp->add_option("--max-cycles", run.maxCycles, "Give up after this many cycles");
  addSimulate(runApp, run);
  addExplain(runApp, run);

  TestOptions test;
  CLI::App *testApp = app.add_subcommand("test", "Run folders in the ONNX backend test layout");
  testApp->add_option("folders", test.folders, "Cases, or folders of cases")->required();
  testApp->add_option("--target", test.target, "host, sim or both")->capture_default_str();
  testApp->add_option("--filter", test.filter, "Only cases whose name matches this regular expression");
  testApp->add_option("--jobs", test.jobs, "Cases at a time")->capture_default_str();
  testApp->add_option("--json", test.json, "Write the outcomes as JSON");
  testApp->add_option("--timeout", test.timeoutSeconds, "Seconds after which a case counts as failed")->capture_default_str();
  addSimulate(testApp, test);

  CheckOptions check;
  CLI::App *checkApp = app.add_subcommand("check", "Say which of a model's nodes are supported, without compiling it; exit code 1 if one is not");
  checkApp->add_option("model", check.model, "Model: .onnx or .onnxtxt")->required();
  checkApp->add_option("--json", check.json, "Write the report as JSON to a file, or with - instead of the table");
  addImport(checkApp, check);

  InspectOptions inspect;
  CLI::App *inspectApp = app.add_subcommand("inspect", "Show what a bitstream holds");
  inspectApp->add_option("file", inspect.file, "A .jbit file")->required();
  inspectApp->add_flag("--disassemble", inspect.disassemble, "Print every field of every section");
  inspectApp->add_flag("--json", inspect.json, "Print the summary as JSON");

  BenchOptions bench;
  CLI::App *benchApp = app.add_subcommand(
      "bench",
      "Compile and simulate models, each in a process of its own, and print a Markdown table:\n"
      "  M MAC, MB       multiply-adds, and bytes that must pass: what is used of weights and inputs once, outputs\n"
      "  limit           cycles no mapping can beat: max(multiply-adds / peak, bytes / DRAM peak)\n"
      "  cycles          simulated; % of limit = limit / cycles; beside it the shares of FU and DRAM peak that were used\n"
      "  predicted       cycles by the compiler's cost model\n"
      "  compile s, peak MiB   from the file to the bitstream, for the compiler alone\n"
      "  correct         'reference': outputs agree with those stored beside the model; 'host': with the host target\n"
      "A model with stored data (test_data_set_0 in its folder) runs on these, in their shapes; others on seeded random\n"
      "data. One that fails or is wrong is a row with the reason; the exit code is then 1.\n"
      "  jacquard bench models/* --json bench.json --sections");
  benchApp->add_option("models", bench.models, "Models, or folders with a model.onnx")->required();
  benchApp->add_option("--json", bench.json, "Write all figures, with those of every section, as JSON");
  benchApp->add_flag("--sections", bench.sections, "Print a table per model: what bounds each section, cycles predicted and simulated");
  benchApp->add_flag("--random", bench.randomInputs, "Leave stored data aside; --shape and --dim decide, and the host is the reference");
  benchApp->add_option("--timeout", bench.timeoutSeconds, "Seconds after which a model counts as failed (default: none)");
  addSimulate(benchApp, bench);

  std::string code;
  CLI::App *explainApp = app.add_subcommand("explain", "Show cause and cure of an error number");
  explainApp->add_option("code", code, "A number such as JQ1101; without it, the list of all");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  if (compileApp->parsed())
    return compileCommand(compile);
  if (runApp->parsed())
    return runCommand(run);
  if (testApp->parsed())
    return testCommand(test);
  if (checkApp->parsed())
    return checkCommand(check);
  if (inspectApp->parsed())
    return inspectCommand(inspect);
  if (explainApp->parsed())
    return explainCommand(code);
  return benchCommand(bench);
}
