// http/route_queries.h: what may stand behind the path of each route.
#pragma once

#include "http/routes.h"

namespace herald::http {

inline constexpr QueryParameter kEventsQuery[] = {
    {"user", "Only of these users and domains, with commas between them."},
    {"kind", "Only of these kinds, with commas between them."},
    {"package", "Only of this event package, e.g. presence."},
    {"after", "The `id` of the last event that is known, as Last-Event-ID."},
};

inline constexpr QueryParameter kPresencesQuery[] = {
    {"users", "1 to 200 addresses-of-record, with commas between them."},
};

inline constexpr QueryParameter kPresenceQuery[] = {
    {"source", "`here`: only what was said with this token, 404 where nothing was."},
};

inline constexpr QueryParameter kSubscriptionQuery[] = {
    {"package", "Only this event package, e.g. presence."},
    {"resource", "Only subscriptions to this address-of-record."},
    {"watcher", "Only subscriptions of this address-of-record."},
    {"state", "Only this state: pending, active, suspect, flow_lost or terminated."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kResourceQuery[] = {
    {"package", "Only of this event package, e.g. message-summary for mailboxes."},
    {"domain", "Only of users of this domain."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kMailboxQuery[] = {
    {"source",
     "`here`: only the counters that were set with PUT, 404 where none were. With PUT: what "
     "If-Match is about."},
};

inline constexpr QueryParameter kDialogQuery[] = {
    {"suspicious", "`true`: only calls whose source has been silent for `dialog.suspicious`."},
    {"limit", "Users of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kRegistrationQuery[] = {
    {"aor", "Only contacts of this address-of-record."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kAliasQuery[] = {
    {"resource", "Only aliases of this address-of-record."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kAccountQuery[] = {
    {"domain", "Only of users of this domain."},
    {"role", "Only of this role: user, publisher, monitor or admin."},
    {"search", "Only those with this text in their address or username."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kTraceQuery[] = {
    {"limit", "Messages of one answer: 1 to 1000, default 100."},
    {"after", "The `number` of the last message of the answer before."},
};

inline constexpr QueryParameter kRemovalQuery[] = {
    {"contact", "Only this contact; without, all of them."},
    {"event",
     "What watchers are told (RFC 3680): deactivated (the default), probation, rejected, "
     "unregistered or expired."},
    {"retry_after", "Seconds until the device may try again, with probation."},
};

inline constexpr QueryParameter kMessageQuery[] = {
    {"aor", "Only messages for this address-of-record."},
    {"bodies", "`true`: with what they say, where that is text."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kWatcherQuery[] = {
    {"package", "Only this event package, e.g. presence."},
    {"state", "Only this status: pending, active, waiting or terminated."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kDeviceQuery[] = {
    {"aor", "Only devices of this address-of-record."},
    {"domain", "Only devices of users of this domain."},
    {"user_agent", "Only devices whose User-Agent fits this pattern, * for any text."},
    {"vendor", "Only devices whose vendor fits this pattern."},
    {"model", "Only devices whose model fits this pattern."},
    {"remembered", "true: those something is remembered of, registered or not."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kExplainQuery[] = {
    {"resource", "The address-of-record that is watched."},
    {"watcher", "The address-of-record that watches, or would."},
    {"package", "The event package; presence where it is missing."},
};

inline constexpr QueryParameter kEntryQuery[] = {
    {"watcher", "The entry: an address, *@domain or *."},
    {"package", "Its package; presence where it is missing."},
};

inline constexpr QueryParameter kExportQuery[] = {
    {"limit", "Owners and domains of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kAuditQuery[] = {
    {"resource", "Only changes of this owner or domain."},
    {"actor", "Only changes made with the token of this name."},
    {"since", "Only changes from this time on (RFC 3339)."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kJobsQuery[] = {
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kJobQuery[] = {
    {"state",
     "Only devices in this state: waiting, sent, delivered, refused, challenged, unreachable or "
     "cancelled."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kProfilesQuery[] = {
    {"type", "Only device, user or local-network."},
    {"limit", "Rows of one answer: 1 to 1000, default 100."},
    {"after", "The `next` of the answer before."},
};

inline constexpr QueryParameter kUploadQuery[] = {
    {"template",
     "true: variables in it are replaced; false: it is sent as it is. Default: true for "
     "text."},
};

inline constexpr QueryParameter kPreviewQuery[] = {
    {"device", "An address-of-record, an instance or a MAC address; registered or not."},
    {"file", "A file of the profile; its body where this is missing."},
    {"vendor", "In the place of what the device said."},
    {"model", "Likewise."},
    {"version", "Likewise."},
};

inline constexpr QueryParameter kExplainProfileQuery[] = {
    {"device", "An address-of-record, an instance or a MAC address; registered or not."},
    {"type", "device, user or local-network; device where it is missing."},
    {"vendor", "In the place of what the device said."},
    {"model", "Likewise."},
    {"version", "Likewise."},
};

}  // namespace herald::http
