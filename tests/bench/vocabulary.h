// The words that the generator's events are made of.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cuesheet::bench {

enum class Family { kEntity, kLog, kJob, kOther };

struct Topic {
  std::string_view name;
  Family family;
  uint32_t weight;
};

inline constexpr auto kTopics = [] {
  using enum Family;
  return std::to_array<Topic>({
      {"entity.folder.created", kEntity, 8},
      {"entity.folder.deleted", kEntity, 2},
      {"entity.folder.renamed", kEntity, 3},
      {"entity.folder.status_changed", kEntity, 12},
      {"entity.folder.attrib_changed", kEntity, 20},
      {"entity.folder.tags_changed", kEntity, 2},
      {"entity.folder.thumbnail_changed", kEntity, 3},
      {"entity.folder.parent_changed", kEntity, 1},
      {"entity.product.created", kEntity, 25},
      {"entity.product.deleted", kEntity, 2},
      {"entity.product.attrib_changed", kEntity, 6},
      {"entity.product.active_changed", kEntity, 2},
      {"entity.version.created", kEntity, 40},
      {"entity.version.deleted", kEntity, 3},
      {"entity.version.status_changed", kEntity, 45},
      {"entity.version.attrib_changed", kEntity, 25},
      {"entity.version.tags_changed", kEntity, 4},
      {"entity.version.author_changed", kEntity, 2},
      {"entity.version.thumbnail_changed", kEntity, 25},
      {"entity.representation.created", kEntity, 60},
      {"entity.representation.deleted", kEntity, 4},
      {"entity.representation.files_changed", kEntity, 6},
      {"entity.representation.active_changed", kEntity, 3},
      {"entity.task.created", kEntity, 20},
      {"entity.task.deleted", kEntity, 3},
      {"entity.task.renamed", kEntity, 3},
      {"entity.task.status_changed", kEntity, 80},
      {"entity.task.attrib_changed", kEntity, 40},
      {"entity.task.assignees_changed", kEntity, 30},
      {"entity.task.tags_changed", kEntity, 4},
      {"entity.task.type_changed", kEntity, 2},
      {"entity.task.data_changed", kEntity, 4},
      {"entity.workfile.created", kEntity, 20},
      {"entity.workfile.attrib_changed", kEntity, 4},
      {"entity.workfile.thumbnail_changed", kEntity, 6},
      {"entity.project.changed", kOther, 4},
      {"entity.project.attrib_changed", kOther, 3},
      {"entity.project.statuses_changed", kOther, 1},
      {"activity.created", kOther, 70},
      {"activity.updated", kOther, 12},
      {"link.created", kOther, 10},
      {"link.deleted", kOther, 1},
      {"log.info", kLog, 90},
      {"log.success", kLog, 15},
      {"log.warning", kLog, 25},
      {"log.error", kLog, 20},
      {"auth.login", kOther, 20},
      {"auth.logout", kOther, 10},
      {"settings.changed", kOther, 5},
      {"bundle.updated", kOther, 2},
      {"publish.farm", kJob, 30},
      {"publish.render", kJob, 40},
      {"ftrack.leech", kJob, 30},
      {"ftrack.sync_to_ayon", kJob, 30},
      {"kitsu.sync", kJob, 8},
      {"shotgrid.leech", kJob, 12},
      {"shotgrid.push", kJob, 8},
      {"review.transcode", kJob, 20},
      {"reviewable.process", kJob, 14},
      {"slack.notify", kJob, 5},
  });
}();
inline constexpr Topic kTicketTopic{"entity.task.status_changed", Family::kEntity, 0};

inline constexpr auto kProjects = std::to_array<std::string_view>(
    {"aurora", "basalt", "cinder", "dune_two", "ember", "fjord", "glacier", "harbour", "iris",
     "juniper", "kestrel", "lantern"});
inline constexpr auto kFirstNames = std::to_array<std::string_view>(
    {"mona", "alice", "bob", "chen", "dario", "elif", "farid", "greta", "hana", "igor"});
inline constexpr auto kDepartments = std::to_array<std::string_view>(
    {"animation", "compositing", "effects", "grooming", "layout", "lighting", "lighting", "lookdev",
     "modeling", "rigging", "texturing"});
inline constexpr auto kStatuses =
    std::to_array<std::string_view>({"Not ready", "Ready to start", "In progress", "Pending review",
                                     "Pending review", "Approved", "On hold", "Omitted"});
inline constexpr auto kSyllables = std::to_array<std::string_view>(
    {"ba",  "ki",  "do", "ru",  "len", "tor", "mi",  "sha", "vel", "qua", "ne",
     "zan", "pol", "ri", "gus", "hem", "jo",  "lyn", "fa",  "wex", "cor", "dil",
     "um",  "nar", "os", "pri", "yo",  "tak", "bel", "zoë", "ul",  "ö"});
inline constexpr auto kVerbs = std::to_array<std::string_view>(
    {"Publishing", "Rendering", "Transcoding", "Syncing", "Validating", "Collecting"});
inline constexpr auto kThings = std::to_array<std::string_view>(
    {"turntable", "review", "playblast", "slate", "cache", "label", "matte", "camera"});

}  // namespace cuesheet::bench
