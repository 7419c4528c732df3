// sip/tls.cpp: TLS on OpenSSL, without sockets.
#include "sip/tls.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <ctime>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "sip/certificate.h"
#include "sip/endpoint.h"

namespace herald::sip {
namespace {

/// Plain bytes of one record (RFC 8446 5.1).
constexpr std::size_t kRecord = 16 << 10;

/// Of TLS 1.3, as RFC 8446 9.1 wants them.
constexpr const char* kSuites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;

std::string latest_error() {
    const unsigned long code = ERR_peek_last_error();
    const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return text == nullptr ? "unknown error" : text;
}

Fault wrong(const std::string& file, std::string_view what) {
    std::string text = file;
    text.append(" ").append(what).append(": ").append(latest_error());
    return {FaultKind::invalid_configuration, std::move(text)};
}

/// A key with a password would have it asked for on the terminal.
int no_password(char*, int, int, void*) {
    return 0;
}

ContextPtr new_context() {
    ContextPtr context(SSL_CTX_new(TLS_method()));
    if (!context) return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_CIPHER_SERVER_PREFERENCE |
                                           SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context.get(), no_password);
    // What a certificate may be used for is judged here, as SIP has a purpose of its own.
    SSL_CTX_set_purpose(context.get(), X509_PURPOSE_ANY);
    return context;
}

Status load_pair(SSL_CTX* context, const TlsPair& pair) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, pair.certificate.c_str()) != 1) {
        return wrong(pair.certificate, "holds no certificate that can be used");
    }
    if (SSL_CTX_use_PrivateKey_file(context, pair.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return wrong(pair.key, "holds no key that can be used with " + pair.certificate);
    }
    return {};
}

/// Who signs the certificates of peers.
Status load_authorities(SSL_CTX* context, const std::string& file) {
    ERR_clear_error();
    if (file.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        ERR_clear_error();
        return {};
    }
    if (SSL_CTX_load_verify_file(context, file.c_str()) == 1) return {};
    return wrong(file, "holds no certificates that can be used");
}

/// What tickets are good for: listeners that ask clients for the same.
std::string session_use(ClientCertificates clients) {
    return "herald " + std::to_string(static_cast<int>(clients));
}

std::int64_t end_of(const X509* certificate) {
    std::tm end{};
    if (certificate == nullptr) return 0;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
    return timegm(&end);
}

/// Whether one of our certificates is what a client that asks for `host` wants. Ours may have
/// wildcards: browsers know them.
bool serves(SSL_CTX* context, const char* host) {
    return X509_check_host(SSL_CTX_get0_certificate(context), host, 0, 0, nullptr) == 1;
}

}  // namespace

/// What OpenSSL calls.
struct TlsSession::Calls {
    static TlsSession& of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, std::size_t room, std::size_t* size) {
        auto& input = of(bio).input_;
        BIO_clear_retry_flags(bio);
        if (input.empty()) return BIO_set_retry_read(bio), 0;
        *size = std::min(room, input.size());
        std::memcpy(into, input.data(), *size);
        input.remove_prefix(*size);
        return 1;
    }
    static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
        std::string* const output = of(bio).output_;
        BIO_clear_retry_flags(bio);
        // Outside of our calls nothing is to be said any more.
        if (output != nullptr) output->append(bytes, size);
        *written = size;
        return 1;
    }
    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

    static const BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const fresh =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes of a stream");
            BIO_meth_set_read_ex(fresh, read);
            BIO_meth_set_write_ex(fresh, write);
            BIO_meth_set_ctrl(fresh, control);
            return fresh;
        }();
        return made;
    }

    static int judge(X509_STORE_CTX* chain, void*) {
        const auto* ssl = static_cast<SSL*>(
            X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
        return static_cast<TlsSession*>(SSL_get_app_data(ssl))->judge(*chain);
    }
};

/// The call that lasts: where it reads from and writes to.
class TlsSession::Window {
public:
    Window(TlsSession& session, std::string_view wire, std::string& out) : session_(session) {
        ERR_clear_error();
        session.input_ = wire;
        session.output_ = &out;
    }
    ~Window() {
        session_.input_ = {};
        session_.output_ = nullptr;
    }
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

private:
    TlsSession& session_;
};

struct TlsContext::State {
    std::vector<ContextPtr> servers;  ///< by pair
    ContextPtr client;
    std::int64_t expires = 0;

    Status add_server(const TlsPair& pair, const std::string& clients_ca);
    Status make_client(const TlsFiles& files);
    static int choose(SSL* ssl, int*, void* state);
};

/// The certificate for the host the client names (RFC 6066 3).
int TlsContext::State::choose(SSL* ssl, int*, void* state) {
    const auto& servers = static_cast<const State*>(state)->servers;
    const char* const host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (host == nullptr || servers.size() == 1) return SSL_TLSEXT_ERR_NOACK;
    for (const ContextPtr& server : servers) {
        if (!serves(server.get(), host)) continue;
        SSL_set_SSL_CTX(ssl, server.get());
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

Status TlsContext::State::add_server(const TlsPair& pair, const std::string& clients_ca) {
    ContextPtr server = new_context();
    if (!server) return Fault{FaultKind::invalid_configuration, latest_error()};
    if (auto loaded = load_pair(server.get(), pair); !loaded) return loaded;
    if (!clients_ca.empty()) {
        if (auto loaded = load_authorities(server.get(), clients_ca); !loaded) return loaded;
        // Tells clients which of their certificates would do.
        SSL_CTX_set_client_CA_list(server.get(), SSL_load_client_CA_file(clients_ca.c_str()));
    }
    SSL_CTX_set_cert_verify_callback(server.get(), TlsSession::Calls::judge, nullptr);
    SSL_CTX_set_tlsext_servername_callback(server.get(), choose);
    SSL_CTX_set_tlsext_servername_arg(server.get(), this);
    // Sessions go on by tickets alone: nothing of one that ended is kept here. Of TLS 1.3 they are
    // given with the first message, not behind the handshake, as a write of their own.
    SSL_CTX_set_session_cache_mode(server.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(server.get(), 0);
    // Of what is good the one with the shorter key schedule first: SHA-256 is done by the CPU.
    SSL_CTX_set_ciphersuites(server.get(), kSuites);
    const std::string use = session_use(ClientCertificates::none);
    SSL_CTX_set_session_id_context(server.get(), reinterpret_cast<const unsigned char*>(use.data()),
                                   static_cast<unsigned>(use.size()));
    const std::int64_t end = end_of(SSL_CTX_get0_certificate(server.get()));
    if (expires == 0 || end < expires) expires = end;
    servers.push_back(std::move(server));
    return {};
}

Status TlsContext::State::make_client(const TlsFiles& files) {
    client = new_context();
    if (!client) return Fault{FaultKind::invalid_configuration, latest_error()};
    if (auto loaded = load_authorities(client.get(), files.peers_ca); !loaded) return loaded;
    // A server that asks who we are is told.
    if (!files.pairs.empty()) {
        if (auto loaded = load_pair(client.get(), files.pairs.front()); !loaded) return loaded;
    }
    if (files.is_old_client) SSL_CTX_set_max_proto_version(client.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(client.get(), TlsSession::Calls::judge, nullptr);
    SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_OFF);
    return {};
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}

TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
    auto state = std::make_unique<State>();
    for (const TlsPair& pair : files.pairs) {
        if (auto added = state->add_server(pair, files.clients_ca); !added) return added.fault();
    }
    if (auto made = state->make_client(files); !made) return made.fault();
    return std::shared_ptr<const TlsContext>(new TlsContext(std::move(state)));
}

bool TlsContext::can_serve() const noexcept {
    return !state_->servers.empty();
}

std::int64_t TlsContext::expires() const noexcept {
    return state_->expires;
}

std::unique_ptr<TlsSession> TlsContext::accept(ClientCertificates clients) const {
    assert(can_serve());
    SSL* const ssl = SSL_new(state_->servers.front().get());
    if (ssl == nullptr) return nullptr;
    SSL_set_accept_state(ssl);
    if (clients != ClientCertificates::none) {
        const int strict =
            clients == ClientCertificates::require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
        SSL_set_verify(ssl, SSL_VERIFY_PEER | strict, nullptr);
        // A ticket of a listener that asks for less does not lead in here.
        const std::string use = session_use(clients);
        SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(use.data()),
                                   static_cast<unsigned>(use.size()));
    }
    return std::unique_ptr<TlsSession>(new TlsSession(shared_from_this(), ssl));
}

std::unique_ptr<TlsSession> TlsContext::connect(std::string_view domain,
                                                const TlsTicket& ticket) const {
    SSL* const ssl = SSL_new(state_->client.get());
    if (ssl == nullptr) return nullptr;
    SSL_set_connect_state(ssl);
    std::unique_ptr<TlsSession> session(new TlsSession(shared_from_this(), ssl));
    session->domain_ = domain;
    // A numeric address is no host name (RFC 6066 3).
    if (!Endpoint::from(domain, 0)) SSL_set_tlsext_host_name(ssl, session->domain_.c_str());
    if (!ticket) return session;
    // A connection that ends without a goodbye takes its own one with it.
    const TlsTicket own(SSL_SESSION_dup(ticket.get()), SSL_SESSION_free);
    SSL_set_session(ssl, own.get());
    return session;
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, ssl_st* ssl)
    : context_(std::move(context)), ssl_(ssl) {
    SSL_set_app_data(ssl_, this);
    BIO* const bio = BIO_new(Calls::method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
}

TlsSession::~TlsSession() {
    SSL_free(ssl_);
}

Status TlsSession::begin(std::string& out) {
    const Window window(*this, {}, out);
    return SSL_is_server(ssl_) == 1 ? Status() : shake_hands();
}

Status TlsSession::receive(std::string_view wire, std::string& plain, std::string& out) {
    const Window window(*this, wire, out);
    if (!is_up_) {
        if (auto done = shake_hands(); !done || !is_up_) return done;
    }
    return read(plain);
}

Status TlsSession::shake_hands() {
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
        is_up_ = true;
        return {};
    }
    if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return {};
    return failure();
}

Status TlsSession::read(std::string& plain) {
    char room[kRecord];
    int size = 0;
    while ((size = SSL_read(ssl_, room, sizeof room)) > 0) {
        plain.append(room, static_cast<std::size_t>(size));
    }
    switch (SSL_get_error(ssl_, size)) {
        case SSL_ERROR_WANT_READ:
            return {};
        case SSL_ERROR_ZERO_RETURN:
            has_ended_ = true;
            return {};
        default:
            return failure();
    }
}

Status TlsSession::send(std::string_view plain, std::string& out) {
    assert(is_up_);
    const Window window(*this, {}, out);
    if (plain.empty()) return {};
    give_ticket();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_, plain.data(), plain.size(), &written) != 1) return failure();
    assert(written == plain.size());
    return {};
}

/// Each connection is good for one that follows it (RFC 8446 4.6.1).
void TlsSession::give_ticket() {
    if (std::exchange(has_given_ticket_, true) || SSL_is_server(ssl_) != 1) return;
    // Leaves with what is written next. TLS 1.2 gave one within the handshake: this does nothing.
    static_cast<void>(SSL_new_session_ticket(ssl_));
}

void TlsSession::end(std::string& out) {
    if (!is_up_ || (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0) return;
    const Window window(*this, {}, out);
    static_cast<void>(SSL_shutdown(ssl_));
}

Fault TlsSession::failure() {
    is_up_ = false;
    const std::string error = latest_error();
    if (why_.empty()) return {FaultKind::malformed, error};
    return {FaultKind::forbidden, why_};
}

bool TlsSession::is_within_record() const noexcept {
    return SSL_has_pending(ssl_) == 1;
}

bool TlsSession::was_resumed() const noexcept {
    return SSL_session_reused(ssl_) == 1;
}

TlsTicket TlsSession::ticket() const {
    SSL_SESSION* const its = SSL_get0_session(ssl_);
    if (its == nullptr || SSL_SESSION_is_resumable(its) != 1) return nullptr;
    return TlsTicket(SSL_SESSION_dup(its), SSL_SESSION_free);
}

bool TlsSession::is_with(std::string_view domain) const {
    if (!is_up_) return !domain_.empty() && base::iequals(domain, domain_);
    const X509* const certificate = SSL_get0_peer_certificate(ssl_);
    return certificate != nullptr && is_for(names_of(*certificate), domain);
}

std::optional<CertificateNames> TlsSession::peer_names() const {
    const X509* const certificate = is_up_ ? SSL_get0_peer_certificate(ssl_) : nullptr;
    if (certificate == nullptr) return std::nullopt;
    return names_of(*certificate);
}

/// The chain as OpenSSL judges it, then what RFC 5922 wants of the certificate at its end. 0: no.
int TlsSession::judge(x509_store_ctx_st& chain) {
    if (X509_verify_cert(&chain) != 1) {
        why_ = X509_verify_cert_error_string(X509_STORE_CTX_get_error(&chain));
        return 0;
    }
    const X509& certificate = *X509_STORE_CTX_get0_cert(&chain);
    if (!may_be_used_for_sip(certificate)) {
        why_ = "the certificate may not be used for SIP";
        X509_STORE_CTX_set_error(&chain, X509_V_ERR_INVALID_PURPOSE);
        return 0;
    }
    if (SSL_is_server(ssl_) == 1) return 1;
    const CertificateNames names = names_of(certificate);
    if (is_for(names, domain_)) return 1;
    why_ = "the certificate is for " + shown(names) + ", not for " + domain_;
    X509_STORE_CTX_set_error(&chain, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

}  // namespace herald::sip
