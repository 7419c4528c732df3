// sip/tls.h: TLS 1.2 and 1.3 between the bytes of a socket and those of its stream (RFC 8446, 5246;
// in SIP RFC 3261 26.3, 5922).
//
// A session has no socket: it is given what was read, and says what is to be written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sip/certificate.h"

struct bio_st;
struct ssl_session_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace herald::sip {

/// PEM files: a certificate with the chain that leads to its root, and its key.
struct TlsPair {
    std::string certificate, key;
};

/// Whether a listener wants to know its clients by a certificate.
enum class ClientCertificates : std::uint8_t {
    none,
    ask,      ///< one that is shown must be good; none is none
    require,  ///< no certificate, no connection
};

struct TlsFiles {
    std::vector<TlsPair> pairs;  ///< the first is for clients that name no host of the others
    std::string peers_ca;        ///< vouches for those we connect to; empty: the system's
    std::string clients_ca;      ///< vouches for those who connect to us; empty: nobody does
    bool is_old_client = false;  ///< speaks no TLS 1.3 with those we connect to
};

class TlsSession;

/// What a client shows to begin again where it left off (RFC 5077, RFC 8446 2.2); any thread.
using TlsTicket = std::shared_ptr<ssl_session_st>;

/// Certificates and keys as they were read: never changes, any thread. Sessions keep the one they
/// began with.
class TlsContext : public std::enable_shared_from_this<TlsContext> {
public:
    /// Reads all files. Faults: invalid_configuration, which names the file and what is wrong.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
    ~TlsContext();

    /// Whether there is a certificate to show.
    bool can_serve() const noexcept;
    /// The end of the first certificate to expire, in seconds since 1970; 0: there is none.
    std::int64_t expires() const noexcept;

    /// A session with who connected; only where can_serve().
    std::unique_ptr<TlsSession> accept(ClientCertificates clients) const;
    /// A session with `domain`, who must prove to be that (RFC 5922 7.2): the host of the URI that
    /// led there, before anything was looked up. `ticket` is of an earlier session with it: the
    /// server may take it, or not.
    std::unique_ptr<TlsSession> connect(std::string_view domain,
                                        const TlsTicket& ticket = nullptr) const;

private:
    friend class TlsSession;
    struct State;
    explicit TlsContext(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// One connection's side of it. `out` is appended to throughout: it is what goes to the peer, also
/// where a Fault is returned, for it tells the peer why.
class TlsSession {
public:
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Begins the handshake, where that is for us to do. Faults: as receive().
    Status begin(std::string& out);
    /// Takes what was read, whole: appends what it carries to `plain`. Faults: malformed (no TLS,
    /// or broken), forbidden (the certificate is not good enough): the session is over.
    Status receive(std::string_view wire, std::string& plain, std::string& out);
    /// Only where is_up(). Faults: as receive().
    Status send(std::string_view plain, std::string& out);
    /// Says goodbye (close_notify).
    void end(std::string& out);

    /// The handshake is done.
    bool is_up() const noexcept { return is_up_; }
    /// The peer said goodbye.
    bool has_ended() const noexcept { return has_ended_; }
    /// Holds part of a record.
    bool is_within_record() const noexcept;
    /// The handshake was a short one, by a ticket.
    bool was_resumed() const noexcept;
    /// What the server gave to come again with; null: nothing yet. With TLS 1.3 it comes with the
    /// first message, or behind the handshake.
    TlsTicket ticket() const;
    /// Who the peer is to prove to be; empty: it connected to us.
    std::string_view domain() const noexcept { return domain_; }
    /// Whether the peer proved to be `domain`, or is about to.
    bool is_with(std::string_view domain) const;
    /// Whom the certificate names that the peer proved to hold; nullopt: it showed none.
    std::optional<CertificateNames> peer_names() const;

private:
    friend class TlsContext;
    class Window;
    struct Calls;
    TlsSession(std::shared_ptr<const TlsContext> context, ssl_st* ssl);

    Status shake_hands();
    Status read(std::string& plain);
    void give_ticket();
    Fault failure();
    int judge(x509_store_ctx_st& chain);

    const std::shared_ptr<const TlsContext> context_;
    ssl_st* const ssl_;
    std::string domain_;             ///< of the peer, where we connect
    std::string_view input_;         ///< while a call lasts
    std::string* output_ = nullptr;  ///< likewise
    std::string why_;                ///< the certificate was refused
    bool is_up_ = false;
    bool has_ended_ = false;
    bool has_given_ticket_ = false;
};

}  // namespace herald::sip
