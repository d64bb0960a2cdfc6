#include "journal/check_file.h"

#include <algorithm>
#include <array>

#include "journal/block.h"
#include "journal/journal.h"
#include "journal/manifest.h"
#include "journal/note_file.h"
#include "journal/payload_files.h"

namespace cuesheet {
namespace {

constexpr std::array kPrefixes = {kManifestPrefix, kBlockPrefix,  kPayloadPrefix,
                                  kJournalPrefix,  kOutboxPrefix, kLeasesPrefix};

}  // namespace

bool IsStoreFile(std::string_view name) {
  return name == kStoreIdName || std::ranges::any_of(kPrefixes, [name](std::string_view prefix) {
           return name.starts_with(prefix);
         });
}

Result<void> CheckFile(std::string_view name, std::string_view bytes) {
  if (name.starts_with(kManifestPrefix)) {
    CUE_TRY(DecodeManifest(bytes));
    return {};
  }
  if (name.starts_with(kBlockPrefix)) return DecodeBlock(bytes, [](const BlockEvent&) {});
  if (name.starts_with(kPayloadPrefix)) return CheckPayloadFile(bytes);
  if (name.starts_with(kJournalPrefix)) return CheckSegment(bytes);
  const bool has_notes = name.starts_with(kOutboxPrefix) || name.starts_with(kLeasesPrefix);
  if (has_notes) return NoteFile::Check(bytes);
  return {};
}

}  // namespace cuesheet
