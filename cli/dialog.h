// cli/dialog.h: the dialog a SUBSCRIBE makes, from the subscriber's side (RFC 3261 12, RFC
// 6665 4.4.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/user_agent.h"
#include "sip/dialog_request.h"
#include "sip/message.h"

namespace herald::cli {

class Dialog {
public:
    /// A dialog not yet formed, from `local` to `remote` (URIs), with a Call-ID and tag of its own.
    Dialog(std::string local, std::string remote);

    /// The next request of the dialog, or the first; `headers`, content and Contact are the
    /// caller's.
    OutgoingRequest request(sip::Method method);
    /// The CSeq a finished request ended with.
    void spent(std::uint32_t cseq) noexcept;

    /// Takes tag, target and routes from a 2xx to our request, unless a NOTIFY already gave them
    /// (RFC 6665 4.4.1).
    void learn_from_answer(const sip::Message& response);
    /// Takes them from a NOTIFY for which accepts() held, and its CSeq.
    void learn_from_notify(const sip::Message& notify);

    /// `notify` has this dialog's Call-ID and our tag, and comes from its peer, or, before any
    /// NOTIFY, from anybody.
    bool accepts(const sip::Message& notify) const noexcept;
    /// Its CSeq is not above the last one's: it is late or a repetition (RFC 3261 12.2.2).
    bool is_late(const sip::Message& notify) const noexcept;

    bool is_formed() const noexcept { return !remote_tag_.empty(); }
    bool is_confirmed() const noexcept { return is_confirmed_; }  ///< by a NOTIFY
    const std::string& call_id() const noexcept { return call_id_; }

private:
    void take_routes(const sip::Message& message, sip::RouteOrder order);
    void take_target(const sip::Message& message);

    std::string local_, remote_;
    std::string call_id_, local_tag_, remote_tag_;
    std::string target_;  ///< remote target URI
    std::string routes_;  ///< as sip::read_routes() gives them
    std::uint32_t cseq_ = 0;
    std::uint32_t remote_cseq_ = 0;
    bool is_confirmed_ = false;
};

}  // namespace herald::cli
