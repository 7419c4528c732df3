// http/request_reader.h: requests out of the bytes of one connection, one after the other.
//
//   head --whole--> decided --want_body()--> body --whole--> complete --next()--> head
//      \______ not to be read (what it was is known no more) ______/--> refused
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "http/head.h"

namespace herald::http {

class RequestReader {
public:
    enum class Stage : std::uint8_t {
        head,      ///< more of the head is wanted
        decided,   ///< head() is there: want_body(), or answer
        body,      ///< more of the body is wanted
        complete,  ///< take_body()
        refused,   ///< fault() says why; nothing after it can be trusted
    };

    explicit RequestReader(std::size_t max_body) : max_body_(max_body) {}

    /// Where its requests come from.
    void come_from(const sip::Endpoint& its_peer) { peer_ = its_peer; }
    /// Who sends all of its requests.
    void vouch(std::shared_ptr<const sip::CertificateNames> certificate) {
        certificate_ = std::move(certificate);
    }
    /// Takes what came. Beyond a complete request it is kept for the next.
    void feed(std::string_view bytes);
    /// The peer will send no more.
    void end();
    /// Reads the body of head(). Only when decided.
    void want_body();
    /// Begins the next request, with what has come of it. The body of this one must have been read
    /// or be none.
    void next();

    Stage stage() const noexcept { return stage_; }
    bool is_idle() const noexcept { return stage_ == Stage::head && in_.empty(); }
    /// Nothing of the body has come yet.
    bool is_body_awaited() const noexcept {
        return stage_ == Stage::body && in_.empty() && body_.empty();
    }
    /// Empty before there is one.
    const Head& head() const noexcept { return head_; }
    bool has_head() const noexcept { return has_head_; }
    /// Faults of a body: malformed, too_large; of a head: malformed.
    const Fault& fault() const noexcept { return fault_; }
    std::string take_body() noexcept { return std::move(body_); }
    /// Bytes held.
    std::size_t memory() const noexcept { return in_.capacity() + body_.capacity(); }

private:
    enum class Chunk : std::uint8_t { size, data, data_end, trailer };

    std::string_view rest() const noexcept;
    void read();
    void forgive_empty_line();
    void read_head();
    void read_body();
    bool read_chunk();
    bool read_chunk_size();
    bool read_line_end(Chunk then, const char* otherwise);
    void take(std::uint64_t most);
    void refuse(FaultKind kind, std::string why);
    void refuse_too_large();

    std::size_t max_body_;
    Stage stage_ = Stage::head;
    std::string in_;
    std::size_t at_ = 0;        ///< of in_, read
    std::size_t searched_ = 0;  ///< of a head, where it does not end
    bool forgave_ = false;      ///< an empty line before it
    Head head_;
    std::shared_ptr<const sip::CertificateNames> certificate_;
    sip::Endpoint peer_;
    bool has_head_ = false;
    std::string body_;
    Chunk chunk_ = Chunk::size;
    std::uint64_t left_ = 0;  ///< of the body or the chunk
    Fault fault_{FaultKind::malformed, {}};
};

}  // namespace herald::http
