// tests/support/dns_server.h: a DNS server on loopback with a table for its zone, for tests of
// whoever asks DNS.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"

namespace herald::support {

enum class DnsType : std::uint16_t { a = 1, cname = 5, aaaa = 28, srv = 33, naptr = 35 };

/// Answers on UDP and TCP from `loop`, which must outlive it. A name with any record exists, and so
/// does what lies above it; every other name is NXDOMAIN.
class DnsServer {
public:
    explicit DnsServer(base::Loop& loop);
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;

    /// "127.0.0.1:<port>"
    std::string address() const;

    void add_a(const std::string& name, const std::string& address);
    void add_aaaa(const std::string& name, const std::string& address);
    void add_cname(const std::string& name, const std::string& target);

    struct Srv {
        std::uint16_t priority, weight, port;
        std::string target;
    };
    void add_srv(const std::string& name, const Srv& srv);

    struct Naptr {
        std::uint16_t order, preference;
        std::string flags, service, replacement;
    };
    void add_naptr(const std::string& name, const Naptr& naptr);

    /// How every question is met, or those for one type of record.
    enum class Manner : std::uint8_t {
        answers,
        is_silent,
        fails,      ///< SERVFAIL
        refuses,    ///< NOTIMP, as old servers do for types they do not know
        truncates,  ///< nothing but the TC bit over UDP, everything over TCP
        babbles,    ///< bytes that are no DNS message
    };
    void set_manner(Manner manner) { manner_ = manner; }
    void set_manner(DnsType type, Manner manner) { manners_[type] = manner; }

    /// What was asked so far: "NAPTR example.com", over TCP "NAPTR/TCP example.com".
    const std::vector<std::string>& questions() const noexcept { return questions_; }

private:
    using Key = std::pair<std::string, DnsType>;  ///< name in lower case

    void on_datagram();
    void on_connection();
    void on_stream(int fd);
    void hang_up(int fd);
    std::string answer(std::string_view query, bool is_stream);
    bool exists(const std::string& name) const;
    Manner manner_for(DnsType type) const;

    base::Loop& loop_;
    int udp_ = -1, tcp_ = -1;
    std::uint16_t port_ = 0;
    std::map<Key, std::vector<std::string>> records_;  ///< rdata
    std::map<int, std::string> streams_;               ///< what was read and not yet answered
    std::map<DnsType, Manner> manners_;
    Manner manner_ = Manner::answers;
    std::vector<std::string> questions_;
};

}  // namespace herald::support
