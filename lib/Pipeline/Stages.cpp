// Stages.cpp - which passes make each stage, in order
#include "jacquard/Pipeline/Stages.h"

#include "jacquard/Arch/Budget.h"
#include "jacquard/Conversion/PatToPipe/Passes.h"
#include "jacquard/Conversion/PipeToFabric/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"
#include "jacquard/Dialect/Pipe/IR/PipeOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace jacquard;

static constexpr std::pair<Stage, llvm::StringLiteral> stageNames[] = {
    {Stage::Import, "import"},       {Stage::Pat, "pat"},     {Stage::Pipe, "pipe"},   {Stage::Fabric, "fabric"},
    {Stage::Partition, "partition"}, {Stage::Place, "place"}, {Stage::Route, "route"}, {Stage::Bits, "bits"}};

ArrayRef<Stage> jacquard::allStages() {
  static constexpr Stage stages[] = {Stage::Import,    Stage::Pat,   Stage::Pipe,  Stage::Fabric,
                                     Stage::Partition, Stage::Place, Stage::Route, Stage::Bits};
  return stages;
}

StringRef jacquard::stageName(Stage stage) { return stageNames[unsigned(stage)].second; }

std::optional<Stage> jacquard::stageFromName(StringRef name) {
  for (auto [stage, spelled] : stageNames)
    if (spelled == name)
      return stage;
  return std::nullopt;
}

/// The machine that sections may use; nothing where it is not known, as the first pass that needs it says.
static std::optional<ArchSpec> usableMachine(const PipelineOptions &options) {
  auto arch = loadArch(options.arch);
  auto limits = arch ? parseBudget(options.budget, *arch) : Result<UnitBudget>(UnitBudget());
  return arch && limits ? std::optional(limitedTo(*limits, *arch)) : std::nullopt;
}

/// Flat patterns, fused: what the fabric's loop nests are read from.
static void populatePat(OpPassManager &passes, const PipelineOptions &options) {
  OpPassManager &function = passes.nest<func::FuncOp>();
  function.addPass(createCanonicalizerPass());
  function.addPass(pat::createMergeEqualPass());
  function.addPass(pat::createExpandFilterPass());
  function.addPass(pat::createCarryTensorsPass()); // its maps and reads are for flattening to sort
  function.addPass(pat::createFlattenPass());
  function.addPass(pat::createExpandCombinersPass()); // needs flat folds; its trees are flat maps
  function.addPass(pat::createExpandScanPass());
  function.addPass(createCanonicalizerPass());
  function.addPass(pat::createSimplifyIndexPass());
  function.addPass(pat::createFusePass());
  function.addPass(createCanonicalizerPass()); // composes the index arithmetic that fusion left
  function.addPass(pat::createSimplifyIndexPass());
  function.addPass(pat::createMergeEqualPass());
  function.addPass(pat::createSchedulePass());
  function.addPass(pat::createLayOutPass());
  function.addPass(pat::createSplitWindowsPass());
  if (std::optional<ArchSpec> machine = usableMachine(options)) {
    function.addPass(pat::createSliceRunsPass({machine->numMemoryUnits() * machine->memory.bytes()}));
    function.addPass(pat::createSplitFoldsPass({machine->numComputeUnits(), machine->compute.lanes}));
  }
  function.addPass(pat::createVerifyFlatPass());
}

static void populatePipe(OpPassManager &passes, const PipelineOptions &options) {
  const MappingView &view = options.view;
  passes.addPass(createConvertPatToPipePass({options.arch, /*retreat=*/0, view.scratchpadPrice, view.startEarly,
                                             view.spareReaders, view.joinUnits, options.budget, view.sectionPrice,
                                             view.unitShare, view.scratchpadShare},
                                            options.cache));
}

/// Sections of virtual units.
static void populateUnits(OpPassManager &passes, const PipelineOptions &options) {
  passes.addPass(createConvertPipeToFabricPass({options.arch}));
  passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPrunePass());
  passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricRetainPass({options.budget}));
  passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPrunePass()); // what stored parts that nobody reads
  passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPackConstantsPass());
  passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPrefetchPass({options.budget}));
}

void jacquard::populateMapping(OpPassManager &passes, const PipelineOptions &options) {
  populatePipe(passes, options);
  populateUnits(passes, options);
}

void jacquard::populateStage(Stage stage, OpPassManager &passes, const PipelineOptions &options) {
  switch (stage) {
  case Stage::Import:
  case Stage::Bits:
    return;
  case Stage::Pat:
    return populatePat(passes, options);
  case Stage::Pipe:
    return populatePipe(passes, options);
  case Stage::Fabric:
    populateUnits(passes, options);
    passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricArrangeConstantsPass());
    return passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPredictPass());
  case Stage::Partition:
    return passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPartitionPass());
  case Stage::Place:
    return passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricPlacePass({options.seed, options.budget}, options.cache));
  case Stage::Route:
    passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricRoutePass(options.cache));
    return passes.nest<fabric::DeviceOp>().addPass(fabric::createFabricVerifyRoutingPass());
  }
}

Stage jacquard::stageOf(ModuleOp module) {
  Stage stage = Stage::Import;
  module.walk([&](Operation *op) {
    Stage here = Stage::Import;
    if (isa<pipe::DramOp, pipe::SectionOp>(op))
      here = Stage::Pipe;
    else if (isa<fabric::DeviceOp>(op))
      here = Stage::Fabric;
    else if (auto compute = dyn_cast<fabric::ComputeOp>(op); compute && compute.isPartitioned())
      here = Stage::Partition;
    else if (isa<fabric::RouteOp>(op))
      here = Stage::Route;
    if (isa<fabric::LoadOp, fabric::StoreOp>(op) && op->hasAttr("at"))
      here = Stage::Place;
    stage = std::max(stage, here);
  });
  return stage;
}
