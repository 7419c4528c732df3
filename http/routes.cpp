// http/routes.cpp: the table of routes.
#include "http/routes.h"

namespace herald::http {

namespace {

constexpr QueryParameter kSubscriptionQuery[] = {
    {"package", "Only this event package, e.g. presence."},
    {"resource", "Only subscriptions to this address-of-record."},
    {"watcher", "Only subscriptions of this address-of-record."},
    {"state", "Only this state: pending, active, suspect, flow_lost or terminated."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

constexpr QueryParameter kMailboxQuery[] = {
    {"source", "`here`: only the counters that were set with PUT, 404 where none were."},
};

constexpr QueryParameter kRegistrationQuery[] = {
    {"aor", "Only contacts of this address-of-record."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

constexpr QueryParameter kAliasQuery[] = {
    {"resource", "Only aliases of this address-of-record."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

constexpr QueryParameter kRemovalQuery[] = {
    {"contact", "Only this contact; without, all of them."},
    {"event",
     "What watchers are told (RFC 3680): deactivated (the default), probation, rejected, "
     "unregistered or expired."},
    {"retry_after", "Seconds until the device may try again, with probation."},
};

constexpr QueryParameter kMessageQuery[] = {
    {"aor", "Only messages for this address-of-record."},
    {"bodies", "`true`: with what they say, where that is text."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

constexpr Route kRoutes[] = {
    {.method = "GET",
     .pattern = "/healthz",
     .role = Role::open,
     .handle = get_health,
     .summary = "Answers as long as the process runs.",
     .is_instant = true},
    {.method = "GET",
     .pattern = "/readyz",
     .role = Role::open,
     .handle = get_readiness,
     .summary = "200 once requests can be served, else 503 and why not.",
     .is_instant = true},
    {"GET", "/metrics", Role::open, get_metrics,
     "Metrics in the Prometheus text format, version 0.0.4."},
    {"GET", "/v1/openapi.json", Role::open, get_openapi, "This description.", {}, {}, "OpenApi"},
    {"GET",
     "/v1/subscriptions",
     Role::read,
     list_subscriptions,
     "Lists who watches what.",
     kSubscriptionQuery,
     {},
     "SubscriptionPage"},
    {"GET",
     "/v1/resources/{package}/{aor}",
     Role::read,
     get_resource,
     "Shows the state of a resource and what it was composed from.",
     {},
     {},
     "Resource"},
    {"GET",
     "/v1/resources/{package}/{aor}/hard-state",
     Role::read,
     get_hard_state,
     "Gives the document that was set for a resource, as it was set.",
     {},
     {},
     {},
     true},
    {"PUT",
     "/v1/resources/{package}/{aor}/hard-state",
     Role::write,
     put_hard_state,
     "Sets a document for a resource until it is removed; whoever watches is notified.",
     {},
     {},
     {},
     true},
    {"DELETE", "/v1/resources/{package}/{aor}/hard-state", Role::write, delete_hard_state,
     "Removes the document that was set for a resource; whoever watches is notified."},
    {"GET",
     "/v1/mailboxes/{aor}",
     Role::read,
     get_mailbox,
     "Shows the counters of a mailbox, all sources summed.",
     kMailboxQuery,
     {},
     "Mailbox"},
    {"PUT",
     "/v1/mailboxes/{aor}",
     Role::write,
     put_mailbox,
     "Sets the counters of a mailbox; whoever watches it is notified.",
     {},
     "Mailbox",
     {}},
    {"DELETE", "/v1/mailboxes/{aor}", Role::write, delete_mailbox,
     "Forgets the counters that were set here."},
    {"GET",
     "/v1/mailboxes/{aor}/settings",
     Role::read,
     get_mailbox_settings,
     "Shows whose messages a mailbox's lamp counts, where they come from, who is told.",
     {},
     {},
     "MailboxSettings"},
    {"PUT",
     "/v1/mailboxes/{aor}/settings",
     Role::write,
     put_mailbox_settings,
     "Replaces the settings of a mailbox; whoever watches it is notified.",
     {},
     "MailboxSettings",
     {}},
    {"DELETE", "/v1/mailboxes/{aor}/settings", Role::write, delete_mailbox_settings,
     "Forgets the settings of a mailbox."},
    {"GET",
     "/v1/registrations",
     Role::read,
     list_registrations,
     "Lists who is registered where.",
     kRegistrationQuery,
     {},
     "RegistrationPage"},
    {"PUT",
     "/v1/registrations/{aor}",
     Role::write,
     put_registration,
     "Registers a contact, or gives one there is another time; whoever watches is notified.",
     {},
     "ContactChange",
     {}},
    {"DELETE", "/v1/registrations/{aor}", Role::write, delete_registration,
     "Removes contacts; whoever watches is notified.", kRemovalQuery},
    {"POST",
     "/v1/messages",
     Role::write,
     send_message,
     "Sends a message: 200 once a device took it, 202 where it is kept for later.",
     {},
     "MessageOrder",
     "MessageSent"},
    {"GET",
     "/v1/messages",
     Role::read,
     list_messages,
     "Lists the messages kept for users who are not there.",
     kMessageQuery,
     {},
     "MessagePage"},
    {"DELETE", "/v1/messages/{aor}", Role::write, delete_messages,
     "Forgets all messages kept for a user. Nobody is told."},
    {"DELETE", "/v1/messages/{aor}/{id}", Role::write, delete_messages,
     "Forgets one of them. Nobody is told."},
    {"GET",
     "/v1/aliases",
     Role::read,
     list_aliases,
     "Lists addresses that stand for another one.",
     kAliasQuery,
     {},
     "AliasPage"},
    {"GET",
     "/v1/aliases/{aor}",
     Role::read,
     get_alias,
     "Shows what an alias stands for.",
     {},
     {},
     "Alias"},
    {"PUT",
     "/v1/aliases/{aor}",
     Role::admin,
     put_alias,
     "Makes an address stand for another one; who watches through it is told to subscribe again.",
     {},
     "AliasChange",
     "Alias"},
    {"DELETE", "/v1/aliases/{aor}", Role::admin, delete_alias,
     "Lets an address stand for itself again."},
    {"GET",
     "/v1/accounts/{aor}",
     Role::admin,
     get_account,
     "Shows an account, never its secrets.",
     {},
     {},
     "Account"},
    {"PUT",
     "/v1/accounts/{aor}",
     Role::admin,
     put_account,
     "Makes or replaces an account. Without password and ha1 the secrets stay as they are.",
     {},
     "AccountChange",
     "Account"},
    {"DELETE", "/v1/accounts/{aor}", Role::admin, delete_account, "Removes an account."},
};

}  // namespace

std::string_view Call::parameter(std::string_view name) const noexcept {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return {};
}

std::span<const Route> routes() noexcept {
    return kRoutes;
}

Answer json_answer(const Json& json, int status) {
    return {status, "application/json", to_text(json) + "\n", {}};
}

}  // namespace herald::http
