// http/events.cpp: what happened, for programs outside: GET /v1/events.
#include "http/events.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "http/problem.h"
#include "http/resource_json.h"
#include "http/routes.h"
#include "http/target.h"
#include "packages/package.h"
#include "pidf/common_policy.h"
#include "server/feed/feed.h"

namespace herald::http {

namespace {

constexpr std::size_t kMostNames = 1000;

/// Calls `take(part)` for each part of a list with commas, until one of them is refused.
template <class Take>
Status for_each_name(std::string_view list, Take take) {
    std::size_t count = 0;
    while (!list.empty()) {
        const auto [name, rest, found] = base::split_once(list, ',');
        if (++count > kMostNames) return malformed("There are more than 1000 names in a list");
        if (auto status = take(base::trim(name)); !status) return status;
        list = rest;
    }
    return {};
}

Status read_kinds(const Call& call, EventFilter& filter) {
    const auto names = call.parameter("kind");
    if (names.empty()) return {};
    filter.kinds = {};
    return for_each_name(names, [&](std::string_view name) -> Status {
        const auto kind = server::event_kind_of(name);
        if (!kind) return malformed("\"" + std::string(name) + "\" is no kind of event");
        filter.kinds.add(*kind);
        return {};
    });
}

Status read_users(const Call& call, EventFilter& filter) {
    return for_each_name(call.parameter("user"), [&](std::string_view name) -> Status {
        if (name.find('@') == std::string_view::npos) {
            filter.resources.insert(pidf::comparable_domain(name));
            return {};
        }
        const auto aor = aor_of(name);
        if (!aor) return aor.fault();
        filter.resources.insert(*aor);
        return {};
    });
}

Status read_package(const Call& call, EventFilter& filter) {
    filter.package = call.parameter("package");
    if (filter.package.empty() || packages::find(filter.package)) return {};
    return malformed("\"" + filter.package + "\" is not an event package");
}

/// Where the reader left off. What was before this start of the server is known no more.
Status read_position(const Call& call, EventOrder& order) {
    auto& feed = call.context.admin.feed();
    feed.want();
    const auto asked = call.parameter("after");
    const auto text = asked.empty() ? std::string_view(call.request.last_event_id) : asked;
    order.after = feed.latest();
    if (text.empty()) return {};
    const auto position = server::event_position_of(text);
    if (!position) return malformed("\"" + std::string(text) + "\" is no id of an event");
    order.has_gap = position->run != feed.run();
    order.after = order.has_gap ? 0 : std::min(position->number, order.after);
    return {};
}

}  // namespace

bool EventFilter::passes(const server::Event& event) const {
    if (event.kind == server::EventKind::events_lost) return true;
    return kinds.has(event.kind) && (package.empty() || package == event.package) &&
           (resources.empty() || resources.count(event.resource) > 0) &&
           reach.covers(event.resource);
}

Json json_of(const server::Event& event) {
    JsonObject out{{"id", server::to_text(server::EventPosition{event.run, event.number})},
                   {"kind", server::name_of(event.kind)},
                   {"at", time_of(event.at)},
                   {"resource", event.resource.empty() ? Json() : Json(event.resource)}};
    if (!event.package.empty()) out.emplace_back("package", event.package);
    for (const auto& [name, value] : event.details)
        out.emplace_back(std::string(name), value.empty() ? Json() : Json(value));
    return out;
}

std::string to_lines(const server::Event& event) {
    std::string lines("id: " + server::to_text(server::EventPosition{event.run, event.number}));
    lines.append("\nevent: ").append(server::name_of(event.kind));
    lines.append("\ndata: ").append(to_text(json_of(event))).append("\n\n");
    return lines;
}

Result<Answer> get_events(const Call& call) {
    auto order = std::make_shared<EventOrder>();
    order->filter.reach = call.reach;
    order->token = call.actor;
    for (const auto read : {read_kinds, read_users, read_package}) {
        if (auto status = read(call, order->filter); !status) return status.fault();
    }
    if (auto status = read_position(call, *order); !status) return status.fault();
    Answer answer{200, "text/event-stream", {}, {{"X-Accel-Buffering", "no"}}};
    answer.events = std::move(order);
    return answer;
}

}  // namespace herald::http
