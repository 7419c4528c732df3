// sip/resolver.h: single questions to DNS on a loop, by c-ares.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/task.h"
#include "sip/endpoint.h"
#include "sip/locate_plan.h"

namespace herald::sip {

/// What became of a question. `no_data`: the name exists, but no such record.
enum class DnsOutcome : unsigned char { found, no_data, no_name, timeout, failed };

template <class Record>
struct DnsAnswer {
    DnsOutcome outcome = DnsOutcome::failed;
    std::vector<Record> records;  ///< not empty where found
};

/// Asks the DNS servers of `LocatorOptions`. Answers come on the loop, later, never from within;
/// /etc/hosts counts for addresses. Names are taken as they are: no search domains.
class Resolver {
public:
    template <class Record>
    using Done = base::Task<void(DnsAnswer<Record>)>;

    /// `loop` must outlive the resolver.
    Resolver(base::Loop& loop, const LocatorOptions& options);
    /// Destroys what still waits, uncalled.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    void naptr(const std::string& name, Done<NaptrRecord> done);
    void srv(const std::string& name, Done<SrvRecord> done);
    /// A and AAAA in the order of RFC 6724, port 0.
    void addresses(const std::string& host, Done<Endpoint> done);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace herald::sip
