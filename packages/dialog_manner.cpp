// packages/dialog_manner.cpp: what one SUBSCRIBE for calls asks for (RFC 4235 3.2).
//
//   Words with a blank between them: "c=<call-id> t=<to-tag> f=<from-tag> o=<own target> sessions partial".
#include "packages/dialog_manner.h"

#include <algorithm>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::packages {
namespace {

/// Bytes of a Call-ID, a tag or a Contact: each makes a class of watchers of its own.
constexpr std::size_t kMostName = 255;

/// What words are made of.
bool is_word(std::string_view text) {
    return text.size() <= kMostName && std::all_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
           });
}

void append_word(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!out.empty()) out += ' ';
    out.append(name).append(value);
}

Status read_parameters(const Asked& asked, DialogManner& manner) {
    DialogManner told;
    for (const auto& [name, value] : asked.parameters) {
        if (base::iequals(name, "call-id")) told.call_id = value;
        if (base::iequals(name, "to-tag")) told.to_tag = value;
        if (base::iequals(name, "from-tag")) told.from_tag = value;
        if (base::iequals(name, "include-session-description")) manner.has_sessions = true;
    }
    for (const auto* word : {&told.call_id, &told.to_tag, &told.from_tag}) {
        if (!is_word(*word)) return Fault{FaultKind::malformed, "Malformed Event parameter"};
    }
    if (told.call_id.empty() && !(told.to_tag.empty() && told.from_tag.empty()))
        return Fault{FaultKind::malformed, "Event names a tag and no call-id"};
    if (told.call_id.empty()) return {};
    manner.call_id = std::move(told.call_id);
    manner.to_tag = std::move(told.to_tag);
    manner.from_tag = std::move(told.from_tag);
    return {};
}

/// `uri` as append_markup() writes the attribute of a target.
std::string target_attribute(std::string_view uri) {
    std::string attribute = " uri=\"";
    pidf::xml::append_escaped_attribute(attribute, uri);
    return attribute += '"';
}

}  // namespace

bool DialogManner::asks_for(const pidf::Dialog& dialog) const {
    return DialogFilter(*this).takes(dialog);
}

DialogFilter::DialogFilter(const DialogManner& manner)
    : manner_(manner),
      own_target_(manner.own_target.empty() ? std::string() : target_attribute(manner.own_target)) {
}

bool DialogFilter::takes(const pidf::Dialog& dialog) const {
    if (manner_.is_about_one_call()) {
        return dialog.call_id == manner_.call_id &&
               (manner_.to_tag.empty() || dialog.local_tag == manner_.to_tag) &&
               (manner_.from_tag.empty() || dialog.remote_tag == manner_.from_tag);
    }
    return own_target_.empty() || dialog.remote.target.find(own_target_) == std::string::npos;
}

Result<DialogManner> dialog_manner_of(const Asked& asked, bool hides_own) {
    DialogManner manner = dialog_manner_from(asked.earlier);
    if (auto read = read_parameters(asked, manner); !read) return read.fault();
    manner.is_partial = asked.wants_partial_dialogs;
    manner.own_target.clear();
    if (hides_own && !manner.is_about_one_call() && is_word(asked.contact))
        manner.own_target = asked.contact;
    return manner;
}

std::string to_text(const DialogManner& manner) {
    std::string out;
    append_word(out, "c=", manner.call_id);
    append_word(out, "t=", manner.to_tag);
    append_word(out, "f=", manner.from_tag);
    append_word(out, "o=", manner.own_target);
    if (manner.has_sessions) append_word(out, {}, "sessions");
    if (manner.is_partial) append_word(out, {}, "partial");
    return out;
}

DialogManner dialog_manner_from(std::string_view text) {
    DialogManner manner;
    while (!text.empty()) {
        const auto [word, rest, found] = base::split_once(text, ' ');
        const auto value = std::string(word.substr(std::min<std::size_t>(2, word.size())));
        if (word.starts_with("c=")) manner.call_id = value;
        if (word.starts_with("t=")) manner.to_tag = value;
        if (word.starts_with("f=")) manner.from_tag = value;
        if (word.starts_with("o=")) manner.own_target = value;
        manner.has_sessions = manner.has_sessions || word == "sessions";
        manner.is_partial = manner.is_partial || word == "partial";
        text = rest;
    }
    return manner;
}

}  // namespace herald::packages
