// Runs every group of a vectors file: cuesheet_vectors FILE. Ends with `N passed, N failed`.
#include <fstream>
#include <sstream>

#include "vector_run.h"

namespace cuesheet::vectors {
namespace {

// Fills a store as an upstream would: the events' own ids, times and creation orders.
void Load(EventStore& store, const Json& events) {
  int64_t order = 0;
  for (const Json& json : events) {
    ++order;
    UpstreamEvent upstream = ParseEdge({{"node", json}}).value();
    upstream.event.payload = CanonicalText(json.value("payload", Json::object()));
    upstream.event.creation_order = json.value("creationOrder", order);
    CUE_ASSERT(store.ledger().Merge(upstream.event, FieldSet::All(), std::nullopt).has_value());
  }
  (void)store.ledger().TakeChanges();
}

std::string ReadFile(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Hub::Hub(const Json& events) {
  CUE_ASSERT(store_.files().Open().has_value());
  Load(store_, events);
}

HubResponse Hub::Ask(const std::string& operation, const Json& caller, const Json& body,
                     Timestamp now, const std::string& id, const Json& headers) {
  HubRequest request;
  request.operation = ParseHubOperation(operation).value();
  request.id = id;
  request.caller = Caller::Parse(caller).value();
  if (headers.contains("X-Sender")) request.sender = headers["X-Sender"];
  if (headers.contains("X-Sender-Type")) request.sender_type = headers["X-Sender-Type"];
  const std::string text = body.is_null() ? "" : body.dump();
  request.body = text;
  Entropy entropy;
  entropy.bytes.fill(++draws_);
  return api_.Handle(request, now, entropy);
}

Json Hub::Event(const Uuid& id) const {
  const Row row = store_.view().table().FindById(id);
  if (row == kNoRow) return nullptr;
  std::string text;
  AppendEvent(text, store_.view().table().View(row).value(), EventForm::kRest);
  Json json = Json::parse(text);
  json["creationOrder"] = store_.view().table().creation_order(row);
  return json;
}

Json Hub::Ids(const Json& connection) {
  Json ids = Json::array();
  for (const Json& edge : connection["edges"]) ids.push_back(edge["node"]["id"]);
  return ids;
}

Timestamp Time(const Json& iso) { return Timestamp::ParseIso(iso.get<std::string>()).value(); }

const Json& Expected(const Json& entry) {
  return entry.contains("cuesheet") ? entry["cuesheet"] : entry["expect"];
}

bool Has(const Json& got, const Json& expected) {
  if (!expected.is_object()) return got == expected;
  for (const auto& [key, value] : expected.items()) {
    if (!got.is_object() || !got.contains(key) || !Has(got[key], value)) return false;
  }
  return true;
}

Json Renamed(const Json& json, const std::map<std::string, std::string>& names) {
  std::string text = json.dump();
  for (const auto& [from, to] : names) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
      text.replace(at, from.size(), to);
    }
  }
  return Json::parse(text);
}

int Main(const char* path) {
  const Json vectors = Json::parse(ReadFile(path), nullptr, false);
  if (!vectors.is_object()) {
    std::printf("%s: not a vectors file\n0 passed, 1 failed\n", path);
    return 1;
  }
  const Timestamp now = Time(vectors["meta"]["clock"]);
  Score score;
  RunFilter(vectors["filter"], now, score);
  RunEnroll(vectors["enroll"], score);
  RunText(vectors["text"], now, score);
  RunTopics(vectors["topics"], now, score);
  RunHashes(vectors["hashes"], score);
  RunPages(vectors["pages"], now, score);
  RunLists(vectors["lists"], now, score);
  RunDispatch(vectors["dispatch"], now, score);
  RunStatus(vectors["status"], now, score);
  RunWebsocket(vectors["websocket"], score);
  std::printf("%d passed, %d failed\n", score.passed, score.failed);
  return score.failed == 0 ? 0 : 1;
}

}  // namespace cuesheet::vectors

int main(int argc, char** argv) {
  if (argc != 2) {
    std::printf("usage: cuesheet_vectors FILE\n");
    return 2;
  }
  return cuesheet::vectors::Main(argv[1]);
}
