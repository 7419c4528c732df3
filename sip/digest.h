// sip/digest.h: digest authentication, both sides (RFC 7616, 8760; RFC 3261 22).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "sip/endpoint.h"
#include "sip/fields.h"
#include "sip/message.h"

namespace herald::sip {

enum class DigestAlgorithm : std::uint8_t { md5, sha256, sha512_256 };
constexpr std::size_t kDigestAlgorithms = 3;
std::string_view name_of(DigestAlgorithm algorithm) noexcept;  ///< "SHA-512-256"
/// Any case, without "-sess".
std::optional<DigestAlgorithm> digest_algorithm_of(std::string_view name) noexcept;

/// An algorithm parameter: "SHA-256", "MD5-sess".
struct DigestVariant {
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool is_session = false;
};
/// Any case; nullopt for what is not known here.
std::optional<DigestVariant> digest_variant_of(std::string_view parameter) noexcept;
/// Lower-case hex of the hash; empty where the OpenSSL at hand refuses the algorithm.
std::string digest_hash(DigestAlgorithm algorithm, std::string_view bytes);
/// HA1 = H(username:realm:password).
std::string digest_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                       std::string_view password);
/// What a client sends in place of its name under userhash=true (RFC 7616 3.4.4):
/// H(username:realm).
std::string digest_userhash(DigestAlgorithm algorithm, std::string_view username,
                            std::string_view realm);

/// Quality of protection; `none` is RFC 2069, without nc and cnonce.
enum class DigestQop : std::uint8_t { none, auth, auth_int };

/// All that goes into a response. Views, each as sent but unquoted.
struct DigestInput {
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool is_session = false;
    DigestQop qop = DigestQop::none;
    std::string_view ha1, method, uri, nonce, nc, cnonce, body;
};
/// The response value, lower-case hex (RFC 7616 3.4.1). An empty method makes it rspauth (3.5).
std::string digest_response(const DigestInput& input);

/// What a server keeps of a user: HA1 per algorithm, never the password.
struct DigestSecrets {
    std::string ha1[kDigestAlgorithms];  ///< by DigestAlgorithm; empty: unknown
};

/// Credentials of a request, checked as far as that is possible without knowing the user.
struct Credentials {
    using Qop = DigestQop;

    std::string username;    ///< username* comes decoded
    bool is_hashed = false;  ///< username is digest_userhash() of the name
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool is_session = false;  ///< -sess
    std::string realm, nonce, uri, response, cnonce, opaque;
    std::string nc_text;
    std::uint32_t nc = 0;
    Qop qop = Qop::none;
};

/// Whose credentials they are.
struct DigestUser {
    DigestSecrets secrets;
    /// One for each account, however its credentials spell it: replay windows are kept by it.
    std::string name;
};

class ReplayLedger;

/// A server's side for one realm: stateless nonces, replay window. One per shard; all shards share
/// the key and the ledger.
class DigestServer {
public:
    struct Options {
        std::string realm;
        std::vector<DigestAlgorithm> algorithms{DigestAlgorithm::sha256,
                                                DigestAlgorithm::md5};  ///< preferred first
        std::chrono::seconds nonce_life{300};
        bool offer_auth_int = true;  ///< qop "auth,auth-int" rather than "auth"
        /// The caller can find users by digest_userhash(). Not offered with MD5, whose clients are
        /// older than it.
        bool offer_userhash = false;
        bool is_proxy = false;        ///< Proxy-Authenticate (407) and Proxy-Authorization
        bool allow_rfc2069 = false;   ///< credentials without qop; replayable for nonce_life
        bool allow_stuck_nc = false;  ///< nc 00000001 again with a fresh cnonce (old phones)
        /// Nonces remembered at most where there is no ledger; the oldest are forgotten (and turn
        /// stale).
        std::size_t replay_windows = 65536;
        /// Shared by all that issue nonces of `run` with the same key; null: one of its own.
        std::shared_ptr<ReplayLedger> ledger;
        /// Names this run of the server. Nonces of another are ours and expired.
        std::uint32_t run = 0;
    };
    /// `clock` must outlive the server.
    DigestServer(Options options, const base::HashKey& key, const base::Clock& clock);
    ~DigestServer();
    DigestServer(const DigestServer&) = delete;
    DigestServer& operator=(const DigestServer&) = delete;

    /// WWW-Authenticate lines, one per algorithm, each ended by CRLF (RFC 8760 2.3). With
    /// `whose`: of the algorithms on offer those it has a secret for, and all where it has none.
    /// `to` is where they are sent.
    std::string challenge(bool is_stale, const DigestSecrets* whose = nullptr,
                          const Endpoint& to = {}) const;
    /// Whether who has these credentials has read the challenge that was sent to `address`.
    bool was_challenged_at(const Credentials& credentials, const Endpoint& address) const;

    /// The credentials for our realm, if any. Other realms and schemes count as none, and so do an
    /// empty response and a nonce that is not ours: nothing is told of what comes with them.
    /// `uri` is not compared with the request: the caller decides whether it names a resource
    /// served here, else 403. Faults: malformed (a mandatory parameter missing or twice, both
    /// username forms, qop not offered or missing).
    Result<std::optional<Credentials>> read(const Message& request) const;

    enum class Verdict : std::uint8_t {
        accepted,
        stale,
        wrong,
        other_algorithm  ///< not checked: of the algorithms on offer the user has others
    };
    /// Checks the response, then the nonce, then nc against the replay window, which is updated
    /// when accepted.
    Verdict verify(const Message& request, const Credentials& credentials, const DigestUser& user);

    /// Whether it is time for another nonce: this one is in the second half of its life, and bound
    /// to no session.
    bool is_ageing(const Credentials& credentials) const;
    /// An Authentication-Info line (RFC 7616 3.5), ended by CRLF, for the 2xx to accepted
    /// credentials. Proves that we know the secret, and hands out the next nonce where this one is
    /// ageing. Empty without qop. `to` is where it is sent.
    std::string authentication_info(const Credentials& credentials, const DigestSecrets& secrets,
                                    std::string_view response_body, const Endpoint& to = {}) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Which challenges a client answers.
struct DigestScope {
    std::string realm;          ///< that alone; empty: any
    bool requires_qop = false;  ///< none of RFC 2069, whose answers can be used again
};

/// A client's side: answers a 401 or 407 with the strongest algorithm offered (RFC 8760 2.4).
/// Remembers one challenge per realm, so a request may satisfy several proxies and the server
/// behind them (RFC 3261 22.3).
class DigestClient {
public:
    DigestClient(std::string username, std::string password, DigestScope scope = {});
    /// Or with HA1s instead of the password.
    DigestClient(std::string username, DigestSecrets secrets);

    /// Takes a challenge; false where it cannot be answered, or the same credentials were just
    /// refused (no `stale=true`).
    bool take(const Message& response);
    /// Complete Authorization or Proxy-Authorization lines, each ended by CRLF, for the retry of
    /// `method` `uri` under the challenges taken.
    std::string sign(std::string_view method, std::string_view uri, std::string_view body);
    /// Both in one; nullopt where there is nothing to retry with.
    std::optional<std::string> answer(const Message& response, std::string_view method,
                                      std::string_view uri, std::string_view body);
    /// The lines for a new request under the challenges known, nullopt if there was none yet.
    std::optional<std::string> next(std::string_view method, std::string_view uri,
                                    std::string_view body);
    /// Tells of a final response that is no challenge: the credentials were good; takes nextnonce
    /// (RFC 7616 3.5).
    void learn(const Message& response);

private:
    struct Challenge {
        std::string realm, nonce, opaque, cnonce;
        DigestAlgorithm algorithm = DigestAlgorithm::md5;
        DigestQop qop = DigestQop::none;
        bool is_session = false, is_proxy = false, is_stale = false;
        bool wants_userhash = false;
        bool has_algorithm = false, has_opaque = false;
        unsigned answers = 0;  ///< in a row, with no other outcome in between
        std::uint32_t nc = 0;
    };

    std::optional<Challenge> challenge_of(const HeaderField& field) const;
    std::vector<Challenge> strongest_of(const Message& response) const;
    bool adopt(Challenge challenge);
    bool has_secret(DigestAlgorithm algorithm) const;
    std::string ha1_for(const Challenge& challenge) const;
    std::string line(Challenge& challenge, std::string_view method, std::string_view uri,
                     std::string_view body) const;

    std::string username_, password_;
    bool has_password_ = false;
    DigestSecrets secrets_;
    DigestScope scope_;
    std::vector<Challenge> challenges_;  ///< one per realm and kind
};

/// `text` as a quoted-string; control characters are left out.
std::string digest_quoted(std::string_view text);

}  // namespace herald::sip
