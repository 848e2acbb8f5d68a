// Result.h - a value or one error message, for the libraries without MLIR
#ifndef JACQUARD_SUPPORT_RESULT_H
#define JACQUARD_SUPPORT_RESULT_H

#include <string>
#include <utility>
#include <variant>

namespace jacquard {

/// What went wrong: lower case, no full stop, "what, found, expected, what to do" in one line.
struct Error {
  std::string message;
};

/// A value of type T or an Error. Test with `if (!result)`, then read `*result` or `result.error()`.
template <typename T>
class [[nodiscard]] Result {
public:
  Result(T value) : storage(std::move(value)) {}
  Result(Error error) : storage(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(storage); }
  T &operator*() { return std::get<T>(storage); }
  const T &operator*() const { return std::get<T>(storage); }
  T *operator->() { return &std::get<T>(storage); }
  const T *operator->() const { return &std::get<T>(storage); }
  const std::string &error() const { return std::get<Error>(storage).message; }
  /// Hands the error on to a Result of another type.
  Error takeError() { return std::move(std::get<Error>(storage)); }

private:
  std::variant<T, Error> storage;
};

/// Success, or an Error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : failed(true), text(std::move(error.message)) {}
  explicit operator bool() const { return !failed; }
  const std::string &error() const { return text; }
  Error takeError() { return Error{std::move(text)}; }

private:
  bool failed = false;
  std::string text;
};

} // namespace jacquard

#endif // JACQUARD_SUPPORT_RESULT_H
