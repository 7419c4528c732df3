// sip/resolver.cpp: c-ares on a loop: its sockets are watched, its timeouts are one timer.
#include "sip/resolver.h"

#include <algorithm>
#include <utility>

#include <arpa/nameser.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include <ares.h>

namespace herald::sip {
namespace {

DnsOutcome outcome_of(int status) noexcept {
    switch (status) {
        case ARES_SUCCESS:
            return DnsOutcome::found;
        case ARES_ENODATA:
            return DnsOutcome::no_data;
        case ARES_ENOTFOUND:
            return DnsOutcome::no_name;
        case ARES_ETIMEOUT:
            return DnsOutcome::timeout;
        default:
            return DnsOutcome::failed;
    }
}

std::string text_of(const unsigned char* text) {
    return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

struct FreeReply {
    void operator()(void* reply) const noexcept { ares_free_data(reply); }
    void operator()(ares_addrinfo* found) const noexcept { ares_freeaddrinfo(found); }
};

/// Fills an answer from the list `parse` finds in the reply.
template <class Record, class Reply>
DnsAnswer<Record> read_reply(int status, const unsigned char* reply, int size,
                             int (*parse)(const unsigned char*, int, Reply**),
                             Record (*record_of)(const Reply&)) {
    DnsAnswer<Record> answer;
    Reply* list = nullptr;
    if (status == ARES_SUCCESS) status = parse(reply, size, &list);
    const std::unique_ptr<Reply, FreeReply> owner(list);
    answer.outcome = outcome_of(status);
    for (const Reply* at = list; at != nullptr; at = at->next) {
        answer.records.push_back(record_of(*at));
    }
    if (answer.outcome == DnsOutcome::found && answer.records.empty()) {
        answer.outcome = DnsOutcome::no_data;
    }
    return answer;
}

NaptrRecord naptr_of(const ares_naptr_reply& reply) {
    return {reply.order, reply.preference, text_of(reply.flags), text_of(reply.service),
            reply.replacement == nullptr ? std::string() : reply.replacement};
}

SrvRecord srv_of(const ares_srv_reply& reply) {
    return {reply.priority, reply.weight, reply.port,
            reply.host == nullptr ? std::string() : reply.host};
}

DnsAnswer<Endpoint> read_addresses(int status, const ares_addrinfo* found) {
    DnsAnswer<Endpoint> answer;
    answer.outcome = outcome_of(status);
    if (status != ARES_SUCCESS || found == nullptr) return answer;
    for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
        const Endpoint endpoint(node->ai_addr);
        if (endpoint.is_valid()) answer.records.push_back(endpoint);
    }
    if (answer.records.empty()) answer.outcome = DnsOutcome::no_data;
    return answer;
}

}  // namespace

struct Resolver::State : std::enable_shared_from_this<State> {
    /// What c-ares carries for us, from the question to its one callback.
    template <class Record>
    struct Question {
        State* state;
        Done<Record> done;
    };

    base::Loop& loop;
    int family = AF_UNSPEC;
    ares_channel channel = nullptr;
    base::TimerId timer;

    explicit State(base::Loop& on) : loop(on) {}

    void open(const LocatorOptions& options);
    void close();
    void follow(int fd, std::uint32_t events);
    void work(ares_socket_t readable, ares_socket_t writable);
    void rearm();
    template <class Record>
    void deliver(Done<Record> done, DnsAnswer<Record> answer);

    static void on_socket(void* state, ares_socket_t fd, int is_reading, int is_writing);
    static void on_naptr(void* question, int status, int, unsigned char* reply, int size);
    static void on_srv(void* question, int status, int, unsigned char* reply, int size);
    static void on_addresses(void* question, int status, int, ares_addrinfo* found);
};

void Resolver::State::open(const LocatorOptions& options) {
    static const int ready = ares_library_init(ARES_LIB_INIT_ALL);
    if (ready != ARES_SUCCESS || !(options.use_ipv4 || options.use_ipv6)) return;
    if (!options.use_ipv6) family = AF_INET;
    if (!options.use_ipv4) family = AF_INET6;

    ares_options settings{};
    settings.timeout = static_cast<int>(std::max<std::int64_t>(options.timeout.count(), 1));
    settings.tries = std::max(options.tries, 1);
    settings.sock_state_cb = on_socket;
    settings.sock_state_cb_data = this;
    // ARES_OPT_DOMAINS with no domain: the hosts of SIP URIs are complete names.
    const int given =
        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS;
    if (ares_init_options(&channel, &settings, given) != ARES_SUCCESS) {
        channel = nullptr;
        return;
    }
    if (options.servers.empty()) return;
    if (ares_set_servers_ports_csv(channel, options.servers.c_str()) != ARES_SUCCESS) close();
}

void Resolver::State::close() {
    if (channel != nullptr) ares_destroy(std::exchange(channel, nullptr));
    loop.timers().cancel(timer);
}

void Resolver::State::on_socket(void* state, ares_socket_t fd, int is_reading, int is_writing) {
    const std::uint32_t events = (is_reading ? EPOLLIN : 0U) | (is_writing ? EPOLLOUT : 0U);
    static_cast<State*>(state)->follow(fd, events);
}

void Resolver::State::follow(int fd, std::uint32_t events) {
    loop.unwatch(fd);
    if (events == 0) return;
    // Where epoll refuses, c-ares' own timeouts still end the question.
    static_cast<void>(loop.watch(fd, events, [this, fd](std::uint32_t ready) {
        const bool is_broken = (ready & (EPOLLERR | EPOLLHUP)) != 0;
        work(is_broken || (ready & EPOLLIN) ? fd : ARES_SOCKET_BAD,
             is_broken || (ready & EPOLLOUT) ? fd : ARES_SOCKET_BAD);
    }));
}

void Resolver::State::work(ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(channel, readable, writable);
    rearm();
}

void Resolver::State::rearm() {
    loop.timers().cancel(timer);
    timeval room{};
    const timeval* const next = ares_timeout(channel, nullptr, &room);
    if (next == nullptr) return;
    const base::Duration wait =
        std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec);
    timer = loop.timers().arm(loop.clock().now() + wait,
                              [this] { work(ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
}

/// By a post: whoever asked may destroy the resolver in `done`, which c-ares would not survive.
template <class Record>
void Resolver::State::deliver(Done<Record> done, DnsAnswer<Record> answer) {
    loop.post(
        [weak = weak_from_this(), done = std::move(done), answer = std::move(answer)]() mutable {
            if (const auto alive = weak.lock()) done(std::move(answer));
        });
}

void Resolver::State::on_naptr(void* argument, int status, int, unsigned char* reply, int size) {
    const std::unique_ptr<Question<NaptrRecord>> question(
        static_cast<Question<NaptrRecord>*>(argument));
    if (status == ARES_EDESTRUCTION) return;
    question->state->deliver(std::move(question->done),
                             read_reply(status, reply, size, ares_parse_naptr_reply, naptr_of));
}

void Resolver::State::on_srv(void* argument, int status, int, unsigned char* reply, int size) {
    const std::unique_ptr<Question<SrvRecord>> question(
        static_cast<Question<SrvRecord>*>(argument));
    if (status == ARES_EDESTRUCTION) return;
    question->state->deliver(std::move(question->done),
                             read_reply(status, reply, size, ares_parse_srv_reply, srv_of));
}

void Resolver::State::on_addresses(void* argument, int status, int, ares_addrinfo* found) {
    const std::unique_ptr<Question<Endpoint>> question(static_cast<Question<Endpoint>*>(argument));
    const std::unique_ptr<ares_addrinfo, FreeReply> owner(found);
    if (status == ARES_EDESTRUCTION) return;
    question->state->deliver(std::move(question->done), read_addresses(status, found));
}

Resolver::Resolver(base::Loop& loop, const LocatorOptions& options)
    : state_(std::make_shared<State>(loop)) {
    state_->open(options);
}

Resolver::~Resolver() {
    state_->close();
}

void Resolver::naptr(const std::string& name, Done<NaptrRecord> done) {
    if (state_->channel == nullptr)
        return state_->deliver(std::move(done), DnsAnswer<NaptrRecord>());
    auto* const question = new State::Question<NaptrRecord>{state_.get(), std::move(done)};
    ares_query(state_->channel, name.c_str(), ns_c_in, ns_t_naptr, State::on_naptr, question);
    state_->rearm();
}

void Resolver::srv(const std::string& name, Done<SrvRecord> done) {
    if (state_->channel == nullptr) return state_->deliver(std::move(done), DnsAnswer<SrvRecord>());
    auto* const question = new State::Question<SrvRecord>{state_.get(), std::move(done)};
    ares_query(state_->channel, name.c_str(), ns_c_in, ns_t_srv, State::on_srv, question);
    state_->rearm();
}

void Resolver::addresses(const std::string& host, Done<Endpoint> done) {
    if (state_->channel == nullptr) return state_->deliver(std::move(done), DnsAnswer<Endpoint>());
    auto* const question = new State::Question<Endpoint>{state_.get(), std::move(done)};
    ares_addrinfo_hints hints{};
    hints.ai_family = state_->family;
    hints.ai_socktype = SOCK_DGRAM;
    ares_getaddrinfo(state_->channel, host.c_str(), nullptr, &hints, State::on_addresses, question);
    state_->rearm();
}

}  // namespace herald::sip
