// Presets.h - the architecture files that are part of the library
#ifndef JACQUARD_ARCH_PRESETS_H
#define JACQUARD_ARCH_PRESETS_H

#include <string_view>
#include <vector>

namespace jacquard::arch {

struct Preset {
  std::string_view name;
  std::string_view text;
};

const std::vector<Preset> &presets();

} // namespace jacquard::arch

#endif // JACQUARD_ARCH_PRESETS_H
