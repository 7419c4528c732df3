// sip/dialog_request.h: the head of a request within a dialog: its Request-URI, its Route and the
// fields that name the dialog (RFC 3261 12.2.1.1).
//
//   route set          Request-URI      Route                    sent to
//   (none)             target           (none)                   target
//   <a;lr>, <b>        target           <a;lr>, <b>              a
//   <a>, <b>           a                <b>, <target>            a
//
// The same holds for a binding's Path, which is a Route loaded in advance (RFC 3327 5.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/temporary.h"
#include "sip/message.h"

namespace herald::sip {

enum class RouteOrder : std::uint8_t {
    as_written,  ///< a UAS's Record-Route, a Path, a Route (RFC 3261 12.1.1)
    reversed,    ///< a UAC's Record-Route (12.1.2)
};

/// The values of a Record-Route, Path or Route header as one text, ready to be sent as a Route:
/// `<sip:a;lr>, <sip:b;lr>`, without display names. Empty where there is none; an empty header
/// counts no values. This text is what dialogs and bindings keep. Faults: malformed (a value
/// without <>, or without a SIP URI).
Result<std::string> read_routes(const Message& message, Header header,
                                RouteOrder order = RouteOrder::as_written);

/// URI of the first of `routes`, a view into it; empty where there is none.
std::string_view first_route(std::string_view routes) noexcept;
template <base::TemporaryString Text>
std::string_view first_route(Text&& routes) = delete;

/// What follows the first of `routes`.
std::string_view without_first_route(std::string_view routes) noexcept;
template <base::TemporaryString Text>
std::string_view without_first_route(Text&& routes) = delete;

/// Whether a route's URI has the parameter `lr`. One that cannot be read counts as loose: it is
/// left where it is.
bool is_loose_router(std::string_view uri) noexcept;

/// What a remote target and a route set make of a request. Views into both.
struct Routing {
    std::string_view request_uri;  ///< to be written by append_request_uri()
    std::string_view routes;       ///< of the Route header, ready; empty: none
    std::string_view last_route;   ///< URI that follows `routes`; empty: none
    std::string_view next_hop;     ///< URI the request is sent to
};
Routing routing_of(std::string_view remote_target, std::string_view routes) noexcept;

/// The Request-URI as it goes on the wire, for the `uri` of credentials.
std::string request_uri_of(const Routing& routing);
/// Appends the start line.
void append_start_line(std::string& out, std::string_view method, const Routing& routing);
/// Appends the Route line, where there is one.
void append_route_line(std::string& out, const Routing& routing);

/// What the head of a request says. Works for requests outside dialogs too: no remote tag, no
/// routes.
struct DialogRequest {
    Method method = Method::unknown;
    std::string_view remote_target;  ///< URI
    std::string_view routes;         ///< as read_routes() gives them
    std::string_view from;           ///< name-addr or addr-spec of our side
    std::string_view from_tag;       ///< empty: `from` has it, or there is none
    std::string_view to;
    std::string_view to_tag;
    std::string_view call_id;
    std::uint32_t cseq = 0;
    bool is_compact = false;  ///< compact header names (RFC 3261 7.3.3)
};
/// Appends start line, Via, Max-Forwards, Route, From, To, Call-ID and CSeq. `via` is a complete
/// line. The caller goes on with Contact, its own fields, and the end.
void append_head(std::string& out, const DialogRequest& request, std::string_view via);

}  // namespace herald::sip
