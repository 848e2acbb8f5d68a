// Ids.h - numbers that cannot be mixed up: the ids of the mapper's units and nets
#ifndef JACQUARD_MAPPER_IDS_H
#define JACQUARD_MAPPER_IDS_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace jacquard::mapper {

/// A dense number from 0, of a type of its own: a net's number is no unit's number.
template <typename Tag>
class Id {
public:
  Id() = default; ///< an id that names nothing
  explicit Id(size_t index) : value(uint32_t(index)) {}

  bool valid() const { return value != ~0u; }
  uint32_t index() const { return value; }
  friend bool operator==(Id a, Id b) { return a.value == b.value; }
  friend bool operator!=(Id a, Id b) { return a.value != b.value; }
  friend bool operator<(Id a, Id b) { return a.value < b.value; }

private:
  uint32_t value = ~0u;
};

using UnitId = Id<struct UnitTag>;
using NetId = Id<struct NetTag>;

/// A vector that only ids of one type index.
template <typename IdType, typename T>
class IdVector {
public:
  IdVector() = default;
  explicit IdVector(size_t size, T value = T()) : items(size, std::move(value)) {}

  IdType add(T value) {
    items.push_back(std::move(value));
    return IdType(items.size() - 1);
  }
  T &operator[](IdType id) {
    assert(contains(id) && "the id names nothing in this vector");
    return items[id.index()];
  }
  const T &operator[](IdType id) const {
    assert(contains(id) && "the id names nothing in this vector");
    return items[id.index()];
  }
  bool contains(IdType id) const { return id.index() < items.size(); }
  size_t size() const { return items.size(); }
  bool empty() const { return items.empty(); }
  void resize(size_t size) { items.resize(size); }
  auto begin() { return items.begin(); }
  auto end() { return items.end(); }
  auto begin() const { return items.begin(); }
  auto end() const { return items.end(); }
  friend bool operator==(const IdVector &a, const IdVector &b) { return a.items == b.items; }

private:
  std::vector<T> items;
};

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_IDS_H
