// TopicRegistry::Save and Restore: a learned structure outlives the events that it came from.
#include "base/bytes.h"
#include "event/names.h"
#include "event/topic_registry.h"

namespace cuesheet {

std::string TopicRegistry::Save() const {
  std::string bytes;
  ByteWriter out(bytes);
  for (const auto& [name, topic] : topics_) {
    if (topic.declared) continue;  // its owner declares it again
    out.Text(name);
    out.Fixed(static_cast<uint8_t>(topic.state));
    out.Text(topic.state == State::kFixed ? std::string_view() : topic.keys);
  }
  return bytes;
}

void TopicRegistry::Restore(std::string_view saved) {
  ByteReader in(saved);
  while (in.remaining() > 0) {
    const std::string_view name = in.Text();
    const auto state = static_cast<State>(in.Fixed<uint8_t>());
    const std::string_view keys = in.Text();
    if (!in.ok()) return;
    const bool is_known = topics_.contains(name);
    if (!is_known && (seen_ == kMaxTopics || !IsTopic(name))) continue;
    if (!is_known) ++seen_;
    Topic& topic = Enter(name).second;
    if (topic.state == State::kFixed || state >= State::kFixed) continue;
    topic.state = state;
    topic.keys = keys;
  }
}

}  // namespace cuesheet
