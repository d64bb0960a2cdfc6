// A store: its events, the one way to change them, its files, its answers and its exports. This
// type only owns the parts; pass on the one that is needed.
#pragma once

#include <memory>

#include "journal/env.h"
#include "store/answers.h"
#include "store/exports.h"
#include "store/ledger.h"
#include "store/lifecycle.h"
#include "store/store_state.h"
#include "store/store_view.h"

namespace cuesheet {

class EventStore {
 public:
  // `env` outlives the store. The role is among the options.
  explicit EventStore(Env* env, const StoreOptions& options = {})
      : state_(env, options), answers_(view_), ledger_(&state_) {
    state_.table.AddObserver(answers_.observer());
  }

  const StoreView& view() const { return view_; }
  MemoryBudget& memory() { return state_.memory; }
  const MemoryBudget& memory() const { return state_.memory; }
  Ledger& ledger() { return ledger_; }
  Lifecycle& files() { return files_; }
  const Lifecycle& files() const { return files_; }
  Answers& answers() { return answers_; }
  const Answers& answers() const { return answers_; }
  // Made when they are first asked for: most stores are never exported.
  Exports& exports() {
    if (!exports_) {
      exports_ = std::make_unique<Exports>(view_);
      state_.table.AddObserver(exports_.get());
    }
    return *exports_;
  }

 private:
  StoreState state_;
  StoreView view_{&state_};
  Lifecycle files_{&state_};
  Answers answers_;
  std::unique_ptr<Exports> exports_;
  Ledger ledger_;
};

}  // namespace cuesheet
