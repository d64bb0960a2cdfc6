#include "query/block_condition.h"

namespace cuesheet {

bool BlockCondition::MayMatch(const BlockSummary& block) const {
  if (has_children_ && block.parents == 0) return false;
  if (!(block.oldest < older_than_) || !(block.newest > newer_than_)) return false;
  for (size_t column = 0; column < kBlockColumns; ++column) {
    if (!block.codes[column].Meets(codes_[column])) return false;
  }
  for (size_t status = 0; status < block.statuses.size(); ++status) {
    if (block.statuses[status] > 0 && (statuses_ >> status & 1) != 0) return true;
  }
  return false;
}

void BlockCondition::RequireNames(BlockColumn column, const DictionaryColumn& dictionary,
                                  std::span<const std::string> names) {
  CodeBits wanted;
  for (const std::string& name : names) {
    const uint32_t code = dictionary.words().Find(name);
    if (code != Interner::kNone) wanted.Add(code);
  }
  Require(column, wanted);
}

}  // namespace cuesheet
