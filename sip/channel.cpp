// sip/channel.cpp: what lies between the socket of a stream and its messages.
#include "sip/channel.h"

#include <utility>

namespace herald::sip {
namespace {

/// What OpenSSL keeps for a handshake, and for a record that is not whole.
constexpr std::size_t kHandshakeRoom = 8 << 10;
constexpr std::size_t kRecordRoom = 17 << 10;
/// RFC 6455 7.4.1: going away.
constexpr std::uint16_t kGoingAway = 1001;

}  // namespace

Status Channel::receive(std::string_view wire, std::string& room, std::string& out) {
    Status received;
    std::string_view plain = wire;
    if (session_) {
        room.clear();
        received = session_->receive(wire, room, out);
        plain = room;
    }
    web_ ? web_->append(plain) : framer_.append(plain);
    return received;
}

std::optional<StreamEvent> Channel::next(std::string& out) {
    return web_ ? web_->next(below(out)) : framer_.next();
}

void Channel::send(std::string_view message, std::string& out) {
    if (web_) return WebSocket::append_frame(below(out), message);
    below(out) += message;
}

Status Channel::flush(std::string& out) {
    if (waiting_.empty() || !session_->is_up()) return {};
    const std::string plain = std::exchange(waiting_, {});
    return session_->send(plain, out);
}

void Channel::end(std::string& out) {
    if (web_) web_->end(kGoingAway, below(out));
    if (!session_ || !flush(out)) return;
    session_->end(out);
}

bool Channel::is_partial() const noexcept {
    const bool is_within = web_ ? web_->is_partial() : framer_.is_partial();
    return is_within || (session_ && session_->is_within_record());
}

std::size_t Channel::held() const noexcept {
    if (!is_secured()) return kHandshakeRoom;
    std::size_t held = session_ && session_->is_within_record() ? kRecordRoom : 0;
    if (web_ && web_->is_partial()) held += web_->memory();
    if (!web_ && framer_.is_partial()) held += framer_.memory();
    return held;
}

}  // namespace herald::sip
