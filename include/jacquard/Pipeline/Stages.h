// Stages.h - the stages of a compilation, and the only list of pass order
#ifndef JACQUARD_PIPELINE_STAGES_H
#define JACQUARD_PIPELINE_STAGES_H

#include "jacquard/Support/ContentCache.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

#include <optional>
#include <tuple>

namespace jacquard {

/// What a compilation has after each step; the names are those of `--emit` and `--until`.
enum class Stage { Import, Pat, Pipe, Fabric, Partition, Place, Route, Bits };

llvm::ArrayRef<Stage> allStages();
llvm::StringRef stageName(Stage stage);
std::optional<Stage> stageFromName(llvm::StringRef name);

/// What mappings count on; see the options of convert-pat-to-pipe.
struct MappingView {
  double scratchpadPrice = 0.2;
  bool startEarly = false, spareReaders = true, joinUnits = true;
  double unitShare = 1, scratchpadShare = 1, sectionPrice = 0;

  bool operator==(const MappingView &other) const {
    auto all = [](const MappingView &view) {
      return std::tie(view.scratchpadPrice, view.startEarly, view.spareReaders, view.joinUnits, view.unitShare,
                      view.scratchpadShare, view.sectionPrice);
    };
    return all(*this) == all(other);
  }
};

struct PipelineOptions {
  std::string arch = "plasticine";
  uint64_t seed = 1;
  unsigned effort = 2; ///< of the search for a mapping, 0 to mostEffort (Effort.h)
  MappingView view = {};
  std::string budget = {};  ///< units that a section may use (Arch/Budget.h)
  unsigned maxSections = 0; ///< that the schedule may have; 0: any number
  /// Results of searches, placements and routings; passes of one compilation share it.
  std::shared_ptr<ContentCache> cache = std::make_shared<ContentCache>();
};

/// The passes that lead to `stage` from the one before it (none for import and bits), its guard last.
void populateStage(Stage stage, mlir::OpPassManager &passes, const PipelineOptions &options);

/// The passes from stage Pat to sections of virtual units that know what stays on chip: what a prediction needs of the
/// stages Pipe and Fabric.
void populateMapping(mlir::OpPassManager &passes, const PipelineOptions &options);

/// The latest stage that `module` has reached, by what it holds.
Stage stageOf(mlir::ModuleOp module);

} // namespace jacquard

#endif // JACQUARD_PIPELINE_STAGES_H
