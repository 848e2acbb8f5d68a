// Explain.cpp - `jacquard explain`: cause and cure of a numbered error
#include "jacquard/Driver/Commands.h"
#include "jacquard/Support/Diagnostics.h"

#include "llvm/Support/raw_ostream.h"

using namespace jacquard;
using namespace jacquard::driver;

int driver::explainCommand(const std::string &code) {
  if (code.empty()) {
    for (const DiagnosticInfo &info : allDiagnostics())
      llvm::outs() << info.code() << "  " << info.title << "\n";
    return 0;
  }
  std::optional<DiagnosticInfo> info = findDiagnostic(code);
  if (!info)
    return fail(numbered(Diag::BadOption, "there is no error number '" + code + "'; 'jacquard explain' lists them"));
  llvm::outs() << info->code() << ": " << info->title << "\n\ncause: " << info->cause << "\ncure:  " << info->cure
               << "\n";
  return 0;
}
