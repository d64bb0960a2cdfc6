// The store as a list: what dispatch, update, delete, merge and retention leave behind (protocol.md
// 3.4, 4.2, 5, 17.5; docs/sync.md for merge). Fields are JSON with REST's names; times in
// microseconds.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event.h"

namespace cuesheet::oracle {

struct Model {
  World events;
  std::map<std::string, double> progress;  // by id, of events that are not final

  const PlainEvent* Find(const std::string& id) const;
  bool HasChildren(const std::string& id) const;

  // Each returns what became of the command: "stored", "replaced", "told", "conflict", ….
  // `id` is the one that the engine drew; `order` is set by who knows it.
  std::string Dispatch(const Json& body, const Json& actor, int64_t now, const std::string& id);
  std::string Update(const std::string& id, const Json& body, const Json& actor, int64_t now);
  std::string Remove(const std::string& id);
  std::string RemoveAll(const Json& filter);
  void Merge(const std::string& id, Json fields, std::optional<double> told);
  // How many went. Each rule is `{"topics","maxAge"?,"maxEvents"?}`.
  size_t Retain(const Json& rules, int64_t now);

  // A parent that is its own child's child: no upstream can tell such a thing.
  bool HasCycle() const;
  // The row form of a page (docs/border.md).
  Json RowOf(const PlainEvent& event) const;

 private:
  PlainEvent* FindById(const std::string& id);
  PlainEvent* FindByHash(const std::string& hash);
  void Erase(std::string id);
  // Removes all that can go: an event goes when its children go.
  size_t EraseClosed(std::vector<std::string> doomed);
  void Note(const std::string& id, std::optional<double> told);
};

}  // namespace cuesheet::oracle
