// The contract as a wasm module, for files that only JavaScript reaches.
#include <cstdint>

#include "contract.h"
#include "host_env.h"

namespace {

std::string answer;

const char* Answer(std::string text) {
  answer = std::move(text);
  return answer.c_str();
}

}  // namespace

extern "C" {

uint32_t contract_stages() { return static_cast<uint32_t>(cuesheet::contract::Stages().size()); }

const char* contract_name(uint32_t stage) {
  return Answer(cuesheet::contract::Stages()[stage].name);
}

// `step` 0 to 2: act, again, check. Says what is wrong, "" = nothing.
const char* contract_run(uint32_t stage, uint32_t step, uint32_t files, int cold) {
  const auto& [name, act, again, check] = cuesheet::contract::Stages()[stage];
  const cuesheet::contract::Step steps[] = {act, again, check};
  cuesheet::HostEnv env(files);
  return Answer(steps[step] ? steps[step](env, cold ? "block-" : "journal-") : "");
}
}
