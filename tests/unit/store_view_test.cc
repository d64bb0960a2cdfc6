// Who has only the view of a store cannot change it: this file includes nothing else of the store.
#include "store/store_view.h"

#include <catch2/catch_amalgamated.hpp>
#include <concepts>
#include <type_traits>
#include <utility>

namespace cuesheet {

class EventStore;
class Ledger;
class Lifecycle;

namespace testing {
namespace {

template <typename Type>
concept IsKnown = requires { sizeof(Type); };

template <typename Given>
concept IsReadOnly = std::is_const_v<std::remove_reference_t<Given>> || !std::is_reference_v<Given>;

template <typename Table>
concept MayChange =
    requires(Table& table, Row row, const EventView& event) { table.Insert(event); } ||
    requires(Table& table, Row row) { table.Remove(row); } ||
    requires(Table& table, Row row, const EventView& event) {
      table.Set(row, event, FieldSet::All());
    } || requires(Table& table, RowObserver* observer) { table.AddObserver(observer); } ||
    requires(Table& table, TextRef ref) { table.payloads().Release(ref); };

TEST_CASE("who includes only the view of a store cannot change it") {
  // No other part of the store comes with it.
  STATIC_REQUIRE_FALSE(IsKnown<EventStore>);
  STATIC_REQUIRE_FALSE(IsKnown<Ledger>);
  STATIC_REQUIRE_FALSE(IsKnown<Lifecycle>);
  STATIC_REQUIRE_FALSE(IsKnown<StoreState>);

  // The table that it shows is one that nobody may change, and a table is one that somebody may.
  using Shown = std::remove_reference_t<decltype(std::declval<StoreView&>().table())>;
  STATIC_REQUIRE(std::same_as<Shown, const EventTable>);
  STATIC_REQUIRE(MayChange<EventTable>);
  STATIC_REQUIRE_FALSE(MayChange<Shown>);

  // So are all references that it gives; what else it gives are values.
  STATIC_REQUIRE(IsReadOnly<decltype(std::declval<StoreView&>().scope())>);
  STATIC_REQUIRE(IsReadOnly<decltype(std::declval<StoreView&>().topics())>);
  STATIC_REQUIRE(IsReadOnly<decltype(std::declval<StoreView&>().progress_book())>);

  // A payload comes with its error.
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<StoreView&>().Find(Uuid(), true)), Result<EventView>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<Shown&>().View(Row())), Result<EventView>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<Shown&>().payload(Row())),
                              Result<std::optional<std::string_view>>>);
}

}  // namespace
}  // namespace testing
}  // namespace cuesheet
