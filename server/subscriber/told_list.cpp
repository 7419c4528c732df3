// server/subscriber/told_list.cpp: what a PBX tells of many resources at once (RFC 4662 5).
//
//   multipart/related
//     application/rlmi+xml           whom it is about, and which part has whose state
//     application/dialog-info+xml    a part for each that has one
//     multipart/related              a list within the list
#include "server/subscriber/told_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "pidf/rlmi.h"
#include "server/core/answers.h"
#include "sip/multipart.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// Parts of one multipart: the list's own, and one for each resource.
constexpr std::size_t kMostListParts = pidf::kMostListed + 1;

const sip::BodyPart* part_of(const std::vector<sip::BodyPart>& parts, std::string_view content_id) {
    if (content_id.empty()) return nullptr;
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const sip::BodyPart& part) {
        std::string_view id = part.content_id;
        if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
        return id == content_id;
    });
    return found == parts.end() ? nullptr : &*found;
}

/// The list's server may ask for it at several places: who is live says what is.
const pidf::ListedInstance* best_of(const pidf::ListedResource& resource) {
    const pidf::ListedInstance* best = nullptr;
    for (const auto& instance : resource.instances) {
        if (best == nullptr || (instance.state == "active" && best->state != "active"))
            best = &instance;
    }
    return best;
}

class Reader {
public:
    Reader(const packages::Package& package, const packages::Settings* settings)
        : package_(package), settings_(settings) {}

    /// Faults: malformed, too_large; unsupported_media: what is no list.
    Status read(const sip::BodyPart& body, ToldList& told) const {
        const auto root =
            std::find_if(body.parts.begin(), body.parts.end(),
                         [](const sip::BodyPart& part) { return part.type == pidf::kRlmiType; });
        if (root == body.parts.end()) return Fault{FaultKind::unsupported_media, "no list"};
        const auto list = pidf::parse_resource_list(root->content);
        if (!list) return list.fault();
        told.version = list->version;
        told.is_full = list->is_full;
        for (const auto& resource : list->resources) {
            if (told.members.size() == pidf::kMostListed)
                return Fault{FaultKind::too_large, "too many resources"};
            if (auto status = read(body, resource, told); !status) return status;
        }
        return {};
    }

private:
    Status read(const sip::BodyPart& body, const pidf::ListedResource& resource,
                ToldList& told) const {
        const auto* instance = best_of(resource);
        const auto* part = instance ? part_of(body.parts, instance->content_id) : nullptr;
        if (part && part->is_multipart()) return read_inner(*part, told);
        ToldMember member{listed_user(resource.uri), {}, instance && is_over(*instance)};
        const auto& types = package_.profile().publish_types;
        if (part && std::find(types.begin(), types.end(), part->type) != types.end())
            member.document = {part->type, std::string(part->content)};
        if (!member.document.type.empty()) {
            const auto admitted = package_.admit(member.document, settings_);
            if (!admitted) return admitted.fault();
        }
        if (!member.user.empty()) told.members.push_back(std::move(member));
        return {};
    }

    /// Its members are the list's. What it tells in part leaves the rest of the list as it was.
    Status read_inner(const sip::BodyPart& part, ToldList& told) const {
        ToldList inner;
        if (auto status = read(part, inner); !status) return status;
        if (told.members.size() + inner.members.size() > pidf::kMostListed)
            return Fault{FaultKind::too_large, "too many resources"};
        told.is_full = told.is_full && inner.is_full;
        std::move(inner.members.begin(), inner.members.end(), std::back_inserter(told.members));
        return {};
    }

    static bool is_over(const pidf::ListedInstance& instance) {
        return instance.state == "terminated";
    }

    const packages::Package& package_;
    const packages::Settings* settings_;
};

}  // namespace

ListRead read_list(const packages::Package& package, const sip::Message& request,
                   const packages::Settings* settings) {
    ToldList told;
    if (request.body().empty()) return told;
    const auto body = sip::parse_body(request, kMostListParts);
    if (!body) return from_fault(body.fault());
    const auto status = Reader(package, settings).read(*body, told);
    if (!status) return from_fault(status.fault());
    std::stable_sort(told.members.begin(), told.members.end(),
                     [](const auto& a, const auto& b) { return a.user < b.user; });
    return told;
}

const ToldMember* ToldList::of(std::string_view user) const noexcept {
    const auto found = std::lower_bound(
        members.begin(), members.end(), user,
        [](const ToldMember& each, std::string_view name) { return each.user < name; });
    return found != members.end() && found->user == user ? &*found : nullptr;
}

std::string listed_user(std::string_view uri) {
    const auto parsed = sip::parse_uri(uri);
    if (!parsed) return {};
    const auto aor = sip::canonical_aor(*parsed);
    const auto start = aor.find(':') + 1;
    const auto end = aor.find('@');
    return end == std::string::npos ? std::string() : aor.substr(start, end - start);
}

}  // namespace herald::server
