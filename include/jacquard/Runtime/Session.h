// Session.h - from files to a run and back: what every tool that runs programs does
#ifndef JACQUARD_RUNTIME_SESSION_H
#define JACQUARD_RUNTIME_SESSION_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Support/Tensor.h"

#include <map>
#include <string>
#include <vector>

namespace jacquard::runtime {

/// Reads a `.jbit` file; errors name the file.
Result<bitstream::Program> loadProgram(const std::string &path);

/// Tensors for all inputs: those of `bindings`, each "NAME=FILE" (`.npy` or `.pb`), the others seeded random data. An
/// unknown name, a name given twice, an unreadable file, or a tensor of the wrong type or shape is an error; signed and
/// unsigned integers of one size stand for one another, and uint16 for the bits of bfloat16.
Result<std::map<std::string, Tensor>> loadInputs(const std::vector<bitstream::TensorSymbol> &inputs,
                                                 const std::vector<std::string> &bindings, uint64_t seed);

/// A file name for a tensor's name: characters other than letters, digits, '.', '-' and '_' become '_'.
std::string fileNameFor(const std::string &tensorName);

/// Writes every tensor as `NAME.npy` (bfloat16 as float32) into `directory`, which is made when it does not exist.
/// Returns the paths.
Result<std::vector<std::string>> saveOutputs(const std::map<std::string, Tensor> &outputs,
                                             const std::string &directory);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_SESSION_H
