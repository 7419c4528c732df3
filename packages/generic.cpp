// packages/generic.cpp: an event package that needs no code: documents are passed on as they are.
#include "packages/generic.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/id.h"
#include "base/text.h"

namespace herald::packages {
namespace {

struct Passed final : Admitted {
    explicit Passed(Document given) : document(std::move(given)) {}
    Document document;
};

const Document& document_of(const Input& input) {
    return static_cast<const Passed&>(*input.document).document;
}

/// Latest last.
std::vector<const Input*> in_order(std::span<const Input> inputs) {
    std::vector<const Input*> ordered;
    for (const Input& input : inputs) {
        if (input.document != nullptr && !input.is_gone) ordered.push_back(&input);
    }
    const auto key = [](const Input& input) {
        return std::tuple(input.rank, input.arrived, input.changed, input.source.size(),
                          input.source);
    };
    std::sort(ordered.begin(), ordered.end(),
              [&](const Input* a, const Input* b) { return key(*a) < key(*b); });
    return ordered;
}

/// Lines "key: value", in the order of the keys; other lines are passed over.
std::string merged_keys(const std::vector<const Input*>& ordered) {
    std::map<std::string, std::string> lines;
    for (const Input* input : ordered) {
        std::string_view rest = document_of(*input).body;
        while (!rest.empty()) {
            const auto [line, after, found] = base::split_once(rest, '\n');
            const auto [key, value, is_pair] = base::split_once(line, ':');
            if (is_pair) lines[base::lower(base::trim(key))] = base::trim(line);
            rest = after;
        }
    }
    std::string body;
    for (const auto& [key, line] : lines) body.append(line).append("\r\n");
    return body;
}

std::uint64_t document_fingerprint(const Document& document) {
    constexpr base::HashKey kFixed{0x68657261'6c642d67ULL, 0x656e6572'69637061ULL};
    return base::keyed_hash(kFixed, document.type + '\n' + document.body);
}

class Generic final : public Package {
public:
    explicit Generic(GenericProfile given, Withheld withheld = Withheld::nothing)
        : given_(std::move(given)) {
        profile_.withheld = withheld;
        for (const auto& type : given_.types) {
            profile_.publish_types.push_back(type);
            profile_.notify_types.push_back(type);
        }
        profile_.event = given_.event;
        profile_.title = given_.title;
        profile_.default_expires = given_.default_expires;
        profile_.max_expires = given_.max_expires;
        profile_.min_expires = std::min(profile_.min_expires, given_.default_expires);
        profile_.access = given_.access;
        profile_.is_published_by_owner = given_.is_published_by_owner;
        // Where the latest counts, what a publisher said before it started anew does not.
        profile_.publisher_supersedes = given_.composition == Composition::last;
        profile_.max_body = given_.max_body;
        profile_.reference = given_.reference;
    }

    const Profile& profile() const noexcept override { return profile_; }

    Result<DocumentPtr> admit(const Document& body, const Settings* /*settings*/) const override {
        return DocumentPtr(std::make_shared<Passed>(body));
    }

    Composed compose(const EventState& state, const View& view) const override {
        auto ordered = in_order(state.inputs);
        // What was published in another type is nothing to who cannot read it.
        std::erase_if(ordered,
                      [&](const Input* input) { return document_of(*input).type != view.type; });
        Composed composed{{std::string(view.type), body_of(ordered, view)}};
        composed.fingerprint = document_fingerprint(composed.document);
        if (given_.composition != Composition::none || ordered.size() < 2) return composed;
        composed.fingerprint = 0;
        for (const Input* input : ordered) {
            Composed& part = composed.parts.emplace_back(Composed{document_of(*input)});
            part.fingerprint = document_fingerprint(part.document);
            part.name = input->source;
            composed.fingerprint = composed.fingerprint * 31 + part.fingerprint;
        }
        return composed;
    }

private:
    std::string body_of(const std::vector<const Input*>& ordered, const View& view) const {
        if (ordered.empty()) return empty_of(view);
        if (given_.composition == Composition::keys) return merged_keys(ordered);
        return document_of(*ordered.back()).body;
    }
    /// `{entity}` in it is the URI the watcher asked for.
    std::string empty_of(const View& view) const {
        std::string body = given_.empty;
        constexpr std::string_view kEntity = "{entity}";
        if (const auto at = body.find(kEntity); at != std::string::npos)
            body.replace(at, kEntity.size(), view.entity);
        return body;
    }

    GenericProfile given_;
    Profile profile_;
};

/// Shared lines of phones, which count their appearances themselves: the last document is the
/// state. Nothing of it is a call of the plain package.
std::unique_ptr<Package> shared_line(std::string event, std::string title, std::string reference) {
    GenericProfile profile;
    profile.event = std::move(event);
    profile.title = std::move(title);
    profile.types = {"application/dialog-info+xml"};
    profile.is_published_by_owner = true;
    profile.max_expires = 7200;
    profile.empty =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
        "entity=\"{entity}\"/>\r\n";
    profile.reference = std::move(reference);
    return std::make_unique<Generic>(std::move(profile), Withheld::call_details);
}

}  // namespace

std::unique_ptr<Package> generic(GenericProfile profile) {
    return std::make_unique<Generic>(std::move(profile));
}

const Package& dialog_sla() {
    static const auto package = shared_line("dialog;sla", "Shared lines", "RFC 4235");
    return *package;
}
const Package& dialog_ma() {
    static const auto package = shared_line("dialog;ma", "Shared lines (ma)", "RFC 4235");
    return *package;
}
const Package& dialog_shared() {
    static const auto package = shared_line("dialog;shared", "Shared appearances", "RFC 7463");
    return *package;
}

}  // namespace herald::packages
