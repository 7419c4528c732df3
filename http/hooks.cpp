// http/hooks.cpp: from the feed by way of the store to a program of the operator's.
#include "http/hooks.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sys/socket.h>

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/URI.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/log.h"
#include "http/events.h"
#include "http/hook_schedule.h"
#include "http/tokens.h"
#include "server/admin/admin_hooks.h"
#include "server/feed/feed.h"

namespace herald::http {

namespace {

/// Events taken from the feed at once, and rows of the store.
constexpr std::size_t kAtOnce = 256;
/// A store that is busy or away is asked again; and what has become too old is looked for so often.
constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::minutes kLook{1};
constexpr std::chrono::seconds kLongestConnect{3};

bool is_secure(std::string_view url) {
    return url.starts_with("https://");
}

/// Who the program has to prove to be: the host of the URL, to somebody `ca` names.
Result<Poco::Net::Context::Ptr> trust_in(const std::string& ca) {
    try {
        constexpr int kDepth = 9;
        const bool is_systems = ca.empty();
        Poco::Net::Context::Ptr context(
            new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", ca,
                                   Poco::Net::Context::VERIFY_STRICT, kDepth, is_systems));
        context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        Poco::Net::SSLManager::instance().initializeClient(
            nullptr, new Poco::Net::RejectCertificateHandler(false), context);
        return context;
    } catch (const Poco::Exception& error) {
        return Fault{FaultKind::invalid_configuration,
                     "hooks.ca: " + ca + ": " + error.displayText()};
    }
}

std::unique_ptr<Poco::Net::HTTPClientSession> session_with(const Poco::URI& uri,
                                                           const Poco::Net::Context::Ptr& trust) {
    if (trust.isNull())
        return std::make_unique<Poco::Net::HTTPClientSession>(uri.getHost(), uri.getPort());
    return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), trust);
}

}  // namespace

std::string hmac_sha256_hex(const std::string& secret, const std::string& body) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), bytes, &size);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += kDigits[bytes[i] >> 4];
        hex += kDigits[bytes[i] & 15];
    }
    return hex;
}

struct Hooks::State {
    State(HookOptions given, std::string its_secret, Poco::Net::Context::Ptr its_trust,
          server::EventKinds wanted, server::Admin& its_admin, base::Metrics& metrics,
          const base::Clock& its_clock);
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void run();
    void watch();
    bool must_stop();
    bool recover();
    bool collect();
    void forget_old();
    bool forget_gone();
    void deliver(const server::QueuedEvent& event);
    int post(const server::QueuedEvent& event);
    void drop(std::vector<std::uint64_t> ids);
    void wait(base::Duration limit);
    base::Duration patience() const;
    void hold_socket(int fd);

    const HookOptions options;
    const std::string secret;
    const Poco::Net::Context::Ptr trust;  ///< null: in clear
    const server::EventKinds kinds;
    server::Admin& admin;
    server::Feed& feed;
    const base::Clock& clock;
    HookSchedule schedule;
    std::uint64_t read_up_to;          ///< number of the last event looked at
    bool is_store_away = false;        ///< what the feed has is collected later
    std::vector<std::uint64_t> taken;  ///< to be dropped from the store
    base::Counter& posted;
    base::Counter& failed;
    base::Counter& given_up;
    std::mutex mutex;
    std::condition_variable changed;
    bool is_news = true;
    bool is_stopping = false;
    int socket = -1;                                   ///< of the request under way
    std::chrono::steady_clock::time_point deadline{};  ///< of its answer
    std::condition_variable posting;                   ///< a request began, or all ends
    std::uint64_t listener = 0;
    std::thread thread, watcher;
};

Hooks::State::State(HookOptions given, std::string its_secret, Poco::Net::Context::Ptr its_trust,
                    server::EventKinds wanted, server::Admin& its_admin, base::Metrics& metrics,
                    const base::Clock& its_clock)
    : options(std::move(given)),
      secret(std::move(its_secret)),
      trust(std::move(its_trust)),
      kinds(wanted),
      admin(its_admin),
      feed(its_admin.feed()),
      clock(its_clock),
      read_up_to(0),
      posted(metrics.counter("herald_hooks_posted_total", "Events posted and taken")),
      failed(metrics.counter("herald_hooks_failed_total",
                             "Posts of events that were not answered with a 2xx")),
      given_up(metrics.counter("herald_hooks_given_up_total",
                               "Events nobody took in time (hooks.keep), or that were lost before "
                               "they could be kept")) {
    listener = feed.listen([this] {
        const std::lock_guard lock(mutex);
        is_news = true;
        changed.notify_one();
    });
    feed.want();
    thread = std::thread([this] { run(); });
    pthread_setname_np(thread.native_handle(), "hooks");
    watcher = std::thread([this] { watch(); });
    pthread_setname_np(watcher.native_handle(), "hooks watch");
}

Hooks::State::~State() {
    feed.ignore(listener);
    {
        const std::lock_guard lock(mutex);
        is_stopping = true;
        if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
        changed.notify_one();
        posting.notify_one();
    }
    thread.join();
    watcher.join();
}

void Hooks::State::run() {
    while (!recover()) {
        wait(kRetry);
        if (must_stop()) return;
    }
    while (true) {
        is_store_away = !collect();
        forget_old();
        if (!taken.empty()) drop(std::exchange(taken, {}));
        if (const auto* event = schedule.due(clock.now())) {
            deliver(*event);
        } else {
            wait(patience());
        }
        if (!must_stop()) continue;
        // What happened until now is posted by the next run.
        static_cast<void>(collect());
        return;
    }
}

bool Hooks::State::must_stop() {
    const std::lock_guard lock(mutex);
    return is_stopping;
}

/// What an earlier run left.
bool Hooks::State::recover() {
    while (true) {
        auto page = admin.hooks().page(schedule.last(), kAtOnce);
        if (!page) return false;
        for (auto& event : *page) schedule.add(std::move(event));
        if (page->size() < kAtOnce) return true;
    }
}

/// From the feed into the store, and from there to those that wait. False: the store is away.
bool Hooks::State::collect() {
    while (true) {
        const auto page = feed.read(read_up_to, kAtOnce);
        if (page.lost > 0) given_up.add(page.lost);
        std::vector<server::QueuedEvent> wanted;
        for (const auto& event : page.events) {
            const bool is_wanted = kinds.has(event->kind);
            if (is_wanted)
                wanted.push_back({0, event->resource, to_text(json_of(*event)), event->at});
        }
        const bool is_more = !wanted.empty();
        if (is_more && !admin.hooks().keep(std::move(wanted))) return false;
        read_up_to += page.lost + page.events.size();
        if (!recover() || (is_more && !forget_gone())) return false;
        if (page.events.size() < kAtOnce) return true;
    }
}

/// What had to give way (hooks.queue, hooks.memory) takes no room here either.
bool Hooks::State::forget_gone() {
    const auto oldest = admin.hooks().page(0, 1);
    if (!oldest) return false;
    schedule.forget_before(oldest->empty() ? schedule.last() + 1 : oldest->front().id);
    return true;
}

void Hooks::State::forget_old() {
    const auto keep = std::chrono::duration_cast<std::chrono::milliseconds>(options.keep);
    auto gone = schedule.give_up(clock.wall() - keep);
    if (gone.empty()) return;
    given_up.add(gone.size());
    base::log_warning("hook.given_up", {{"events", gone.size()}});
    drop(std::move(gone));
}

/// Ids that cannot be dropped now are dropped with the next ones; the worst that comes of it is
/// that an event is posted again after a restart.
void Hooks::State::drop(std::vector<std::uint64_t> ids) {
    if (!admin.hooks().drop(ids)) taken.insert(taken.end(), ids.begin(), ids.end());
}

void Hooks::State::deliver(const server::QueuedEvent& event) {
    const auto id = event.id;
    const int status = post(event);
    if (status / 100 == 2) {
        posted.add();
        schedule.taken(id);
        return drop({id});
    }
    failed.add();
    if (status == 0) return schedule.unreachable(clock.now());
    base::log_warning("hook.refused", {{"status", status}, {"event", id}});
    schedule.refused(id, clock.now());
}

void Hooks::State::hold_socket(int fd) {
    const std::lock_guard lock(mutex);
    socket = fd;
    deadline = std::chrono::steady_clock::now() + options.timeout;
    if (is_stopping && fd >= 0) ::shutdown(fd, SHUT_RDWR);
    posting.notify_one();
}

/// POCO's timeouts begin anew with each byte, and with each 100 Continue: a program that dribbles
/// would be waited for without an end, and all other events with it.
void Hooks::State::watch() {
    std::unique_lock lock(mutex);
    while (!is_stopping) {
        if (socket < 0) {
            posting.wait(lock);
            continue;
        }
        posting.wait_until(lock, std::chrono::steady_clock::time_point(deadline));
        if (socket < 0 || std::chrono::steady_clock::now() < deadline) continue;
        ::shutdown(socket, SHUT_RDWR);
        deadline += options.timeout;
    }
}

/// The status of the answer; 0: there was none.
int Hooks::State::post(const server::QueuedEvent& event) {
    struct Release {
        State& state;
        ~Release() { state.hold_socket(-1); }
    };
    try {
        const Poco::URI uri(options.url);
        const auto session = session_with(uri, trust);
        const auto connect = std::min(options.timeout, kLongestConnect);
        const Poco::Timespan timeout(options.timeout.count(), 0);
        session->setTimeout(Poco::Timespan(connect.count(), 0), timeout, timeout);
        Poco::Net::HTTPRequest request(
            "POST", uri.getPathAndQuery().empty() ? std::string("/") : uri.getPathAndQuery(),
            Poco::Net::HTTPMessage::HTTP_1_1);
        request.setContentType("application/json");
        request.setContentLength(static_cast<std::streamsize>(event.body.size()));
        request.set("User-Agent", "Herald");
        request.set("Herald-Delivery", std::to_string(event.id));
        if (!secret.empty())
            request.set("Herald-Signature", "sha256=" + hmac_sha256_hex(secret, event.body));
        auto& out = session->sendRequest(request);
        const Release release{*this};
        hold_socket(session->socket().impl()->sockfd());
        out << event.body << std::flush;
        Poco::Net::HTTPResponse response;
        session->receiveResponse(response);
        return response.getStatus();
    } catch (const Poco::Exception& error) {
        base::log_warning("hook.unreachable", {{"why", error.displayText()}});
        return 0;
    }
}

base::Duration Hooks::State::patience() const {
    if (is_store_away || !taken.empty()) return kRetry;
    const auto next = schedule.next();
    if (!next) return kLook;
    return std::clamp<base::Duration>(*next - clock.now(), std::chrono::milliseconds(1), kLook);
}

void Hooks::State::wait(base::Duration limit) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, limit, [this] { return is_stopping || (is_news && !is_store_away); });
    is_news = false;
}

Hooks::Hooks(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hooks::~Hooks() = default;

Result<std::unique_ptr<Hooks>> Hooks::start(const HookOptions& options, server::Admin& admin,
                                            base::Metrics& metrics, const base::Clock& clock) {
    server::EventKinds kinds;
    for (const auto& name : options.kinds) {
        const auto kind = server::event_kind_of(name);
        if (!kind) {
            return Fault{FaultKind::invalid_configuration,
                         "hooks.kinds: \"" + name + "\" is no kind of event"};
        }
        kinds.add(*kind);
    }
    std::string secret;
    if (!options.secret_file.empty()) {
        auto read = token_in(options.secret_file);
        if (!read) return read.fault();
        secret = *std::move(read);
    }
    Poco::Net::Context::Ptr trust;
    if (is_secure(options.url)) {
        auto made = trust_in(options.ca);
        if (!made) return made.fault();
        trust = *std::move(made);
    }
    return std::unique_ptr<Hooks>(new Hooks(std::make_unique<State>(
        options, std::move(secret), std::move(trust), kinds, admin, metrics, clock)));
}

}  // namespace herald::http
