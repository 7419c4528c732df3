// tests/unit/pidf/sources.h: publications of several sources, composed.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/pidf/sample.h"

namespace herald::pidf {

/// Documents of several sources.
class Sources {
public:
    Sources& publish(std::string_view source, std::string_view content, int minute = 0,
                     int rank = 0) {
        documents_.push_back(admitted(in_presence(content)));
        list.push_back({source, rank, at_minute(minute), &documents_.back()});
        return *this;
    }
    void remove(std::string_view source) {
        std::erase_if(list, [&](const Contribution& one) { return one.source == source; });
    }
    Rendered rendered(int minute = 60, const Policy& policy = {}) const {
        return render_pidf(resolve(list, at_minute(minute), policy), "sip:a@x", "sip:a@x");
    }
    std::string body(int minute = 60, const Policy& policy = {}) const {
        return rendered(minute, policy).body;
    }
    std::optional<base::WallTime> stale_at(int minute) const {
        return resolve(list, at_minute(minute)).stale_at;
    }

    std::vector<Contribution> list;

private:
    std::list<Presence> documents_;
};

inline std::string tuple(std::string_view id, std::string_view basic, std::string_view contact,
                         std::string_view more = "") {
    std::string text = "<tuple id='" + std::string(id) + "'><status><basic>" + std::string(basic) +
                       "</basic></status>";
    if (!contact.empty()) text += "<contact>" + std::string(contact) + "</contact>";
    return text + std::string(more) + "</tuple>";
}

inline std::string person(std::string_view id, std::string_view content) {
    return "<dm:person id='" + std::string(id) + "'>" + std::string(content) + "</dm:person>";
}

inline std::string activity(std::string_view name) {
    return "<rpid:activities><rpid:" + std::string(name) + "/></rpid:activities>";
}

/// The ids of tuples, in order.
inline std::vector<std::string> tuple_ids(const std::string& body) {
    std::vector<std::string> ids;
    constexpr std::string_view kStart = "<tuple id=\"";
    for (std::size_t at = body.find(kStart); at != std::string::npos;
         at = body.find(kStart, at + 1)) {
        const std::size_t from = at + kStart.size();
        ids.push_back(body.substr(from, body.find('"', from) - from));
    }
    return ids;
}

}  // namespace herald::pidf
