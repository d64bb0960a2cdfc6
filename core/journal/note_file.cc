#include "journal/note_file.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <ranges>
#include <utility>

#include "base/bytes.h"
#include "journal/file_head.h"
#include "journal/manifest.h"

namespace cuesheet {
namespace {

constexpr size_t kHeadBytes = 12;

void AppendNote(std::string& out, std::string_view note) {
  CUE_ASSERT(note.size() <= kMaxNoteBytes);
  ByteWriter writer(out);
  writer.Fixed(static_cast<uint32_t>(note.size()));
  writer.Fixed(Checksum(note));
  out += note;
}

// The first note, taken off `bytes`; kCorrupt when it is damaged or cut short.
Result<std::string_view> TakeNote(std::string_view& bytes) {
  ByteReader reader(bytes);
  const auto size = reader.Fixed<uint32_t>();
  const auto checksum = reader.Fixed<uint64_t>();
  if (!reader.ok() || size > kMaxNoteBytes || bytes.size() - kHeadBytes < size) {
    return Fail(ErrorCode::kCorrupt, "a note is cut short");
  }
  const std::string_view note = bytes.substr(kHeadBytes, size);
  if (Checksum(note) != checksum) {
    return Fail(ErrorCode::kCorrupt, "the checksum of a note is wrong");
  }
  bytes.remove_prefix(kHeadBytes + size);
  return note;
}

struct Content {
  std::vector<std::string> notes;
  bool is_begun = false;  // all notes that it began with are there
  size_t bytes = 0;       // that are right
};

Content Read(std::string_view bytes) {
  Content content;
  std::string_view rest = bytes;
  auto note = TakeNote(rest);
  if (!note) return content;
  const std::string_view text = *note;
  size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return content;
  while (!rest.empty()) {
    note = TakeNote(rest);
    if (!note) break;
    content.notes.emplace_back(*note);
  }
  // A crash may have torn the rewrite of this file. Then the previous file still has everything.
  content.is_begun = content.notes.size() >= count;
  content.bytes = bytes.size() - rest.size();
  return content;
}

constexpr uint32_t kFormat = 1;

// A newer format has its number and a blank before the number of notes (docs/storage.md). kState
// for such a file, which this version must not change.
Result<void> CheckFormat(std::string_view bytes) {
  const auto note = TakeNote(bytes);
  if (!note || !note->contains(' ')) return {};
  const std::string_view number = note->substr(0, note->find(' '));
  uint32_t format = 0;
  std::from_chars(number.data(), number.data() + number.size(), format);
  if (format <= kFormat) return {};
  return Fail(ErrorCode::kState, NewerFormatText(std::to_string(format), std::to_string(kFormat)));
}

}  // namespace

Result<std::vector<std::string>> NoteFile::Open() {
  CUE_ASSIGN(const std::vector<std::string> names, env_->List());
  std::map<uint64_t, std::string> by_number;
  for (const std::string& name : names) by_number.emplace(FileNumber(name, prefix_), name);
  by_number.erase(0);  // files of another kind
  if (!by_number.empty()) number_ = std::max(number_, by_number.rbegin()->first);
  std::vector<std::string> notes;
  bool found = false;
  for (const auto& [number, name] : std::views::reverse(by_number)) {
    CUE_ASSIGN(const std::string bytes, env_->Read(name));
    if (const auto format = CheckFormat(bytes); !format) {
      return Fail(ErrorCode::kState, name + ": " + format.error().message);
    }
    Content content = Read(bytes);
    if (!found && content.is_begun) {
      found = true;
      notes = std::move(content.notes);
      file_bytes_ = content.bytes;
      if (number == number_ && content.bytes == bytes.size()) continue;  // appended to as it is
      Rewrite(notes);
    }
    old_.push_back(name);
  }
  // Otherwise the next notes would be in one of the files that go.
  if (!found && number_ > 0) Rewrite({});
  return notes;
}

void NoteFile::Append(std::string_view note) {
  if (number_ == 0 && !is_rewrite_) Rewrite({});
  AppendNote(waiting_, note);
}

void NoteFile::Rewrite(const std::vector<std::string>& notes) {
  waiting_.clear();
  AppendNote(waiting_, std::to_string(notes.size()));
  for (const std::string& note : notes) AppendNote(waiting_, note);
  file_bytes_ = 0;
  is_rewrite_ = true;
}

Result<bool> NoteFile::BeginCommit() {
  // Only now: the commit that made the newer file durable is over.
  if (may_remove_) CUE_TRY(RemoveOld());
  if (waiting_.empty()) return is_unsaved_;
  if (is_rewrite_ && number_ > 0) old_.push_back(FileName(prefix_, number_));
  if (is_rewrite_) ++number_;
  const std::string name = FileName(prefix_, number_);
  is_unsaved_ = true;
  if (is_rewrite_) {
    CUE_TRY(env_->Write(name, waiting_));
  } else {
    CUE_ASSIGN(const uint64_t size, env_->Size(name));
    if (size > file_bytes_) CUE_TRY(env_->Truncate(name, file_bytes_));  // of an append that failed
    CUE_TRY(env_->Append(name, waiting_));
  }
  file_bytes_ += waiting_.size();
  waiting_.clear();
  is_rewrite_ = false;
  return true;
}

void NoteFile::Committed(bool ok) {
  if (!ok) return;
  is_unsaved_ = false;
  may_remove_ = !is_rewrite_ && !old_.empty();
}

Result<void> NoteFile::RemoveOld() {
  for (; !old_.empty(); old_.pop_back()) {
    CUE_TRY(env_->Remove(old_.back()));
    is_unsaved_ = true;
  }
  may_remove_ = false;
  return {};
}

Result<void> NoteFile::Check(std::string_view bytes) {
  while (!bytes.empty()) CUE_TRY(TakeNote(bytes));
  return {};
}

}  // namespace cuesheet
