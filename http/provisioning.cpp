// http/provisioning.cpp: jobs that tell devices to fetch their configuration, and what became of
// each.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/csv.h"
#include "http/fields.h"
#include "http/paging.h"
#include "http/routes.h"
#include "http/target.h"
#include "server/admin/admin_jobs.h"
#include "server/config/recipes.h"

namespace herald::http {

namespace {

constexpr std::size_t kLongestBody = 4096;
constexpr std::uint32_t kMostRate = 2000;
constexpr std::uint32_t kLongestRetry = 30 * 86400;
constexpr std::uint32_t kShortestRetry = 10;
constexpr std::uint32_t kMostAttempts = 1000;

std::string text_of(base::WallTime time) {
    return base::to_rfc3339(time.time_since_epoch().count());
}

Json json_of(const server::JobInfo& info) {
    JsonObject devices{{"total", static_cast<std::int64_t>(info.total)}};
    for (std::size_t i = 0; i < server::kDeviceStates; ++i)
        devices.emplace_back(std::string(name_of(static_cast<server::DeviceState>(i))),
                             info.counts[i]);
    devices.emplace_back("effective", info.effective);
    return JsonObject{
        {"id", info.id},
        {"action", info.action},
        {"state", info.state},
        {"rate", info.rate},
        {"attempts", info.most_attempts == 0 ? Json() : Json(info.most_attempts)},
        {"retry_every", info.retry_every == 0 ? Json() : Json(info.retry_every)},
        {"window", text_or_null(info.window)},
        {"created", text_of(info.created)},
        {"start", text_of(info.start_at)},
        {"retry_until", text_of(info.retry_until)},
        {"ended", info.ended ? Json(text_of(*info.ended)) : Json()},
        {"devices", std::move(devices)},
    };
}

Json json_of(const server::JobDeviceInfo& info) {
    return JsonObject{
        {"id", info.id},
        {"aor", info.aor},
        {"contact", text_or_null(info.contact)},
        {"instance", text_or_null(info.instance)},
        {"user_agent", text_or_null(info.user_agent)},
        {"event", info.event},
        {"state", info.state},
        {"status", info.status == 0 ? Json() : Json(info.status)},
        {"attempts", info.attempts},
        {"at", text_of(info.at)},
        {"effective_at", info.effective_at ? Json(text_of(*info.effective_at)) : Json()},
    };
}

Result<std::optional<server::DeviceState>> state_parameter(const Call& call) {
    const auto text = call.parameter("state");
    if (text.empty()) return std::optional<server::DeviceState>();
    const auto state = server::device_state_of(text);
    if (!state) return state.fault();
    return std::optional(*state);
}

constexpr std::array<const char*, 5> kSelectionMembers{"user_agent", "vendor", "model",
                                                       "firmware_below", "domain"};

bool has_digit(std::string_view text) {
    return std::any_of(text.begin(), text.end(), base::is_digit);
}

bool is_empty(const server::JobSelection& selection) {
    return selection.aors.empty() && selection.instances.empty() && selection.user_agent.empty() &&
           selection.vendor.empty() && selection.model.empty() &&
           selection.firmware_below.empty() && selection.domain.empty();
}

server::JobSelection read_selection(Fields& fields) {
    server::JobSelection selection;
    std::size_t i = 0;
    const bool is_there = fields.object("select", [&](Fields& inner) {
        for (const auto& text : inner.texts("aors").value_or(std::vector<std::string>())) {
            const auto aor = aor_of(text);
            if (!aor) inner.refuse("aors", aor.fault().detail);
            if (aor) selection.aors.push_back(*aor);
        }
        selection.instances = inner.texts("instances").value_or(std::vector<std::string>());
        for (auto* text : {&selection.user_agent, &selection.vendor, &selection.model,
                           &selection.firmware_below, &selection.domain})
            *text = inner.text(kSelectionMembers[i++]).value_or("");
        if (!selection.firmware_below.empty() && !has_digit(selection.firmware_below))
            inner.refuse("firmware_below", "expected a version such as 10.1.64");
        selection.is_all = inner.flag("all").value_or(false);
        if (is_empty(selection) != selection.is_all)
            inner.refuse("all", selection.is_all
                                    ? "the other members say who is meant"
                                    : "say \"all\": true, or aors, instances, user_agent, vendor, "
                                      "model, firmware_below or domain");
    });
    if (!is_there) fields.refuse("select", "expected who is meant, as {\"all\": true}");
    return selection;
}

void read_custom(Fields& fields, server::JobOrder& order) {
    const auto event = fields.text("event");
    order.custom.event = event.value_or("");
    order.custom.type = fields.text("content_type").value_or("");
    order.custom.body = fields.text("body").value_or("");
    if (order.action != "custom") {
        if (event || !order.custom.type.empty() || !order.custom.body.empty())
            fields.refuse("event", "event, content_type and body go with the action custom");
        return;
    }
    if (!server::is_event_value(order.custom.event))
        fields.refuse("event", "expected an event such as check-sync;reboot=false");
    if (order.custom.type.empty() != order.custom.body.empty())
        fields.refuse("content_type", "a body and its type go together");
    if (!order.custom.type.empty() && !server::is_media_type(order.custom.type))
        fields.refuse("content_type", "expected a media type such as text/plain");
    if (order.custom.body.size() > kLongestBody)
        fields.refuse("body", "expected at most 4096 bytes");
}

/// `"check-sync", "reboot": true` is the action reboot.
std::string read_action(Fields& fields) {
    const auto action = fields.text("action").value_or("");
    const bool reboots = fields.flag("reboot").value_or(false);
    if (action != "custom" && !server::is_recipe_action(action))
        fields.refuse("action", "expected check-sync, reboot, resync, report, restart or custom");
    if (!reboots) return action;
    if (action != "check-sync" && action != "reboot")
        fields.refuse("reboot", "it goes with the action check-sync");
    return "reboot";
}

void read_retries(Fields& fields, server::JobOrder& order) {
    order.most_attempts = fields.number("attempts").value_or(0);
    if (order.most_attempts > kMostAttempts) fields.refuse("attempts", "expected at most 1000");
    const auto every = fields.number("retry_every");
    if (every && (*every < kShortestRetry || *every > kLongestRetry))
        fields.refuse("retry_every", "expected 10 seconds to 30 days");
    order.retry_every = every.value_or(0);
    const auto window = fields.text("window");
    if (!window) return;
    const auto read = server::parse_window(*window);
    if (!read) fields.refuse("window", read.fault().detail);
    if (read) order.window = *read;
}

server::JobOrder read_order(Fields& fields) {
    server::JobOrder order;
    order.action = read_action(fields);
    read_custom(fields, order);
    const auto rate = fields.number("rate");
    if (rate && (*rate == 0 || *rate > kMostRate))
        fields.refuse("rate", "expected 1 to 2000 a second");
    order.rate = rate.value_or(0);
    order.retry_for = fields.number("retry_for").value_or(0);
    if (order.retry_for > kLongestRetry) fields.refuse("retry_for", "expected at most 30 days");
    order.confirm = fields.number("confirm").value_or(0);
    read_retries(fields, order);
    if (const auto start = fields.text("start")) {
        const auto at = base::from_rfc3339(*start);
        if (!at) fields.refuse("start", "expected a time like 2027-01-15T02:00:00Z");
        if (at) order.start_at = base::WallTime(std::chrono::milliseconds(*at));
    }
    return order;
}

Result<Answer> change_job(const Call& call, server::JobState state) {
    const auto done = call.context.admin.jobs().change(call.captured[0], state);
    if (!done) return done.fault();
    return Answer{204, {}, {}, {}};
}

}  // namespace

Result<Answer> start_job(const Call& call) {
    Fields fields(call.body);
    const auto selection = read_selection(fields);
    auto order = read_order(fields);
    if (auto status = fields.status(); !status) return status.fault();
    const auto id = call.context.admin.jobs().start(selection, std::move(order));
    if (!id) return id.fault();
    return json_answer(JsonObject{{"id", *id}});
}

Result<Answer> list_jobs(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto page = call.context.admin.jobs().page(call.parameter("after"), *limit);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{
        {"jobs", std::move(rows)}, {"total", page->total}, {"next", text_or_null(page->next)}});
}

Result<Answer> get_job(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto state = state_parameter(call);
    if (!state) return state.fault();
    const auto page = call.context.admin.jobs().devices(call.captured[0], *state,
                                                        call.parameter("after"), *limit);
    if (!page) return page.fault();
    JsonArray rows;
    for (const auto& info : page->rows) rows.push_back(json_of(info));
    return json_answer(JsonObject{{"job", json_of(page->job)},
                                  {"devices", std::move(rows)},
                                  {"total", page->total},
                                  {"next", text_or_null(page->next)}});
}

Result<Answer> get_job_csv(const Call& call) {
    const auto page = call.context.admin.jobs().devices(call.captured[0], std::nullopt, {}, 0);
    if (!page) return page.fault();
    std::string out =
        "aor,contact,instance,user_agent,event,state,status,attempts,at,effective_at\r\n";
    for (const auto& info : page->rows) {
        for (const auto& text :
             {info.aor, info.contact, info.instance, info.user_agent, info.event, info.state})
            append_cell(out, text, ',');
        out += std::to_string(info.status) + "," + std::to_string(info.attempts) + ",";
        out += text_of(info.at) + ",";
        out += (info.effective_at ? text_of(*info.effective_at) : std::string()) + "\r\n";
    }
    return Answer{200, "text/csv; charset=utf-8", std::move(out), {}};
}

Result<Answer> pause_job(const Call& call) {
    return change_job(call, server::JobState::paused);
}
Result<Answer> resume_job(const Call& call) {
    return change_job(call, server::JobState::running);
}
Result<Answer> cancel_job(const Call& call) {
    return change_job(call, server::JobState::cancelled);
}

}  // namespace herald::http
