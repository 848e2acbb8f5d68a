// Budget.cpp - the part of a machine that a mapping may use
#include "jacquard/Arch/Budget.h"

#include "jacquard/Support/Diagnostics.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace jacquard {

std::optional<unsigned> UnitBudget::of(UnitKind kind) const {
  return kind == UnitKind::Compute ? compute : kind == UnitKind::Memory ? memory : dram;
}

namespace {

Error badBudget(std::string_view item, const std::string &why) {
  return numbered(Diag::BadOption, fmt::format("cannot read budget '{}': {}", item, why));
}

/// One NAME=NUMBER of a budget, into the limit that it names.
Status readItem(std::string_view item, const ArchSpec &spec, UnitBudget &budget) {
  size_t equals = std::min(item.find('='), item.size());
  std::string_view name = item.substr(0, equals), number = item.substr(std::min(equals + 1, item.size()));
  bool isBytes = name == "scratchpad";
  std::optional<unsigned> *limit = name == "compute" || name == "pcu"             ? &budget.compute
                                   : name == "memory" || name == "pmu" || isBytes ? &budget.memory
                                   : name == "dram"                               ? &budget.dram
                                                                                  : nullptr;
  if (!limit)
    return badBudget(item, "expected compute, memory, dram or scratchpad, as in compute=32,memory=16");
  if (*limit)
    return badBudget(item, "these units have a limit already");
  uint64_t unit = isBytes ? spec.memory.bytes() : 1;
  uint64_t most = unit * (limit == &budget.compute  ? spec.numComputeUnits()
                          : limit == &budget.memory ? spec.numMemoryUnits()
                                                    : spec.dramPort.count);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || value < unit || value > most)
    return badBudget(item,
                     fmt::format("expected a number from {} to {}, which is what '{}' has", unit, most, spec.name));
  *limit = unsigned(value / unit);
  return {};
}

} // namespace

Result<UnitBudget> parseBudget(std::string_view text, const ArchSpec &spec) {
  UnitBudget budget;
  while (!text.empty()) {
    size_t comma = std::min(text.find(','), text.size());
    if (Status status = readItem(text.substr(0, comma), spec, budget); !status)
      return status.takeError();
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return budget;
}

ArchSpec limitedTo(const UnitBudget &budget, const ArchSpec &spec) {
  ArchSpec limited = spec;
  limited.usableCompute = budget.compute.value_or(spec.usableCompute);
  limited.usableMemory = budget.memory.value_or(spec.usableMemory);
  limited.dramPort.count = budget.dram.value_or(spec.dramPort.count);
  return limited;
}

} // namespace jacquard
