#include "event/builtin_topics.h"

#include <algorithm>

namespace cuesheet {
namespace {

// One text, because a table of string views is larger in the wasm. A row is pattern|keys:
// `a.{b,c}.d` means a.b.d and a.c.d. A topic in two rows has the keys of the first.
// clang-format off
#define ENTITY "entity.{folder,product,version,representation,task,workfile}."
#define PROJECT "entity.{project_skeleton,project}."
// `value` is of any type: all events of one patch share one summary (protocol.md 2, quirk a).
#define PATCHED "|s:entityId sz:parentId s:entityPath *:value\n"
constexpr std::string_view kTable =
    ENTITY "{created,deleted}|s:entityId sz:parentId\n"
    ENTITY "{renamed,status_changed,tags_changed,data_changed,active_changed}" PATCHED
    ENTITY "attrib_changed|s:entityId sz:parentId s:entityPath *?value\n"
    // The assign endpoint sends neither path nor value, a patch sends both.
    "entity.task.assignees_changed|s:entityId sz:parentId s?entityPath *?value\n"
    "entity.folder.{label,type,thumbnail,parent}_changed" PATCHED
    "entity.task.{label,type,thumbnail,folder}_changed" PATCHED
    "entity.product.{product_type,folder}_changed" PATCHED
    "entity.version.{author,thumbnail,product,task}_changed" PATCHED
    "entity.workfile.{thumbnail,task}_changed" PATCHED
    "entity.representation.{files,version}_changed" PATCHED
    // AYON's documentation has it; servers send product_type_changed today.
    "entity.subset.family_changed" PATCHED
    ENTITY "*_changed" PATCHED
    PROJECT "renamed|s:entityName\n"
    PROJECT "{created,deleted,changed}|\n"
    PROJECT "{attrib,data,label,active,config,statuses,tags,folder_types,task_types}_changed|\n"
    PROJECT "*|\n"
    "entity.user.{created,deleted,renamed}|s:entityName\n"
    // Newer servers than that of protocol.md also send the folder with created and changed.
    "entity_list.{created,changed}|s:id sz:entity_list_type sz?entity_list_folder_id s:entity_type s:label n:count\n"
    "entity_list.deleted|s:id sz:entity_list_type sz:entity_list_folder_id s:entity_type s:label n:count\n"
    "link.{created,deleted}|s:id s:linkType s:inputType s:outputType s:inputId s:outputId\n"
    "links.created|n:count a:links\n"
    "activity.{created,updated,deleted}|s:activity_id s:activity_type a:references\n"
    "inbox.message|b:isImportant\n"
    "reviewable.created|s:fileId s:versionId s:productId s:activityId n:size s:filename sz:label s:mimetype\n"
    // Its keys were found in code that reads it, not in what sends it (protocol.md 16).
    "reviewable.process|s?sourceFileId s?versionId ...\n"
    "thumbnail.updated|s:entityType s:entityId sz:thumbnailHash\n"
    "action.launcher|s:addon_name s:addon_version sz:variant s:action_identifier\n"
    "settings.changed|s:addon_name s:addon_version sz:variant s?site_id\n"
    "settings.deleted|...\n"  // documented, but never sent
    "bundle.created|s:name b:isProduction b:isStaging b:isDev\n"
    "bundle.updated|s:name a:changedFields b:isProduction b:isStaging b:isArchived b:isDev b:isProject\n"
    "bundle.status_changed|s:name s:status\n"
    "access_group.{updated,deleted}|s:name\n"
    "addon.install|s:name s:version sz?url sz:zip_path sz?ayon_version b:is_rez\n"
    "addon.install_from_url|s:url s?name s?version sz?zip_path sz?ayon_version b?is_rez\n"
    "{installer,dependency_package}.install_from_url|s:url\n"
    "import.data|n:total s:type n?created n?updated n?skipped n?failed *?failedItems s?phase\n"
    "database_import|\n"
    "maintenance|\n"
    "auth.login|sz?ip oz?agent oz?location a?languages sz?siteId ...\n"
    // AYON puts the session's token here; Cuesheet's hub does not (protocol.md 17.6).
    "auth.logout|s?token\n"
    "user.log_fail|s:ip\n"
    "server.{started,log_collector_started,restart_requested,restart_required}|\n"
    "log.{trace,debug,info,success,warning,error,critical}|\n"
    "log.*|\n"
    "heartbeat|\n"
    "shout|s:text\n"
    "client.connected|\n";
#undef PATCHED
#undef PROJECT
#undef ENTITY
// clang-format on

// The text before the separator; both are removed from `rest`.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace

BuiltinTopics::BuiltinTopics() : rest_(kTable) {}

bool BuiltinTopics::Next() {
  for (;;) {
    if (rest_.empty()) return false;
    std::string_view row = rest_;
    keys = TakeUntil(row, '\n');
    std::string_view pattern = TakeUntil(keys, '|');
    // The digits of index_ choose a word in each pair of braces.
    size_t index = index_++;
    name.clear();
    while (!pattern.empty()) {
      name += TakeUntil(pattern, '{');
      std::string_view words = TakeUntil(pattern, '}');
      if (words.empty()) break;
      const auto count = static_cast<size_t>(std::ranges::count(words, ',')) + 1;
      for (size_t skip = index % count; skip > 0; --skip) TakeUntil(words, ',');
      name += TakeUntil(words, ',');
      index /= count;
    }
    if (index == 0) return true;
    rest_ = row;
    index_ = 0;
  }
}

}  // namespace cuesheet
