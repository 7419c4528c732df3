// server/feed/journal.cpp: what happens to phones, as lines of the log.
#include "server/feed/journal.h"

#include "base/log.h"
#include "server/core/flow_text.h"
#include "server/feed/event.h"

namespace herald::server {

using Part = PackedText::Part;

Journal::Journal(Context& context, NotifySender& sender, Bindings& bindings) : context_(context) {
    sender.silent().on_silent([this](const Subscription& record) { on_silent(record); });
    bindings.on_binding([this](const std::string& aor, const packages::Binding& binding,
                               packages::Cause cause) { on_binding(aor, binding, cause); });
}

void Journal::on_binding(const std::string& aor, const packages::Binding& binding,
                         packages::Cause cause) {
    if (!has_resumed_ || context_.is_at_rest(aor)) return;
    if (!base::log_enabled(base::LogLevel::info)) return;
    if (!registrations_.takes({}, context_.loop.now())) return;
    const bool is_there = cause == packages::Cause::made || cause == packages::Cause::created;
    base::log_info(is_there ? "registration.added" : "registration.gone",
                   {{"aor", aor},
                    {"contact", binding.contact},
                    {"why", name_of(cause)},
                    {"user_agent", binding.user_agent},
                    {"flow", binding.flow},
                    {"call_id", binding.call_id},
                    {"untold", registrations_.take_untold()}});
}

void Journal::on_silent(const Subscription& record) {
    if (!base::log_enabled(base::LogLevel::info)) return;
    if (!silences_.takes({}, context_.loop.now())) return;
    const bool is_lost = record.liveness == Liveness::flow_lost;
    const auto& resource = context_.resources[record.resource];
    base::log_info(is_lost ? "subscription.flow_lost" : "subscription.suspect",
                   {{"call_id", record.get(Part::call_id)},
                    {"resource", resource.aor},
                    {"package", resource.package->profile().event},
                    {"watcher", record.get(Part::watcher)},
                    {"flow", to_text(record.flow)},
                    {"failures", record.failures},
                    {"untold", silences_.take_untold()}});
}

}  // namespace herald::server
