// tests/conformance/actor.h: a user agent of a story: what it sends, what came, the dialogs it is
// in.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "sip/digest.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "tests/conformance/draft.h"

namespace herald::conformance {

/// A message that came, with the flow it came on.
struct Received {
    std::string bytes;
    sip::Flow flow;
    base::Instant at;
    std::shared_ptr<const sip::OwnedMessage> message;

    const sip::Message& operator*() const { return **message; }
    const sip::Message* operator->() const { return &**message; }
};

/// Knows RFC 3261 and RFC 6665 from the subscriber's side; has no timers and no will of its own.
class Actor {
public:
    Actor(std::string name, std::string host);

    std::string name, aor;
    std::string username, password;  ///< for challenges
    sip::Endpoint at;
    sip::Protocol protocol = sip::Protocol::udp;
    std::optional<sip::Flow> flow;  ///< of a stream that is open
    std::deque<Received> inbox;
    Actor* stands_for = nullptr;  ///< whose dialogs its NOTIFYs are in: another place of that one

    Draft request(std::string_view method, std::string_view uri);
    /// Faults: not_found (there is no dialog).
    Result<Draft> in_dialog(std::string_view method);
    /// The last request once more with credentials for the challenge last received. Faults:
    /// unauthenticated (it cannot be answered).
    Result<Draft> authenticated();
    /// Credentials under the challenges known, before anybody asks. Faults: unauthenticated (none
    /// is).
    Status sign(Draft& draft);
    /// The last request by another way: a new branch, everything else the same. Its bytes.
    std::string by_another_way();

    void sent(const Draft& draft, std::string bytes);
    void sent_raw(std::string bytes);
    const std::string& last_bytes() const { return last_bytes_; }

    /// False: a copy of something that came before.
    bool is_new(const Received& message);
    /// How often the last NOTIFY came.
    unsigned copies() const { return copies_; }

    /// What is wrong with this request from the server; empty: nothing. Takes it as the one to
    /// answer.
    std::string take_request(const Received& message);
    void take_response(const Received& received);
    const std::optional<Received>& unanswered() const { return unanswered_; }
    /// An answer to the request last taken, which is answered once it is no 1xx.
    Draft answer(std::string_view status);

private:
    struct Dialog {
        std::string call_id, local_tag, remote_tag, local, remote, remote_target, event;
        std::vector<std::string> routes;
        std::uint32_t cseq = 0, notify_cseq = 0;
    };

    Dialog* dialog_of(const sip::Message& request);
    std::string via() const;
    std::string contact() const;
    void add_basics(Draft& draft, const std::string& from, const std::string& to,
                    const std::string& call_id, std::uint32_t cseq, std::string_view method);
    std::string complaint_about(const sip::Message& notify, Dialog& dialog);
    static std::string complaint_about(const sip::Message& notify);

    std::vector<Dialog> dialogs_;  ///< the last one is the current one
    std::optional<Draft> last_;
    std::string last_bytes_;
    std::optional<Received> unanswered_;
    std::optional<Received> last_response_;
    std::set<std::string> branches_;
    unsigned copies_ = 0;
    std::unique_ptr<sip::DigestClient> digest_;
};

}  // namespace herald::conformance
