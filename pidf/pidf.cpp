// pidf/pidf.cpp: reads a published presence document into pieces of canonical text.
#include "pidf/pidf.h"

#include <algorithm>
#include <map>

#include "base/id.h"
#include "base/text.h"
#include "pidf/contact.h"
#include "pidf/wellformed.h"

namespace herald::pidf {
namespace {

using xml::Element;
using xml::Ns;

enum class Kind : std::uint8_t { tuple, person, device };

/// Escapes and repeated declarations make canonical text longer than the body; this is the end of
/// it.
constexpr std::size_t kMaxWeight = kMaxComposed;

constexpr std::string_view kTolerances[] = {
    "prolog", "encoding", "namespace", "entity",   "id",        "no_id", "repeated_id",
    "order",  "basic",    "status",    "priority", "timestamp", "device"};

std::optional<base::WallTime> time_of(std::string_view rfc3339) noexcept {
    const auto milliseconds = base::from_rfc3339(base::trim(rfc3339));
    if (!milliseconds) return std::nullopt;
    return base::WallTime(std::chrono::milliseconds(*milliseconds));
}

/// RFC 3863 4.1.5 in thousandths; -1 for what is no priority.
std::int16_t priority_of(std::string_view text) noexcept {
    const base::Split split = base::split_once(text, '.');
    if ((split.before != "0" && split.before != "1") || split.after.size() > 3) return -1;
    if (!std::all_of(split.after.begin(), split.after.end(), base::is_digit)) return -1;
    int thousandths = split.before == "1" ? 1000 : 0;
    int weight = 100;
    for (const char digit : split.after) {
        thousandths += (digit - '0') * weight;
        weight /= 10;
    }
    return thousandths <= 1000 ? static_cast<std::int16_t>(thousandths) : std::int16_t{-1};
}

Basic basic_of(std::string_view text) noexcept {
    const std::string_view trimmed = base::trim(text);
    if (base::iequals(trimmed, "open")) return Basic::open;
    return base::iequals(trimmed, "closed") ? Basic::closed : Basic::unknown;
}

/// `published` where it is an NCName, else a spelling of it that is: bad characters become _ and
/// their code.
std::string usable_id(std::string_view published) {
    if (xml::is_ncname(published)) return std::string(published);
    std::string id;
    for (const char c : published) {
        if (base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.') {
            id += c;
        } else {
            id += '_';
            id += base::to_hex({&c, 1});
        }
    }
    if (!id.empty() && !base::is_alpha(id[0]) && id[0] != '_') id.insert(0, 1, '_');
    return id;
}

/// Whether an XML declaration names an encoding that is not UTF-8.
bool names_other_encoding(std::string_view body) noexcept {
    const auto begin = body.find("<?xml");
    const auto end = begin == std::string_view::npos ? begin : body.find("?>", begin);
    if (end == std::string_view::npos) return false;
    const auto declaration = body.substr(begin, end - begin);
    const auto key = declaration.find("encoding");
    if (key == std::string_view::npos) return false;
    const auto open = declaration.find_first_of("\"'", key);
    if (open == std::string_view::npos) return false;
    const auto value = declaration.substr(open + 1);
    return !base::iequals(value.substr(0, value.find(declaration[open])), "utf-8");
}

/// Which of the activities that older formats can show `activities` lists.
std::uint8_t shown_activities(Element activities) noexcept {
    unsigned shown = kNoActivity;
    for (const Element activity : activities) {
        if (activity.ns() != Ns::rpid) continue;
        const std::string_view name = activity.local();
        if (name == "on-the-phone") shown |= kOnThePhone;
        if (name == "busy" || name == "meeting" || name == "appointment") shown |= kBusy;
        if (name == "away" || name == "meal" || name == "breakfast" || name == "dinner")
            shown |= kAway;
    }
    return static_cast<std::uint8_t>(shown);
}

/// An element that says nothing, though its schema wants it to.
bool is_void(Element element) noexcept {
    return (element.is(Ns::rpid, "activities") || element.is(Ns::rpid, "mood")) &&
           element.is_empty();
}

}  // namespace

std::span<const std::string_view> tolerance_names() noexcept {
    return kTolerances;
}

std::uint64_t stable_hash(std::string_view bytes) noexcept {
    constexpr base::HashKey kFixed{0x68657261'6c642d70ULL, 0x6964662d'68617368ULL};
    return base::keyed_hash(kFixed, bytes);
}

class PresenceReader {
public:
    PresenceReader(xml::Tree& tree, std::string_view body) : tree_(tree) {
        note_if(!body.starts_with('<'), Tolerance::prolog);
        note_if(names_other_encoding(body), Tolerance::encoding);
    }

    Result<Presence> run() {
        const Element root = tree_.root();
        note_if(root.uri() != xml::uri_of(Ns::pidf), Tolerance::namespace_);
        note_if(!root.attribute("entity"), Tolerance::entity);
        if (root.is(Ns::none, "presence") && root.attribute("entity"))
            tree_.take_unqualified_for_pidf();
        if (!root.is(Ns::pidf, "presence")) {
            return fault(
                root, "the root element is not presence of " + std::string(xml::uri_of(Ns::pidf)));
        }
        out_.text_.reserve(1024);
        root_language_ = language_ = language_of(root, {});
        std::size_t ids = 0;
        for (const Element child : root) {
            const bool is_component = child.is(Ns::pidf, "tuple") ||
                                      child.is(Ns::data_model, "person") ||
                                      child.is(Ns::data_model, "device");
            if (is_component && ++ids > kMaxIds) {
                return fault(
                    child, "more than " + std::to_string(kMaxIds) + " tuples, persons and devices");
            }
            child_of_presence(child);
            if (out_.weight() > kMaxWeight) {
                return fault(child,
                             "more than " + std::to_string(kMaxWeight) + " bytes once normalised");
            }
        }
        keep_last_of_each_id(out_.tuples_);
        keep_last_of_each_id(out_.persons_);
        keep_last_of_each_id(out_.devices_);
        tell_repeated_keys_apart();
        out_.text_.shrink_to_fit();
        out_.pieces_.shrink_to_fit();
        return std::move(out_);
    }

private:
    void note_if(bool is_so, Tolerance tolerance) noexcept {
        if (is_so) out_.put_right_ |= 1U << static_cast<unsigned>(tolerance);
    }

    Fault fault(Element where, const std::string& why) const {
        return {FaultKind::malformed, tree_.place(where) + ": " + why};
    }

    void child_of_presence(Element child) {
        if (child.is(Ns::pidf, "tuple")) {
            component(child, Kind::tuple);
        } else if (child.is(Ns::data_model, "person")) {
            component(child, Kind::person);
        } else if (child.is(Ns::data_model, "device")) {
            component(child, Kind::device);
        } else if (child.is(Ns::pidf, "note")) {
            out_.notes_.push_back(whole(child, Section::note));
        } else {
            out_.extensions_.push_back(timed(child));
        }
    }

    /// What composition compares a tuple by, gathered while its children are read (CO-03).
    struct Identity {
        std::string contact;
        std::string service;
        std::string service_class;
        std::vector<std::string> devices;
    };

    static std::string_view language_of(Element element, std::string_view around) {
        return element.attribute("lang", Ns::xml).value_or(around);
    }

    void component(Element element, Kind kind) {
        language_ = language_of(element, root_language_);
        pieces_of(element, kind);
        language_ = root_language_;
    }

    void pieces_of(Element element, Kind kind) {
        Component made;
        const std::size_t attributes_at = out_.text_.size();
        made.attribute_namespaces = xml::append_attributes(out_.text_, element, "id");
        made.attributes = since(attributes_at);
        made.first_piece = static_cast<std::uint32_t>(out_.pieces_.size());
        Identity identity;
        bool has_status = false;
        for (const Element child : element) {
            if (kind == Kind::tuple) {
                child_of_tuple(child, made, identity, has_status);
            } else {
                child_of_data_model(child, kind, made, identity);
            }
        }
        // RFC 4479 3.4: without its deviceID nobody can say which device this is.
        note_if(kind == Kind::device && identity.devices.empty(), Tolerance::device);
        if (kind == Kind::device && identity.devices.empty()) {
            out_.pieces_.resize(made.first_piece);
            return;
        }
        note_if(kind == Kind::tuple && !has_status, Tolerance::status);
        if (kind == Kind::tuple && !has_status)
            add({put("<status/>"), put("status"), {}, Section::status});
        const auto first = out_.pieces_.begin() + made.first_piece;
        const auto is_before = [](const Piece& a, const Piece& b) { return a.section < b.section; };
        note_if(!std::is_sorted(first, out_.pieces_.end(), is_before), Tolerance::order);
        std::stable_sort(first, out_.pieces_.end(), is_before);
        made.piece_count = static_cast<std::uint32_t>(out_.pieces_.size() - made.first_piece);
        auto& siblings = kind == Kind::tuple    ? out_.tuples_
                         : kind == Kind::person ? out_.persons_
                                                : out_.devices_;
        made.id = put(id_of(element, kind, siblings.size()));
        made.key = put(key_of(kind, identity));
        made.key_hash = stable_hash(out_.view(made.key));
        siblings.push_back(made);
    }

    std::string id_of(Element element, Kind kind, std::size_t position) {
        const auto published = base::trim(element.attribute("id").value_or(""));
        std::string id = usable_id(published);
        note_if(id.empty(), Tolerance::no_id);
        note_if(!id.empty() && id != published, Tolerance::id);
        if (!id.empty()) return id;
        const char* stem = kind == Kind::tuple    ? "tuple"
                           : kind == Kind::person ? "person"
                                                  : "device";
        return position == 0 ? stem : stem + std::to_string(position + 1);
    }

    static std::string key_of(Kind kind, Identity& identity) {
        std::sort(identity.devices.begin(), identity.devices.end());
        if (kind == Kind::device) return identity.devices.front();
        if (kind == Kind::person || identity.contact.empty()) return {};
        std::string key = identity.contact;
        key += '\n' + identity.service + '\n' + identity.service_class;
        for (const std::string& device : identity.devices) key += '\n' + device;
        return key;
    }

    void child_of_tuple(Element child, Component& tuple, Identity& identity, bool& has_status) {
        if (child.is(Ns::pidf, "status")) {
            // One is all the schema allows; a second one would be a second opinion.
            note_if(has_status, Tolerance::status);
            if (!has_status) status(child, tuple);
            has_status = true;
        } else if (child.is(Ns::pidf, "contact")) {
            contact(child, tuple, identity);
        } else if (child.is(Ns::pidf, "timestamp")) {
            timestamp(child, tuple, "timestamp");
        } else if (child.is(Ns::pidf, "note")) {
            add(whole(child, Section::note));
        } else {
            if (child.is(Ns::rpid, "class")) identity.service_class = base::trim(child.text());
            if (child.is(Ns::data_model, "deviceID")) {
                identity.devices.push_back(normalised_device_id(child.text()));
            }
            if (child.is(Ns::oma, "service-description")) identity.service = service_of(child);
            extension(child);
        }
    }

    void child_of_data_model(Element child, Kind kind, Component& made, Identity& identity) {
        if (child.is(Ns::data_model, "note")) {
            add(whole(child, Section::note));
        } else if (child.is(Ns::data_model, "timestamp")) {
            timestamp(child, made, "dm:timestamp");
        } else if (kind == Kind::device && child.is(Ns::data_model, "deviceID")) {
            if (identity.devices.empty()) add(whole(child, Section::device_id));
            identity.devices.push_back(normalised_device_id(child.text()));
        } else {
            extension(child);
        }
    }

    static std::string service_of(Element description) {
        std::string service;
        for (const Element child : description) {
            if (child.is(Ns::oma, "service-id") || child.is(Ns::oma, "version")) {
                service += std::string(base::trim(child.text())) + '/';
            }
        }
        return service;
    }

    void extension(Element child) {
        if (!is_void(child)) add(timed(child));
    }

    /// An extension with the time it shows in.
    Piece timed(Element child) {
        Piece piece = whole(child, Section::extension);
        const auto from = time_of(child.attribute("from").value_or(""));
        const auto until = time_of(child.attribute("until").value_or(""));
        if (child.ns() == Ns::rpid) {
            if (from) piece.shown_from = *from;
            if (until) piece.hidden_from = *until;
            if (child.local() == "activities") piece.activities = shown_activities(child);
        }
        // RFC 4481 3: a timed status is about the past or the future, never about now.
        if (child.is(Ns::timed_status, "timed-status")) {
            if (from) piece.hidden_from = *from;
            if (until) piece.hidden_until = *until;
        }
        return piece;
    }

    void status(Element element, Component& tuple) {
        for (const Element child : element) {
            if (child.is(Ns::pidf, "basic") && tuple.basic == Basic::unknown) {
                const auto spelling = child.text();
                tuple.basic = basic_of(spelling);
                note_if(spelling != "open" && spelling != "closed", Tolerance::basic);
            }
        }
        const std::size_t at = out_.text_.size();
        Piece piece;
        piece.section = Section::status;
        out_.text_ += "<status";
        piece.namespaces.add(xml::append_attributes(out_.text_, element, ""));
        out_.text_ += '>';
        const std::size_t content = out_.text_.size();
        if (tuple.basic == Basic::open) out_.text_ += "<basic>open</basic>";
        if (tuple.basic == Basic::closed) out_.text_ += "<basic>closed</basic>";
        for (const Element child : element) {
            if (!child.is(Ns::pidf, "basic"))
                piece.namespaces.add(xml::append_canonical(out_.text_, child, language_));
        }
        note_if(out_.text_.size() == content, Tolerance::status);
        if (out_.text_.size() == content) {
            out_.text_.insert(content - 1, 1, '/');
        } else {
            out_.text_ += "</status>";
        }
        piece.text = since(at);
        piece.group = put("status");
        add(piece);
    }

    void contact(Element element, Component& tuple, Identity& identity) {
        const std::string text = element.text();
        const std::string_view uri = base::trim(text);
        if (uri.empty() || tuple.contact.size > 0) return;
        identity.contact = normalised_contact(uri);
        tuple.contact = put(uri);
        const std::string_view priority = base::trim(element.attribute("priority").value_or(""));
        tuple.priority = priority_of(priority);
        note_if(tuple.priority < 0 && !priority.empty(), Tolerance::priority);
        const std::size_t at = out_.text_.size();
        out_.text_ += "<contact";
        if (tuple.priority >= 0) {
            out_.text_ += " priority=\"";
            out_.text_ += priority;
            out_.text_ += '"';
        }
        out_.text_ += '>';
        xml::append_escaped_text(out_.text_, uri);
        out_.text_ += "</contact>";
        add({since(at), put("contact"), {}, Section::contact});
    }

    /// One that is not RFC 3339 is taken for absent.
    void timestamp(Element element, Component& made, std::string_view name) {
        const std::string text = element.text();
        const auto when = time_of(text);
        note_if(!when, Tolerance::timestamp);
        if (!when || made.timestamp) return;
        made.timestamp = when;
        const std::size_t at = out_.text_.size();
        out_.text_ += '<';
        out_.text_ += name;
        out_.text_ += '>';
        out_.text_ += base::trim(text);
        out_.text_ += "</";
        out_.text_ += name;
        out_.text_ += '>';
        Piece piece{since(at), put("timestamp"), {}, Section::timestamp};
        if (element.ns() == Ns::data_model) piece.namespaces.add(Ns::data_model);
        add(piece);
    }

    Piece whole(Element element, Section section) {
        Piece piece;
        piece.section = section;
        const std::size_t at = out_.text_.size();
        piece.namespaces = xml::append_canonical(out_.text_, element, language_);
        piece.text = since(at);
        piece.hash = stable_hash(out_.view(piece.text));
        const std::size_t group_at = out_.text_.size();
        out_.text_ += element.ns() == Ns::foreign ? element.uri() : xml::prefix_of(element.ns());
        out_.text_ += ' ';
        out_.text_ += element.local();
        if (section == Section::note) {
            out_.text_ += ' ';
            out_.text_ += base::lower(language_of(element, language_));
        }
        piece.group = since(group_at);
        return piece;
    }

    void add(Piece piece) {
        if (piece.hash == 0) piece.hash = stable_hash(out_.view(piece.text));
        out_.pieces_.push_back(piece);
    }

    Span put(std::string_view text) {
        const std::size_t at = out_.text_.size();
        out_.text_ += text;
        return since(at);
    }
    Span since(std::size_t at) const noexcept {
        return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(out_.text_.size() - at)};
    }

    void keep_last_of_each_id(std::vector<Component>& siblings) {
        if (siblings.size() < 2) return;
        std::map<std::string_view, std::size_t> last;
        for (std::size_t i = 0; i < siblings.size(); ++i) last[out_.view(siblings[i].id)] = i;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < siblings.size(); ++i) {
            if (last[out_.view(siblings[i].id)] == i) siblings[kept++] = siblings[i];
        }
        note_if(kept < siblings.size(), Tolerance::repeated_id);
        siblings.resize(kept);
    }

    /// RFC 3863 4.1.2: tuples of one document may contradict each other. What one publisher keeps
    /// apart is not merged: the n-th tuple of a key can only meet the n-th of another document.
    void tell_repeated_keys_apart() {
        if (out_.tuples_.size() < 2) return;
        std::map<std::string, unsigned> seen;
        for (Component& tuple : out_.tuples_) {
            if (tuple.key.size == 0) continue;
            std::string key(out_.view(tuple.key));
            if (const unsigned n = seen[key]++; n > 0) {
                key += "\n#" + std::to_string(n);
                tuple.key = put(key);
                tuple.key_hash = stable_hash(key);
            }
        }
    }

    xml::Tree& tree_;
    std::string_view root_language_, language_;  ///< of the document, and where we are
    Presence out_;
};

Result<Presence> parse_presence(std::string_view body) {
    Result<xml::Tree> tree = xml::parse(body);
    if (!tree) return tree.fault();
    return PresenceReader(*tree, body).run();
}

}  // namespace herald::pidf
