// http/files.h: the files of profiles, as phones fetch them.
//
//   /p/<token>/<name>     the document that the token names, for the device it was made for, until
//                         it expires or the profile changes
//   /0004131234ab.cfg     ... and other paths that provisioning.plain_paths allows: the profile that
//                         the device gets, if it is public, or after HTTP digest with its account
//
// Whatever is wrong with a path is answered 404, and counted. Where some profile is not public, a
// plain path without one is answered as one that is not for who asks: a stranger does not learn
// which devices there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/metrics.h"
#include "base/time.h"
#include "http/file_paths.h"
#include "http/service.h"
#include "packages/profile_link.h"
#include "packages/profile_set.h"
#include "server/access/guesses.h"
#include "server/admin/admin.h"
#include "server/provisioning/profiles.h"
#include "sip/fields.h"
#include "sip/nonce.h"
#include "store/records.h"

namespace herald::http {

/// What became of a request for a file.
enum class FileOutcome : std::uint8_t {
    sent,
    part,  ///< sent, of it
    not_modified,
    unknown_path,   ///< none of ours, or one that tries to be another
    unknown_token,  ///< nobody made it
    expired,
    superseded,    ///< the profile is another by now, or gone
    no_profile,    ///< for this device
    unsafe,        ///< secret, and it would go in clear
    unauthorized,  ///< no login, or not the device's
    refused,       ///< another method; a range that is not there
};
inline constexpr std::size_t kFileOutcomes = 11;

class Files final : public Service {
public:
    struct Setup {
        const server::Profiles& profiles;
        base::HashKey key;                     ///< server::link_key()
        std::vector<std::string> plain_paths;  ///< patterns (file_paths.h)
        bool is_secure = false;  ///< phones reach it by HTTPS only, here or at a proxy in front
        std::string realm;       ///< of accounts
        std::uint32_t run = 0;   ///< of the server: whose nonces are good
    };

    /// `admin`, `metrics` and `clock` outlive it.
    Files(Setup setup, server::Admin& admin, base::Metrics& metrics, const base::Clock& clock);

    Next next(const Request& request) const override;
    Answer answer(const Request& request, const ReadBody& read) override;
    Answer answer_unreadable(std::string_view why) override;
    Answer answer_other_version(const Request& request) override;
    Answer answer_too_many_streams(const Request& request, TooMany readers) override;
    Answer answer_crowded(const Request& request) override;

private:
    /// A document, and for whom.
    struct Wanted {
        packages::ProfileSet::Ptr set;
        packages::ProfilePtr profile;
        std::string file;  ///< empty: the body
        packages::DeviceFacts facts;
    };

    /// Which of a device's users signed a request; nobody, or not rightly: no account.
    struct Signer {
        std::optional<store::Account> account;
        bool is_stale = false;  ///< rightly, with a nonce that is too old
    };

    Answer nothing(FileOutcome why);
    Answer linked(const Request& request, std::string_view path);
    Answer plain(const Request& request, std::string_view path);
    Answer plain_to_signer(const Request& request, std::string file, packages::DeviceFacts facts);
    Answer deliver(const Request& request, const Wanted& wanted);
    Answer withhold(const packages::ProfileSet& set, FileOutcome why);
    Answer challenge(FileOutcome why, bool is_stale = false);
    void count(FileOutcome outcome, std::size_t bytes = 0);
    Signer signer_of(const Request& request, const std::string& device);
    Signer judge(const Request& request, const sip::AuthField& field, const std::string& device);
    std::optional<store::Account> user_of(const std::string& device, std::string_view username);
    std::string entity_tag_of(std::string_view body) const;

    const Setup setup_;
    server::Admin& admin_;
    const base::Clock& clock_;
    const std::vector<PathPattern> patterns_;
    const sip::NonceMint nonces_;
    const base::HashKey tag_key_;  ///< of entity-tags, which anybody may have of any text
    server::Guesses guesses_{std::size_t{1} << 17};
    std::mutex mutex_;  ///< counters have one writer at a time, which is any of several threads
    std::array<base::Counter*, kFileOutcomes> outcomes_{};
    base::Counter& bytes_;
};

}  // namespace herald::http
