// Document.h - the fields of the architecture file as a page: what docs/Arch.md says about them
#ifndef JACQUARD_ARCH_DOCUMENT_H
#define JACQUARD_ARCH_DOCUMENT_H

#include "jacquard/Arch/ArchSpec.h"

#include <string>

namespace jacquard {

/// Markdown table of all fields: path, allowed values, value in `example`, meaning.
std::string documentArch(const ArchSpec &example);

} // namespace jacquard

#endif // JACQUARD_ARCH_DOCUMENT_H
