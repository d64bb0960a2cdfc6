// GraphQL of a hub: a whole document as a plan, or one field of `events` (protocol.md 6.3).
#include "base/json.h"
#include "event/codec.h"
#include "hub/access.h"
#include "hub/api.h"
#include "hub/graphql_plan.h"
#include "store/answers.h"

namespace cuesheet {

Result<EventPage> HubApi::PageFor(const Caller& caller, EventQuery& query) const {
  EventPage page;
  if (NarrowQuery(caller, query)) {
    CUE_TRY(store_->Judging([&] { page = RunQuery(store_->table(), query); }));
  }
  if (!IsKnown(*store_, query, page)) CUE_TRY(store_->CheckLoaded());
  return page;
}

HubResponse HubApi::RefusePage(const Error& error) {
  return error.code == ErrorCode::kLoading ? HubResponse{503, LoadingBody()} : Refuse(error);
}

HubResponse HubApi::GraphqlEvents(const HubRequest& request, const Json& arguments) {
  auto query = EventQuery::Parse(arguments.is_null() ? Json::object() : arguments);
  if (!query) {
    // AYON sets extensions.status where it answers with a status of its own (6.3).
    HubResponse response = Refuse(query.error());
    const bool has_status = query.error().code != ErrorCode::kBadValue;
    response.body.pop_back();
    response.body += std::string(",\"status\":") + (has_status ? "400" : "null") + '}';
    return response;
  }
  const auto page = PageFor(*request.caller, *query);
  if (!page) return RefusePage(page.error());
  const EventTable& table = store_->table();
  HubResponse response;
  std::string& out = response.body;
  out = R"({"edges":[)";
  for (const Row row : page->rows) {
    if (out.back() != '[') out += ',';
    out += R"({"cursor":")" + CursorOf(table.creation_order(row)) + R"(","node":)";
    AppendWhole(out, table, row, EventForm::kGraphql);
    out += '}';
  }
  out += R"(],"pageInfo":)";
  AppendPageInfo(out, *query, EndsOf(table, *page));
  out += '}';
  return response;
}

// Refuses everything that GraphQL would answer with an error, because errors name places of the
// document, which only the host has.
HubResponse HubApi::AnswerPlan(const HubRequest& request) {
  auto plan = GraphqlPlan::Parse(request.body, selections_);
  if (!plan) return Refuse(plan.error());
  std::vector<EventPage> pages;
  size_t events = 0;
  for (EventQuery& query : plan->queries) {
    if (events >= kMaxPlanEvents) {
      return Refuse(Error{ErrorCode::kTooLarge, "the plan asks for more than " +
                                                    std::to_string(kMaxPlanEvents) + " events"});
    }
    auto page = PageFor(*request.caller, query);
    if (!page) return RefusePage(page.error());
    events += page->rows.size();
    pages.push_back(*std::move(page));
  }
  HubResponse response;
  const auto appended = AppendPlan(response.body, *plan, pages, store_->table());
  if (!appended) return Refuse(appended.error());
  return response;
}

}  // namespace cuesheet
