// server/notify/told_parts.h: what one watcher was told of a state that comes in several documents,
// a NOTIFY for each (packages::Composed::parts).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/text_map.h"
#include "packages/package.h"

namespace herald::server {

class ToldParts {
public:
    /// Index of the part to be told next: one whose alert changed, else the first behind the one
    /// told last, round and round, so that a busy part cannot keep another from being told.
    /// nullopt: everything is told.
    std::optional<std::size_t> owed(const packages::Composed& whole) const;
    /// Whether a part that was told before has another alert now.
    bool is_alert(const packages::Composed& whole) const;

    /// The part is on its way, as of `version` of the resource; what was noted of it before: the
    /// version that its watcher was told last, 0 where it was not.
    std::uint64_t note(const packages::Composed& part, std::uint64_t version);
    /// The part was not received; `version` is what note() returned.
    void take_back(const std::string& name, std::uint64_t version);

private:
    struct Part {
        std::uint64_t fingerprint = 0;
        std::uint64_t version = 0;
        std::uint8_t alert = 0;
        bool is_told = false;
    };
    bool has_other_alert(const packages::Composed& part) const;
    bool is_owed(const packages::Composed& part) const;

    base::TextMap<Part> parts_;  ///< by name
    std::string last_;           ///< name of the one told last
};

}  // namespace herald::server
