#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/json_text.h"

namespace cuesheet {
namespace {

struct Outline {
  bool is_too_deep = false;
  bool may_have_surrogates = false;
};

// Depth by counting brackets outside of strings. This is cheaper than a parser callback, and the
// recursive writer needs the limit, because it would overflow the stack on deep values.
Outline OutlineOf(std::string_view text, size_t limit) {
  Outline outline;
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
        const std::string_view escape = text.substr(std::min(i, text.size()), 2);
        if (escape == "ud" || escape == "uD") outline.may_have_surrogates = true;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return {.is_too_deep = true};
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return outline;
}

// The unit of UTF-16 that the escape at `at` stands for; 0 when it stands for none.
uint32_t EscapedUnit(std::string_view text, size_t at) {
  constexpr size_t kSize = 6;  // \uXXXX
  if (at + kSize > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
  uint32_t unit = 0;
  const char* const end = text.data() + at + kSize;
  const auto read = std::from_chars(text.data() + at + 2, end, unit, 16);
  return read.ec == std::errc() && read.ptr == end ? unit : 0;
}

// Hosts cut texts between the halves of a pair, and write half a pair as an escape. The position of
// everything stays as it is.
std::string WithoutHalfPairs(std::string_view text) {
  const auto is_high = [](uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
  const auto is_low = [](uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  std::string whole(text);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') continue;
    const uint32_t unit = EscapedUnit(text, i);
    if (is_high(unit) && is_low(EscapedUnit(text, i + 6))) {
      i += 11;
    } else if (is_high(unit) || is_low(unit)) {
      whole.replace(i + 2, 4, "fffd");
    } else {
      ++i;
    }
  }
  return whole;
}

// Builds the tree, and notes where a text stops being JSON. All text goes through this one reader:
// another use of the parser would add a second copy of it to the module.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // no JSON text has it
  bool start_object(size_t /*elements*/) override { return Open(Json::value_t::object); }
  bool start_array(size_t /*elements*/) override { return Open(Json::value_t::array); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& value) override {
    member_ = &(*open_.back())[std::move(value)];
    return true;
  }
  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    position_ = position;
    return false;
  }

  Json TakeRoot() { return std::move(root_); }
  size_t error_position() const { return position_; }

 private:
  bool Add(Json value) {
    Put(std::move(value));
    return true;
  }
  bool Open(Json::value_t type) {
    open_.push_back(Put(Json(type)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  Json* Put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }

  Json root_;
  std::vector<Json*> open_;  // the arrays and objects around the current value
  Json* member_ = nullptr;   // of the innermost object: where its next value goes
  size_t position_ = 0;
};

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  const Outline outline = OutlineOf(text, kMaxJsonDepth);
  if (outline.is_too_deep) {
    return Fail(ErrorCode::kTooLarge, "JSON is nested deeper than " +
                                          std::to_string(kMaxJsonDepth) + " levels: flatten it");
  }
  std::string whole;
  if (outline.may_have_surrogates) text = whole = WithoutHalfPairs(text);
  TreeBuilder tree;
  if (Json::sax_parse(text.data(), text.data() + text.size(), &tree)) return tree.TakeRoot();
  return Fail(ErrorCode::kInvalid,
              "not valid JSON at character " + std::to_string(tree.error_position()));
}

Json ParseStoredJson(std::string_view text) { return ParseJson(text).value_or(Json()); }

std::string CanonicalText(const Json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) {
    // Json::dump() would first fill 512 bytes for an indentation that is not used.
    if (SkipPlainJson(*text, 0) == text->size()) return '"' + *text + '"';
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* FindMember(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

std::string_view TextMember(const Json& object, std::string_view key) {
  const Json* value = FindMember(object, key);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_ref<const std::string&>();
}

}  // namespace cuesheet
