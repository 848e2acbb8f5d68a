// Decisions.h - what the compiler's remarks say about a compilation, collected and made readable
#ifndef JACQUARD_DRIVER_DECISIONS_H
#define JACQUARD_DRIVER_DECISIONS_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace jacquard::driver {

/// One remark.
struct Decision {
  std::string category; ///< the pass, or "search" and "fit" for the driver's own
  std::string name;
  std::string node; ///< of the model, or a place in its file
  bool missed = false;                                    ///< something was not done
  std::vector<std::pair<std::string, std::string>> facts; ///< keys may repeat

  /// The first fact of that key, "" when there is none.
  std::string fact(llvm::StringRef key) const;
};

/// Listens to the remarks of a context.
class Decisions {
public:
  void listen(mlir::MLIRContext &context);
  /// Forgets what passes said of a mapping that is given up; what was said of the search stays.
  void forgetMapping();
  const std::vector<Decision> &all() const { return decisions; }

private:
  std::vector<Decision> decisions;
};

/// For people: the search, then every section with its patterns, then what stays on chip and what does not.
std::string formatDecisions(const std::vector<Decision> &decisions);
/// For tools: an array of objects with category, name, node, missed and facts (a list under each key).
nlohmann::ordered_json decisionsJson(const std::vector<Decision> &decisions);

} // namespace jacquard::driver

#endif // JACQUARD_DRIVER_DECISIONS_H
