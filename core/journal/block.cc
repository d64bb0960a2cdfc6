#include "journal/block.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/bytes.h"
#include "base/packed.h"
#include "journal/file_head.h"

namespace cuesheet {
namespace {

constexpr std::string_view kMagic = "CUEBLCK1";  // its last character is the format version

// A small number for a small difference of either sign, so that its varint is short.
uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1)); }
int64_t Difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t Sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

enum Parent : uint8_t { kNoParent = 0, kById = 1, kFirstInBlock = 2 };
enum Payload : uint8_t { kNotHere = 0, kEmptyPayload = 1, kInChunk = 2 };

// The columns in their order. A text of a description, a summary or a hash is among the texts, and
// its size among the numbers.
constexpr std::array<Field, kFields.size()> kColumns = {
    Field::kCreationOrder, Field::kCreatedAt, Field::kUpdatedAt,   Field::kId,
    Field::kStatus,        Field::kRetries,   Field::kTopic,       Field::kProject,
    Field::kUser,          Field::kSender,    Field::kSenderType,  Field::kHash,
    Field::kDependsOn,     Field::kPayload,   Field::kDescription, Field::kSummary};
static_assert(std::ranges::all_of(kFields, [](const FieldInfo& info) {
  return std::ranges::count(kColumns, info.field) == 1;
}));

class Encoder {
 public:
  Encoder(const EventTable& table, std::span<const Row> rows) : table_(table), rows_(rows) {}

  std::string Encode() {
    numbers_.Varint(rows_.size());
    for (const Field column : kColumns) PutColumn(column);
    std::string out(kMagic);
    AppendPiece(out, numbers_text_);
    AppendPiece(out, texts_);
    return out;
  }

 private:
  void PutColumn(Field column) {
    switch (column) {
      case Field::kCreationOrder:
        return PutSteps([this](Row row) { return table_.creation_order(row); });
      case Field::kCreatedAt:
        return PutSteps([this](Row row) { return table_.created_at(row).us; });
      case Field::kUpdatedAt:
        return PutNumbers([this](Row row) {
          return Difference(table_.updated_at(row).us, table_.created_at(row).us);
        });
      case Field::kId:
        for (const Row row : rows_) numbers_.Raw(table_.id(row).bytes);
        return;
      case Field::kStatus:
        for (const Row row : rows_) numbers_.Fixed(static_cast<uint8_t>(table_.status(row)));
        return;
      case Field::kRetries:
        return PutNumbers([this](Row row) { return table_.retries(row); });
      case Field::kTopic:
        return PutDictionary(table_.topics());
      case Field::kProject:
        return PutDictionary(table_.projects());
      case Field::kUser:
        return PutDictionary(table_.users());
      case Field::kSender:
        return PutDictionary(table_.senders());
      case Field::kSenderType:
        return PutDictionary(table_.sender_types());
      case Field::kHash:
        return PutHashes();
      case Field::kDependsOn:
        return PutParents();
      case Field::kPayload:
        return PutPayloads();
      case Field::kDescription:
        return PutTexts([this](Row row) { return table_.description(row); });
      case Field::kSummary:
        return PutTexts([this](Row row) { return table_.summary(row); });
    }
  }

  template <typename NumberOf>
  void PutNumbers(NumberOf number_of) {
    for (const Row row : rows_) numbers_.Varint(ZigZag(number_of(row)));
  }

  // Each less the one before.
  template <typename NumberOf>
  void PutSteps(NumberOf number_of) {
    int64_t last = 0;
    for (const Row row : rows_) {
      const int64_t number = number_of(row);
      numbers_.Varint(ZigZag(Difference(number, last)));
      last = number;
    }
  }

  // The words in the order in which they first occur, then a code for each row; 0 = null. Codes of
  // the table would be larger, and differ in the next process.
  void PutDictionary(const DictionaryColumn& column) {
    std::vector<uint32_t> codes(column.words().size());  // by code of the table
    std::vector<uint32_t> words;
    for (const Row row : rows_) {
      const uint32_t code = column.code(row);
      if (code == DictionaryColumn::kNull || codes[code] != 0) continue;
      words.push_back(code);
      codes[code] = static_cast<uint32_t>(words.size());
    }
    numbers_.Varint(words.size());
    for (const uint32_t word : words) numbers_.Text(column.words().text(word));
    for (const Row row : rows_) {
      const uint32_t code = column.code(row);
      numbers_.Varint(code == DictionaryColumn::kNull ? 0 : codes[code]);
    }
  }

  void PutHashes() {
    for (const Row row : rows_) {
      const auto hash = table_.own_hash(row);
      numbers_.Varint(hash ? hash->size() + 1 : 0);
      if (hash) texts_ += *hash;
    }
  }

  // The place of a row in the block, or rows_.size(). Rows are sorted by creation order, so a
  // parent in the same block is found without a map.
  size_t PlaceOf(Row row) const {
    if (row == kNoRow) return rows_.size();
    const auto order = [this](Row r) { return table_.creation_order(r); };
    const auto at = std::ranges::lower_bound(rows_, order(row), {}, order);
    return at != rows_.end() && *at == row ? static_cast<size_t>(at - rows_.begin()) : rows_.size();
  }

  void PutParents() {
    for (const Row row : rows_) {
      const size_t place = PlaceOf(table_.Parent(row));
      const auto parent = table_.ParentId(row);
      if (place < rows_.size()) {
        numbers_.Varint(kFirstInBlock + place);
      } else {
        numbers_.Varint(parent ? kById : kNoParent);
        if (parent) numbers_.Raw(parent->bytes);
      }
    }
  }

  void PutPayloads() {
    for (const Row row : rows_) {
      const TextRef ref = table_.payload_ref(row);
      if (!table_.HasPayload(row) || ref.size() == 0) {
        numbers_.Varint(table_.HasPayload(row) ? kEmptyPayload : kNotHere);
        continue;
      }
      numbers_.Varint(kInChunk + ref.chunk());
      numbers_.Varint(ref.offset());
      numbers_.Varint(ref.size());
    }
  }

  template <typename TextOf>
  void PutTexts(TextOf text_of) {
    for (const Row row : rows_) {
      const std::string_view text = text_of(row);
      numbers_.Varint(text.size());
      texts_ += text;
    }
  }

  const EventTable& table_;
  std::span<const Row> rows_;
  std::string numbers_text_;
  ByteWriter numbers_{numbers_text_};
  std::string texts_;
};

class Decoder {
 public:
  Decoder(std::string_view numbers, std::string_view texts) : in_(numbers), texts_(texts) {}

  Result<void> Decode() {
    const uint64_t count = in_.Varint();
    if (!in_.ok() || count > kMaxBlockEvents) return Damaged();
    // The count was checked above, so damage cannot ask for unlimited memory.
    events_.resize(static_cast<size_t>(count));
    for (const Field column : kColumns) TakeColumn(column);
    const bool whole =
        ok_ && in_.ok() && texts_.ok() && in_.remaining() == 0 && texts_.remaining() == 0;
    return whole && std::ranges::all_of(events_, IsPlausible) ? Result<void>() : Damaged();
  }

  // Decoded as a whole before anything is visited: a damaged block must not leave half of its
  // events in the table.
  const std::vector<BlockEvent>& events() const { return events_; }

 private:
  static std::unexpected<Error> Damaged() {
    return Fail(ErrorCode::kCorrupt, "the columns of a block make no sense");
  }

  // Whether a store can have written the event. The checksum was right, so JSON need not be checked
  // again: it was canonical when it was written.
  static bool IsPlausible(const BlockEvent& e) {
    return IsEventStatus(e.event.status) && !e.event.topic.empty() &&
           e.event.summary.starts_with('{') && e.event.created_at.IsValid() &&
           e.event.updated_at.IsValid() && e.event.creation_order <= kMaxCreationOrder;
  }

  void TakeColumn(Field column) {
    switch (column) {
      case Field::kCreationOrder:
        return TakeSteps([](BlockEvent& e) -> int64_t& { return e.event.creation_order; });
      case Field::kCreatedAt:
        return TakeSteps([](BlockEvent& e) -> int64_t& { return e.event.created_at.us; });
      case Field::kUpdatedAt:
        for (BlockEvent& e : events_) {
          e.event.updated_at.us = Sum(e.event.created_at.us, UnZigZag(in_.Varint()));
        }
        return;
      case Field::kId:
        for (BlockEvent& e : events_) TakeId(e.event.id);
        return;
      case Field::kStatus:
        for (BlockEvent& e : events_) {
          e.event.status = static_cast<EventStatus>(in_.Fixed<uint8_t>());
        }
        return;
      case Field::kRetries:
        for (BlockEvent& e : events_)
          e.event.retries = static_cast<int32_t>(UnZigZag(in_.Varint()));
        return;
      case Field::kTopic:
        return TakeDictionary(&EventView::topic);
      case Field::kProject:
        return TakeDictionary(&EventView::project);
      case Field::kUser:
        return TakeDictionary(&EventView::user);
      case Field::kSender:
        return TakeDictionary(&EventView::sender);
      case Field::kSenderType:
        return TakeDictionary(&EventView::sender_type);
      case Field::kHash:
        return TakeHashes();
      case Field::kDependsOn:
        return TakeParents();
      case Field::kPayload:
        return TakePayloads();
      case Field::kDescription:
        for (BlockEvent& e : events_) e.event.description = texts_.Take(in_.Varint());
        return;
      case Field::kSummary:
        for (BlockEvent& e : events_) e.event.summary = texts_.Take(in_.Varint());
    }
  }

  template <typename NumberOf>
  void TakeSteps(NumberOf number_of) {
    int64_t last = 0;
    for (BlockEvent& e : events_) last = number_of(e) = Sum(last, UnZigZag(in_.Varint()));
  }

  void TakeId(Uuid& id) {
    const std::string_view raw = in_.Take(id.bytes.size());
    std::ranges::copy(raw, id.bytes.begin());
  }

  template <typename Word>
  void TakeDictionary(Word EventView::* member) {
    const uint64_t count = in_.Varint();
    std::vector<std::string_view> words;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) words.push_back(in_.Text());
    for (BlockEvent& e : events_) {
      const uint64_t code = in_.Varint();
      if (code == 0) continue;
      if (code > words.size()) {
        ok_ = false;
        return;
      }
      e.event.*member = words[static_cast<size_t>(code - 1)];
    }
  }

  void TakeHashes() {
    for (BlockEvent& e : events_) {
      const uint64_t size = in_.Varint();
      if (size > 0) e.event.hash = texts_.Take(size - 1);
    }
  }

  void TakeParents() {
    for (BlockEvent& e : events_) {
      const uint64_t parent = in_.Varint();
      if (parent == kNoParent) continue;
      if (parent == kById) {
        TakeId(e.event.depends_on.emplace());
      } else if (parent - kFirstInBlock < events_.size()) {
        e.event.depends_on = events_[static_cast<size_t>(parent - kFirstInBlock)].event.id;
      } else {
        ok_ = false;
      }
    }
  }

  void TakePayloads() {
    for (BlockEvent& e : events_) {
      const uint64_t place = in_.Varint();
      e.has_payload = place != kNotHere;
      if (place < kInChunk) continue;
      const uint64_t offset = in_.Varint();
      const uint64_t size = in_.Varint();
      const uint64_t chunk = place - kInChunk;
      const bool is_place = chunk < TextRef::kMaxChunks && offset < TextArena::kChunkSize &&
                            size > 0 && size <= TextRef::kMaxSize;
      if (is_place) e.payload = TextRef::Of(chunk, offset, size);
      ok_ = ok_ && is_place;
    }
  }

  ByteReader in_;
  ByteReader texts_;
  std::vector<BlockEvent> events_;
  bool ok_ = true;
};

}  // namespace

std::string EncodeBlock(const EventTable& table, std::span<const Row> rows) {
  CUE_ASSERT(rows.size() <= kMaxBlockEvents);
  return Encoder(table, rows).Encode();
}

Result<void> DecodeBlock(std::string_view bytes,
                         const std::function<void(const BlockEvent&)>& visit) {
  CUE_TRY(CheckFileHead(bytes, kMagic));
  bytes.remove_prefix(kMagic.size());
  CUE_ASSIGN(const std::string numbers, TakePiece(bytes));
  CUE_ASSIGN(const std::string texts, TakePiece(bytes));
  if (!bytes.empty()) return Fail(ErrorCode::kCorrupt, "bytes after the end of a block");
  Decoder decoder(numbers, texts);
  CUE_TRY(decoder.Decode());
  for (size_t i = decoder.events().size(); i-- > 0;) visit(decoder.events()[i]);
  return {};
}

}  // namespace cuesheet
