// sip/stack.cpp: what becomes of a message that arrives, and the stack's public face.
#include "sip/stack.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "base/text_map.h"
#include "sip/branch.h"
#include "sip/client_transactions.h"
#include "sip/refused_requests.h"
#include "sip/request_key.h"
#include "sip/responder.h"
#include "sip/server_transactions.h"

namespace herald::sip {
namespace {

constexpr Method kServed[] = {
    Method::subscribe, Method::notify,  Method::publish, Method::register_,
    Method::message,   Method::options, Method::invite,  Method::bye,
    Method::refer,     Method::info,    Method::update,  Method::prack,
};
constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::prack) + 1;

bool is_response(std::string_view bytes) {
    const std::size_t start = bytes.find_first_not_of("\r\n");
    return start != std::string_view::npos && base::istarts_with(bytes.substr(start), "SIP/");
}

ResponseHead head_of(const Message& response) {
    return {.status = response.status(),
            .branch = response.via().branch,
            .cseq = response.cseq(),
            .method = response.method(),
            .has_contact = false};
}

Answer plain(int status, std::string reason = {}) {
    return {.status = status, .reason = std::move(reason)};
}

base::HashKey or_random(const base::HashKey& key) {
    return key == base::HashKey{} ? base::random_key() : key;
}

}  // namespace

struct Stack::Parts {
    Parts(base::Loop& its_loop, Transport& wire, RequestHandler& upper, base::Metrics& registry,
          StackOptions&& wanted, ShardRouter* shards);

    void on_response(std::span<char> bytes, const Flow& flow, Framing framing);
    bool forward_response(const ResponseHead& head, std::span<const char> bytes, const Flow& flow,
                          Framing framing);
    void on_request(std::span<char> bytes, const Flow& flow, Framing framing);
    void dispatch(const Flow& flow);
    bool is_admitted(const RequestKey& key, const Flow& flow) const;
    void turn_away(const RequestKey& key, const Flow& flow);
    void repeat(const ServerTransactions::Match& known, const Flow& flow);
    bool is_cancelling();
    void pass_on(const Flow& flow);
    void begin(const RequestKey& key, const Flow& flow);
    void reject(const Flow& flow, const char* counted_as, const Answer& answer);
    void count_rejected(const char* reason);
    std::size_t respond(const Message& request, const Flow& flow, const Answer& answer);

    StackOptions options;
    base::Loop& loop;
    Transport& transport;
    RequestHandler& handler;
    ShardRouter* const router;
    base::Metrics& metrics;
    RequestHasher hasher;
    Responder responder;
    ServerTransactions server;
    RefusedRequests refused;
    ClientTransactions client;

    Message message;            ///< the one being looked at
    bool is_receiving = false;  ///< on_message() is not re-entrant: it would overwrite `message`

    std::array<base::Counter*, kMethodCount> requests{};
    std::unordered_map<std::string_view, base::Counter*, base::NameHash>
        rejected;  ///< by reason, static text
    base::Counter& repeated;
    base::Counter& stray;
};

Stack::Parts::Parts(base::Loop& its_loop, Transport& wire, RequestHandler& upper,
                    base::Metrics& registry, StackOptions&& wanted, ShardRouter* shards)
    : options(std::move(wanted)),
      loop(its_loop),
      transport(wire),
      handler(upper),
      router(shards),
      metrics(registry),
      hasher(or_random(options.lasting_key)),
      responder(transport, hasher, metrics,
                {.server = options.user_agent,
                 .allow_events = options.allow_events,
                 .force_rport = options.force_rport,
                 .targets = options.targets,
                 .trusted_peers = options.trusted_peers,
                 .overload_clock = options.has_overload_control ? &loop.clock() : nullptr}),
      server(loop, metrics,
             {.timers = options.timers,
              .max_completed = options.max_server_transactions,
              .max_completed_bytes = options.max_server_transaction_bytes,
              .max_pending = options.max_pending_requests,
              .max_pending_bytes = options.max_pending_bytes,
              .trusted_peers = options.trusted_peers},
             [this](const Message& request, const Flow& flow, base::Duration age) {
                 responder.send(request, flow, {.status = 100, .delay = age});
             }),
      refused(options.timers.lifetime(),
              metrics.counter("herald_sip_refusals_forgotten_total",
                              "Requests turned away under load whose copies might be served after "
                              "all: too many were turned away since")),
      client(loop, transport, metrics,
             {.shard = options.shard,
              .timers = options.timers,
              .limit = options.max_client_transactions,
              .lasting_key = or_random(options.lasting_key)}),
      repeated(metrics.counter("herald_sip_retransmissions_total",
                               "Messages sent or received again", {{"direction", "in"}})),
      stray(metrics.counter("herald_sip_stray_responses_total",
                            "Answers that belong to no request under way: late or not for us")) {
    for (std::size_t i = 0; i < kMethodCount; ++i) {
        const auto method = static_cast<Method>(i);
        const std::string_view name = method == Method::unknown ? "other" : name_of(method);
        requests[i] =
            &metrics.counter("herald_sip_requests_total", "Requests received, copies not counted",
                             {{"method", std::string(name)}});
    }
}

void Stack::Parts::on_response(std::span<char> bytes, const Flow& flow, Framing framing) {
    const auto head = peek_response({bytes.data(), bytes.size()});
    if (head && forward_response(*head, bytes, flow, framing)) return;
    // The plain 2xx to a NOTIFY, by far the most frequent message, is never parsed whole. That to
    // any other request says what its sender came for: SIP-ETag, Expires.
    const bool is_plain = head && head->status < 300 && !head->has_contact;
    if (is_plain && head->method == Method::notify) {
        if (!client.receive(*head, nullptr)) stray.add();
        return;
    }
    const ParseOutcome parsed = parse_into(message, bytes, framing, options.limits);
    if (parsed.error != ParseOutcome::Error::none || message.is_request()) {
        return count_rejected("malformed response");
    }
    const ResponseHead whole = head_of(message);
    if (!head && forward_response(whole, bytes, flow, framing)) return;
    if (!client.receive(whole, &message) && !handler.pass_back(message)) stray.add();
}

/// Another shard's answers come here where the kernel spreads datagrams by their source. Only that
/// shard can tell whether the branch is authentic.
bool Stack::Parts::forward_response(const ResponseHead& head, std::span<const char> bytes,
                                    const Flow& flow, Framing framing) {
    const auto branch = Branch::from(head.branch);
    if (!branch || branch->shard == options.shard) return false;
    if (router == nullptr || branch->shard >= options.shards) return false;
    router->forward(branch->shard, bytes, flow, framing);
    return true;
}

void Stack::Parts::on_request(std::span<char> bytes, const Flow& flow, Framing framing) {
    const ParseOutcome parsed = parse_into(message, bytes, framing, options.limits);
    if (parsed.error == ParseOutcome::Error::drop) {
        return count_rejected(*parsed.reason != '\0' ? parsed.reason : "unanswerable");
    }
    if (parsed.error != ParseOutcome::Error::none) {
        return reject(flow, parsed.reason, plain(parsed.answer_status, parsed.reason));
    }
    if (router != nullptr) {
        const unsigned shard = router->shard_of(message);
        if (shard != options.shard) return router->forward(shard, bytes, flow, framing);
    }
    dispatch(flow);
}

/// The ladder of RFC 3261 8.2 and 17.2 up to the application: copies first, as they cost least.
void Stack::Parts::dispatch(const Flow& flow) {
    handler.on_sign_of_life(flow);
    const bool is_cancel = message.method() == Method::cancel;
    const bool cancels_ours = is_cancel && is_cancelling();
    const Role role = cancels_ours ? Role::server : handler.role_for(message, flow);
    if (role == Role::passage) return pass_on(flow);
    if (message.method() == Method::ack)
        return requests[static_cast<std::size_t>(Method::ack)]->add();
    RequestKey key = hasher.key_of(message);
    if (role == Role::proxy) key.merged = 0;
    const ServerTransactions::Match known = server.match(key.transaction);
    if (known.state != ServerState::gone) return repeat(known, flow);

    requests[static_cast<std::size_t>(message.method())]->add();
    if (is_cancel) {
        responder.send(message, flow, plain(cancels_ours ? 200 : 481));
        return;
    }
    if (message.method() == Method::unknown) {
        return reject(flow, "unknown method",
                      {.status = 501, .headers = "Allow: " + options.allow + "\r\n"});
    }
    if (server.has_merged(key)) return reject(flow, "merged request", plain(482, "Merged Request"));
    if (!is_admitted(key, flow)) return turn_away(key, flow);
    begin(key, flow);
}

bool Stack::Parts::is_admitted(const RequestKey& key, const Flow& flow) const {
    if (server.is_full_for(flow.peer) || refused.has(key.transaction, loop.now())) return false;
    const Load load = transport.load();
    return load == Load::normal || handler.admits(message, load);
}

void Stack::Parts::turn_away(const RequestKey& key, const Flow& flow) {
    // Spread over some seconds, lest all come back at once.
    const auto seconds = static_cast<std::uint32_t>(1 + key.transaction.high % 5);
    if (!is_reliable(flow.protocol)) refused.remember(key.transaction, loop.now());
    reject(flow, "overload", {.status = 503, .retry_after = seconds});
}

void Stack::Parts::repeat(const ServerTransactions::Match& known, const Flow& flow) {
    repeated.add();
    if (step(known.state, ServerInput::retransmission).action != ServerAction::resend) return;
    if (known.state == ServerState::proceeding) {
        responder.send(message, flow, plain(100));
        return;
    }
    if (known.answer) responder.send(message, flow, *known.answer);
}

/// RFC 3261 9.2, RFC 4320: what can be cancelled is answered at once anyway, so a CANCEL changes
/// nothing.
bool Stack::Parts::is_cancelling() {
    return std::any_of(std::begin(kServed), std::end(kServed), [this](Method method) {
        return server.match(hasher.cancelled_by(message, method)).state != ServerState::gone;
    });
}

/// Under load no call begins; what belongs to one goes its way.
void Stack::Parts::pass_on(const Flow& flow) {
    requests[static_cast<std::size_t>(message.method())]->add();
    const bool begins = message.method() != Method::ack && message.method() != Method::cancel &&
                        message.to_tag().empty();
    const Load load = transport.load();
    if (begins && load != Load::normal && !handler.admits(message, load))
        return reject(flow, "overload", {.status = 503, .retry_after = 1});
    handler.pass_on(message, flow);
}

void Stack::Parts::begin(const RequestKey& key, const Flow& flow) {
    const ServerTransactionId id = server.begin(key, message, flow);
    handler.on_request(id, message, flow);
    server.keep(id);
}

/// Answers without a transaction: a copy of the request is judged again and gets the same.
void Stack::Parts::reject(const Flow& flow, const char* counted_as, const Answer& answer) {
    count_rejected(counted_as);
    // Nothing ever answers an ACK.
    if (message.is_request() && message.method() != Method::ack) respond(message, flow, answer);
}

/// The final answer, for the first time. Returns its bytes.
std::size_t Stack::Parts::respond(const Message& request, const Flow& flow, const Answer& answer) {
    const std::size_t bytes = responder.send(request, flow, answer);
    if (answer.status >= 300) handler.on_refused(request, flow, answer);
    return bytes;
}

void Stack::Parts::count_rejected(const char* reason) {
    base::Counter*& counter = rejected[reason];
    if (counter == nullptr) {
        counter = &metrics.counter("herald_sip_rejected_total",
                                   "Messages refused before any application", {{"reason", reason}});
    }
    counter->add();
}

Stack::Stack(base::Loop& loop, Transport& transport, RequestHandler& handler,
             base::Metrics& metrics, StackOptions options, ShardRouter* router)
    : parts_(
          std::make_unique<Parts>(loop, transport, handler, metrics, std::move(options), router)) {}

Stack::~Stack() = default;

std::size_t Stack::answer_and_weigh(ServerTransactionId id, const Answer& answer) {
    const Message* const request = parts_->server.request(id);
    if (request == nullptr) return 0;
    const Flow flow = parts_->server.flow(id);
    if (answer.status < 200) {
        const bool is_early = !is_reliable(flow.protocol);
        assert(answer.status == 100);
        // On UDP the 100 goes out by itself, and not before its time (RFC 4320 4.1).
        if (!is_early && parts_->server.provisional(id)) {
            parts_->responder.send(*request, flow, answer);
        }
        return 0;
    }
    // RFC 4320 4.2: a 408 would only come when the client gave up already.
    if (answer.status == 408) {
        parts_->server.give_up(id);
        return 0;
    }
    const std::size_t bytes = parts_->respond(*request, flow, answer);
    parts_->server.complete(id, answer);
    return bytes;
}

void Stack::answer_and_forget(ServerTransactionId id, const Answer& answer) {
    const Message* const request = parts_->server.request(id);
    if (request == nullptr) return;
    const Flow& flow = parts_->server.flow(id);
    parts_->respond(*request, flow, answer);
    if (answer.status == 503 && !is_reliable(flow.protocol)) {
        const RequestKey key = parts_->hasher.key_of(*request);
        parts_->refused.remember(key.transaction, parts_->loop.now());
    }
    parts_->server.forget(id);
}

void Stack::answer_statelessly(const Message& request, const Flow& flow, const Answer& answer) {
    if (request.method() != Method::ack) parts_->respond(request, flow, answer);
}

Flow Stack::way_back(const Message& request, const Flow& flow) const {
    return parts_->responder.way_back(request, flow);
}

void Stack::drop(ServerTransactionId id) {
    parts_->server.forget(id);
}

void Stack::abandon(ServerTransactionId id) {
    parts_->server.give_up(id);
}

const Message* Stack::request(ServerTransactionId id) const {
    return parts_->server.request(id);
}

ClientTransactionId Stack::start(const Flow& flow, RequestSource& source, std::uint64_t user,
                                 std::uint64_t name) {
    return parts_->client.start(flow, source, user, name);
}

void Stack::forget(ClientTransactionId id) {
    parts_->client.forget(id);
}

std::string_view Stack::contact(const Flow& flow, Scheme scheme, std::string_view peer) const {
    return parts_->responder.contact(flow, scheme, peer);
}

std::uint64_t Stack::branch_hash(const Message& request) const {
    return parts_->hasher.branch_hash(request);
}

Transport& Stack::transport() noexcept {
    return parts_->transport;
}

std::size_t Stack::client_transactions() const noexcept {
    return parts_->client.size();
}

void Stack::on_message(std::span<char> bytes, const Flow& flow, Framing framing) {
    assert(!parts_->is_receiving);
    parts_->is_receiving = true;
    if (is_response({bytes.data(), bytes.size()})) {
        parts_->on_response(bytes, flow, framing);
    } else {
        parts_->on_request(bytes, flow, framing);
    }
    parts_->is_receiving = false;
}

void Stack::on_unframeable(std::span<char> bytes, const Flow& flow, ParseResult::Error why) {
    const ParseOutcome parsed =
        parse_into(parts_->message, bytes, Framing::stream, parts_->options.limits);
    const char* const reason = *parsed.reason != '\0' ? parsed.reason : "framing lost";
    if (parsed.error == ParseOutcome::Error::drop || !parts_->message.is_request()) {
        return parts_->count_rejected(reason);
    }
    // What the framer saw comes first: to the parser a message cut short is merely malformed.
    if (why == ParseResult::Error::body_too_large)
        return parts_->reject(flow, "Body too large", plain(413, "Body too large"));
    if (why == ParseResult::Error::too_large)
        return parts_->reject(flow, "Message too large", plain(513, "Message too large"));
    parts_->reject(flow, reason,
                   plain(parsed.answer_status == 0 ? 400 : parsed.answer_status, reason));
}

void Stack::on_flow_closed(const Flow& flow) {
    parts_->client.on_flow_closed(flow);
    parts_->handler.on_flow_closed(flow);
}

void Stack::on_unreachable(const Endpoint& peer) {
    parts_->client.on_unreachable(peer);
}

}  // namespace herald::sip
