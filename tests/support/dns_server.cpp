// tests/support/dns_server.cpp: a DNS server on loopback with a table for its zone (RFC 1035, 2782,
// 2915).
#include "tests/support/dns_server.h"

#include <cassert>
#include <cstdlib>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace herald::support {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint8_t kResponse = 0x84;  // QR, AA
constexpr std::uint8_t kTruncated = 0x02;
constexpr std::uint8_t kServerFailure = 2, kNameError = 3, kNotImplemented = 4;
constexpr std::uint32_t kTimeToLive = 60;

void append_u16(std::string& out, std::uint16_t number) {
    out += static_cast<char>(number >> 8);
    out += static_cast<char>(number);
}

std::uint16_t read_u16(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
}

/// A character-string: one byte of length, then the bytes.
std::string counted(std::string_view text) {
    return std::string(1, static_cast<char>(text.size())).append(text);
}

/// "." and "" are the root.
std::string encoded_name(std::string_view name) {
    std::string encoded;
    while (!name.empty()) {
        const base::Split split = base::split_once(name, '.');
        if (!split.before.empty()) encoded += counted(split.before);
        name = split.after;
    }
    return encoded + '\0';
}

struct Question {
    std::string name;  ///< lower case, no trailing dot
    DnsType type;
    std::string_view bytes;  ///< the question section, to be echoed
};

std::optional<Question> read_question(std::string_view query) {
    if (query.size() < kHeaderBytes || read_u16(query, 4) != 1) return std::nullopt;
    std::string name;
    std::size_t at = kHeaderBytes;
    while (at < query.size() && query[at] != '\0') {
        const auto size = static_cast<unsigned char>(query[at]);
        if (size > 63 || at + 1 + size > query.size()) return std::nullopt;
        if (!name.empty()) name += '.';
        name.append(query, at + 1, size);
        at += 1 + size;
    }
    if (at + 5 > query.size()) return std::nullopt;
    const auto type = static_cast<DnsType>(read_u16(query, at + 1));
    return Question{base::lower(name), type, query.substr(kHeaderBytes, at + 5 - kHeaderBytes)};
}

std::string_view name_of(DnsType type) {
    switch (type) {
        case DnsType::a:
            return "A";
        case DnsType::cname:
            return "CNAME";
        case DnsType::aaaa:
            return "AAAA";
        case DnsType::srv:
            return "SRV";
        case DnsType::naptr:
            return "NAPTR";
    }
    return "?";
}

void append_record(std::string& out, std::string_view name, DnsType type, std::string_view data) {
    out += encoded_name(name);
    append_u16(out, static_cast<std::uint16_t>(type));
    append_u16(out, 1);  // IN
    append_u16(out, kTimeToLive >> 16);
    append_u16(out, kTimeToLive & 0xffff);
    append_u16(out, static_cast<std::uint16_t>(data.size()));
    out += data;
}

std::string packed_address(int family, const std::string& address, std::size_t size) {
    std::string packed(size, '\0');
    if (inet_pton(family, address.c_str(), packed.data()) != 1) std::abort();
    return packed;
}

/// The target as text, from the rdata of a CNAME.
std::string decoded_name(std::string_view encoded) {
    std::string name;
    for (std::size_t at = 0; at < encoded.size() && encoded[at] != '\0';) {
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(encoded[at]));
        if (!name.empty()) name += '.';
        name += encoded.substr(at + 1, size);
        at += 1 + size;
    }
    return base::lower(name);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

int bound_socket(int type, std::uint16_t port) {
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
    return ntohs(address.sin_port);
}

}  // namespace

DnsServer::DnsServer(base::Loop& loop) : loop_(loop) {
    // Both protocols must share a port that the kernel chose for one of them.
    for (int attempt = 0; attempt < 100 && tcp_ < 0; ++attempt) {
        if (udp_ >= 0) close(udp_);
        udp_ = bound_socket(SOCK_DGRAM, 0);
        if (udp_ < 0) continue;
        port_ = port_of(udp_);
        tcp_ = bound_socket(SOCK_STREAM, port_);
    }
    if (tcp_ < 0 || listen(tcp_, SOMAXCONN) != 0) std::abort();
    const auto udp = loop_.watch(udp_, EPOLLIN, [this](std::uint32_t) { on_datagram(); });
    const auto tcp = loop_.watch(tcp_, EPOLLIN, [this](std::uint32_t) { on_connection(); });
    if (!udp || !tcp) std::abort();
}

DnsServer::~DnsServer() {
    while (!streams_.empty()) hang_up(streams_.begin()->first);
    for (const int fd : {udp_, tcp_}) {
        loop_.unwatch(fd);
        close(fd);
    }
}

std::string DnsServer::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

void DnsServer::add_a(const std::string& name, const std::string& address) {
    records_[{base::lower(name), DnsType::a}].push_back(packed_address(AF_INET, address, 4));
}

void DnsServer::add_aaaa(const std::string& name, const std::string& address) {
    records_[{base::lower(name), DnsType::aaaa}].push_back(packed_address(AF_INET6, address, 16));
}

void DnsServer::add_cname(const std::string& name, const std::string& target) {
    records_[{base::lower(name), DnsType::cname}] = {encoded_name(target)};
}

void DnsServer::add_srv(const std::string& name, const Srv& srv) {
    std::string data;
    append_u16(data, srv.priority);
    append_u16(data, srv.weight);
    append_u16(data, srv.port);
    data += encoded_name(srv.target);
    records_[{base::lower(name), DnsType::srv}].push_back(std::move(data));
}

void DnsServer::add_naptr(const std::string& name, const Naptr& naptr) {
    std::string data;
    append_u16(data, naptr.order);
    append_u16(data, naptr.preference);
    data += counted(naptr.flags) + counted(naptr.service) + counted("");
    data += encoded_name(naptr.replacement);
    records_[{base::lower(name), DnsType::naptr}].push_back(std::move(data));
}

void DnsServer::on_datagram() {
    char buffer[4096];
    sockaddr_in from{};
    for (;;) {
        socklen_t size = sizeof from;
        auto* const peer = reinterpret_cast<sockaddr*>(&from);
        const ssize_t got = recvfrom(udp_, buffer, sizeof buffer, 0, peer, &size);
        if (got < 0) return;
        const std::string reply = answer({buffer, static_cast<std::size_t>(got)}, false);
        if (!reply.empty()) sendto(udp_, reply.data(), reply.size(), 0, peer, size);
    }
}

void DnsServer::on_connection() {
    const int fd = accept4(tcp_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    streams_[fd];
    if (!loop_.watch(fd, EPOLLIN, [this, fd](std::uint32_t) { on_stream(fd); })) std::abort();
}

void DnsServer::on_stream(int fd) {
    char buffer[4096];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return hang_up(fd);
    std::string& pending = streams_[fd];
    pending.append(buffer, static_cast<std::size_t>(got));
    while (pending.size() >= 2 && pending.size() >= 2U + read_u16(pending, 0)) {
        const std::size_t size = read_u16(pending, 0);
        const std::string reply = answer(std::string_view(pending).substr(2, size), true);
        pending.erase(0, 2 + size);
        if (reply.empty()) continue;
        std::string framed;
        append_u16(framed, static_cast<std::uint16_t>(reply.size()));
        framed += reply;
        send(fd, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
}

void DnsServer::hang_up(int fd) {
    loop_.unwatch(fd);
    close(fd);
    streams_.erase(fd);
}

DnsServer::Manner DnsServer::manner_for(DnsType type) const {
    const auto found = manners_.find(type);
    return found == manners_.end() ? manner_ : found->second;
}

bool DnsServer::exists(const std::string& name) const {
    const std::string below = "." + name;
    for (const auto& [key, data] : records_) {
        const std::string& known = key.first;
        if (known == name) return true;
        if (known.size() > below.size() &&
            known.compare(known.size() - below.size(), below.size(), below) == 0) {
            return true;
        }
    }
    return false;
}

/// Empty where the question is not to be answered.
std::string DnsServer::answer(std::string_view query, bool is_stream) {
    const auto question = read_question(query);
    if (!question) return {};
    questions_.push_back(std::string(name_of(question->type)) + (is_stream ? "/TCP " : " ") +
                         question->name);
    const Manner manner = manner_for(question->type);
    if (manner == Manner::is_silent) return {};
    if (manner == Manner::babbles) return std::string(query.substr(0, 2)) + "\x84";

    std::uint16_t count = 0;
    std::string records, name = question->name;
    const auto alias = records_.find({name, DnsType::cname});
    if (alias != records_.end()) {
        append_record(records, name, DnsType::cname, alias->second.front());
        name = decoded_name(alias->second.front());
        ++count;
    }
    const auto found = records_.find({name, question->type});
    if (found != records_.end()) {
        for (const std::string& data : found->second) {
            append_record(records, name, question->type, data);
            ++count;
        }
    }
    const bool is_cut = manner == Manner::truncates && !is_stream;
    const bool has_records = manner != Manner::fails && manner != Manner::refuses && !is_cut;
    const std::uint8_t code = manner == Manner::fails     ? kServerFailure
                              : manner == Manner::refuses ? kNotImplemented
                              : exists(question->name)    ? 0
                                                          : kNameError;
    std::string reply(query.substr(0, 2));
    reply += static_cast<char>(kResponse | (is_cut ? kTruncated : 0));
    reply += static_cast<char>(code);
    append_u16(reply, 1);
    append_u16(reply, has_records ? count : 0);
    append_u16(reply, 0);
    append_u16(reply, 0);
    reply += question->bytes;
    if (has_records) reply += records;
    return reply;
}

}  // namespace herald::support
