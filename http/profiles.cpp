// http/profiles.cpp: profiles of devices, users and local networks: put, shown, tried, explained.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/entity_tags.h"
#include "http/fields.h"
#include "http/paging.h"
#include "http/routes.h"
#include "server/admin/admin_profiles.h"

namespace herald::http {

namespace {

using packages::DeviceProfile;
using packages::ProfileFile;
using packages::ProfilePtr;
using packages::ProfileType;

/// Somebody else may be faster, so often.
constexpr int kMostTries = 5;

Result<ProfileType> profile_type(std::string_view text) {
    const auto type = packages::profile_type_named(text);
    if (type && name_of(*type) == text) return *type;
    return Fault{FaultKind::not_found, "\"" + std::string(text) +
                                           "\" is no type of profiles, expected device, user or "
                                           "local-network"};
}

Result<server::ProfileCondition> profile_condition(const Call& call) {
    auto any_of = entity_tags("If-Match", call.request.if_match);
    if (!any_of) return any_of.fault();
    auto none_of = entity_tags("If-None-Match", call.request.if_none_match);
    if (!none_of) return none_of.fault();
    return server::ProfileCondition{*std::move(any_of), *std::move(none_of)};
}

std::pair<std::string, std::string> profile_tag(const DeviceProfile& profile) {
    return tag_header(std::to_string(profile.revision));
}

/// Bytes that are no text are fetched as a document.
Json body_of(const ProfileFile& file) {
    return base::is_utf8(file.text) ? Json(file.text) : Json();
}

Json json_of(const ProfileFile& file) {
    return JsonObject{{"name", file.name},
                      {"content_type", file.content_type},
                      {"template", file.is_template},
                      {"size", file.text.size()},
                      {"body", body_of(file)}};
}

/// Without what is in it.
JsonObject summary_of(const DeviceProfile& profile) {
    return {{"type", std::string(name_of(profile.type))},
            {"name", profile.name},
            {"content_type", profile.body.content_type},
            {"template", profile.body.is_template},
            {"size", profile.bytes()},
            {"public", profile.is_public},
            {"secret", profile.is_secret},
            {"for", text_or_null(profile.target)},
            {"account", text_or_null(profile.account)},
            {"vendor", text_or_null(profile.vendor)},
            {"model", text_or_null(profile.model)},
            {"version", text_or_null(profile.version)},
            {"effective_by", profile.effective_by ? Json(*profile.effective_by) : Json()},
            {"management_url", text_or_null(profile.management_url)},
            {"etag", std::to_string(profile.revision)}};
}

Json json_of(const DeviceProfile& profile) {
    auto object = summary_of(profile);
    object.emplace_back("body", body_of(profile.body));
    JsonArray files;
    for (const auto& file : profile.files) files.push_back(json_of(file));
    object.emplace_back("files", std::move(files));
    return object;
}

/// What says so, or else what is text without zero bytes.
bool is_template(const Call& call) {
    const auto said = call.parameter("template");
    if (!said.empty()) return said == "true";
    return base::is_utf8(call.document) && call.document.find('\0') == std::string::npos;
}

ProfileFile read_file(Fields& fields) {
    ProfileFile file;
    file.name = fields.text("name").value_or("");
    file.content_type = fields.text("content_type").value_or("text/plain");
    file.text = fields.text("body").value_or("");
    file.is_template = fields.flag("template").value_or(true);
    return file;
}

DeviceProfile read_profile(Fields& fields) {
    DeviceProfile profile;
    profile.body.content_type = fields.text("content_type").value_or("text/plain");
    profile.body.text = fields.text("body").value_or("");
    profile.body.is_template = fields.flag("template").value_or(true);
    profile.is_public = fields.flag("public").value_or(false);
    profile.is_secret = fields.flag("secret").value_or(false);
    profile.target = fields.text("for").value_or("");
    profile.account = fields.text("account").value_or("");
    profile.vendor = fields.text("vendor").value_or("");
    profile.model = fields.text("model").value_or("");
    profile.version = fields.text("version").value_or("");
    profile.effective_by = fields.number("effective_by");
    profile.management_url = fields.text("management_url").value_or("");
    fields.objects("files", [&](Fields& each) { profile.files.push_back(read_file(each)); });
    return profile;
}

Result<ProfilePtr> find(const Call& call) {
    const auto type = profile_type(call.captured[0]);
    if (!type) return type.fault();
    return call.context.admin.profiles().find(*type, call.captured[1]);
}

Answer done_answer(const DeviceProfile& profile, bool is_new) {
    return Answer{is_new ? 201 : 204, {}, {}, {profile_tag(profile)}};
}

/// The profile there is, or an empty one, as it is before a document of it is changed.
Result<DeviceProfile> to_change(const Call& call, ProfileType type) {
    auto found = call.context.admin.profiles().find(type, call.captured[1]);
    if (found) return DeviceProfile(**found);
    if (found.fault().kind != FaultKind::not_found) return found.fault();
    DeviceProfile fresh;
    fresh.type = type;
    fresh.name = call.captured[1];
    fresh.body.content_type = "text/plain";
    return fresh;
}

/// Reads the profile, changes it and puts it, again where somebody else was faster.
template <class Change>
Result<Answer> change_document(const Call& call, Change change) {
    const auto type = profile_type(call.captured[0]);
    if (!type) return type.fault();
    const auto condition = profile_condition(call);
    if (!condition) return condition.fault();
    for (int tries = 1;; ++tries) {
        auto profile = to_change(call, *type);
        if (!profile) return profile.fault();
        const bool is_new = profile->revision == 0;
        if (!is_met(*condition, is_new ? nullptr : &*profile))
            return Fault{FaultKind::precondition_failed, "The profile is another one by now"};
        server::ProfileCondition unchanged;
        auto& tags = is_new ? unchanged.none_of : unchanged.any_of;
        tags.push_back(is_new ? "*" : std::to_string(profile->revision));
        if (auto changed = change(*profile); !changed) return changed.fault();
        auto done = call.context.admin.profiles().put(*std::move(profile), unchanged);
        if (done) return done_answer(**done, is_new);
        const bool is_late = done.fault().kind == FaultKind::precondition_failed;
        if (!is_late || tries == kMostTries) return done.fault();
    }
}

ProfileFile uploaded(const Call& call, std::string name) {
    const auto& type = call.request.content_type;
    return {std::move(name), type.empty() ? "application/octet-stream" : type, call.document,
            is_template(call), nullptr};
}

Result<Answer> document_answer(const Call& call, const std::string& name) {
    const auto profile = find(call);
    if (!profile) return profile.fault();
    const auto* file = (*profile)->file(name);
    if (!file) return Fault{FaultKind::not_found, "The profile has no file " + name};
    const auto condition = profile_condition(call);
    if (!condition) return condition.fault();
    if (!server::is_met({{}, condition->none_of}, profile->get()))
        return Answer{304, {}, {}, {profile_tag(**profile)}};
    return Answer{200, file->content_type, file->text, {profile_tag(**profile)}};
}

server::DeviceQuestion question_of(const Call& call) {
    return {std::string(call.parameter("device")), std::string(call.parameter("vendor")),
            std::string(call.parameter("model")), std::string(call.parameter("version"))};
}

Json json_of(const packages::Candidate& candidate) {
    const auto why = name_of(candidate.mismatch);
    return JsonObject{{"name", candidate.profile->name},
                      {"chosen", candidate.is_chosen},
                      {"matches", why.empty()},
                      {"differs", text_or_null(std::string(why))},
                      {"public", candidate.profile->is_public}};
}

Json json_of(const packages::DeviceFacts& facts) {
    JsonObject object;
    const auto names = packages::variable_names();
    for (std::size_t i = 0; i < names.size(); ++i)
        object.emplace_back(std::string(names[i]), packages::value_of(i, facts));
    return object;
}

}  // namespace

Result<Answer> list_profiles(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    server::ProfileQuery query{std::string(call.parameter("type")),
                               std::string(call.parameter("after")), *limit};
    if (!query.type.empty()) {
        if (const auto type = profile_type(query.type); !type)
            return Fault{FaultKind::malformed, type.fault().detail};
    }
    const auto page = call.context.admin.profiles().page(query);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& profile : page->rows) rows.push_back(summary_of(*profile));
    return json_answer(JsonObject{
        {"profiles", std::move(rows)}, {"total", page->total}, {"next", text_or_null(page->next)}});
}

Result<Answer> get_profile(const Call& call) {
    const auto profile = find(call);
    if (!profile) return profile.fault();
    const auto condition = profile_condition(call);
    if (!condition) return condition.fault();
    if (!server::is_met({{}, condition->none_of}, profile->get()))
        return Answer{304, {}, {}, {profile_tag(**profile)}};
    auto answer = json_answer(json_of(**profile));
    answer.headers.push_back(profile_tag(**profile));
    return answer;
}

Result<Answer> put_profile(const Call& call) {
    const auto type = profile_type(call.captured[0]);
    if (!type) return type.fault();
    const auto condition = profile_condition(call);
    if (!condition) return condition.fault();
    Fields fields(call.body);
    auto profile = read_profile(fields);
    if (auto status = fields.status(); !status) return status.fault();
    profile.type = *type;
    profile.name = call.captured[1];
    const bool is_new = !call.context.admin.profiles().find(*type, profile.name);
    const auto done = call.context.admin.profiles().put(std::move(profile), *condition);
    if (!done) return done.fault();
    return done_answer(**done, is_new);
}

Result<Answer> delete_profile(const Call& call) {
    const auto type = profile_type(call.captured[0]);
    if (!type) return type.fault();
    const auto condition = profile_condition(call);
    if (!condition) return condition.fault();
    const auto done = call.context.admin.profiles().remove(*type, call.captured[1], *condition);
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

Result<Answer> get_profile_body(const Call& call) {
    return document_answer(call, {});
}

Result<Answer> put_profile_body(const Call& call) {
    return change_document(call, [&call](DeviceProfile& profile) -> Status {
        profile.body = uploaded(call, {});
        return {};
    });
}

Result<Answer> get_profile_file(const Call& call) {
    return document_answer(call, call.captured[2]);
}

Result<Answer> put_profile_file(const Call& call) {
    return change_document(call, [&call](DeviceProfile& profile) -> Status {
        auto file = uploaded(call, call.captured[2]);
        const auto found =
            std::find_if(profile.files.begin(), profile.files.end(),
                         [&file](const ProfileFile& each) { return each.name == file.name; });
        if (found == profile.files.end()) {
            profile.files.push_back(std::move(file));
        } else {
            *found = std::move(file);
        }
        return {};
    });
}

Result<Answer> delete_profile_file(const Call& call) {
    return change_document(call, [&call](DeviceProfile& profile) -> Status {
        const auto gone = std::erase_if(profile.files, [&call](const ProfileFile& each) {
            return each.name == call.captured[2];
        });
        if (gone > 0) return {};
        return Fault{FaultKind::not_found, "The profile has no file " + call.captured[2]};
    });
}

Result<Answer> preview_profile(const Call& call) {
    const auto profile = find(call);
    if (!profile) return profile.fault();
    auto made =
        call.context.admin.profiles().preview(**profile, call.parameter("file"), question_of(call));
    if (!made) return made.fault();
    return Answer{
        200, std::move(made->content_type), std::move(made->body), {profile_tag(**profile)}};
}

Result<Answer> explain_profile(const Call& call) {
    const auto name = call.parameter("type");
    const auto type = profile_type(name.empty() ? "device" : name);
    if (!type) return Fault{FaultKind::malformed, type.fault().detail};
    const auto verdict = call.context.admin.profiles().explain(*type, question_of(call));
    if (!verdict) return verdict.fault();
    JsonArray rows;
    Json chosen;
    for (const auto& candidate : verdict->candidates) {
        if (candidate.is_chosen) chosen = candidate.profile->name;
        rows.push_back(json_of(candidate));
    }
    return json_answer(JsonObject{{"type", std::string(name_of(*type))},
                                  {"profile", std::move(chosen)},
                                  {"device", json_of(verdict->facts)},
                                  {"profiles", std::move(rows)}});
}

}  // namespace herald::http
