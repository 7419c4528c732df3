// server/provisioning/device_requests.h: NOTIFYs that tell a registered device to fetch its
// configuration, to start again or to report, outside any dialog.
//
//   send -> binding -> way -> NOTIFY --- 2xx ------------------------> delivered
//              ^                |------- 401, 407 -> NOTIFY, signed --> challenged: that failed
//              |                |------- nobody, once more ----------> unreachable
//              |                +------- any other ------------------> refused
//   registers again <----------------------------------------------------- unreachable
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"
#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/notify_logins.h"
#include "server/provisioning/awaited_devices.h"
#include "server/provisioning/device_logins.h"
#include "server/provisioning/device_request.h"
#include "server/register/bindings.h"
#include "sip/locate.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// Those of one shard, on its thread.
class DeviceRequests final : public Agent, public sip::RequestSource {
public:
    using Done = base::Task<void(const DeviceReport&)>;

    DeviceRequests(Context& context, Bindings& bindings, AwaitedDevices& awaited,
                   const DeviceLogins& device_logins, sip::Locator& locator);

    /// `done` runs once, later, never from within. A device that was unreachable is waited for.
    void send(DeviceRequest request, Done done);

    bool has_flights(Cell cell) const override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return flights_.size(); }

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    struct Flight {
        /// Of what leaves next: the same after a crash, if the request is.
        std::uint64_t next_name(const base::HashKey& key);

        DeviceRequest request;
        Done done;
        std::string request_uri, routes;
        std::string call_id, tag;
        std::string registration;  ///< the one it goes to: Call-ID and CSeq of its REGISTER
        std::string authorization;
        sip::Path path;
        sip::Flow flow;  ///< it went out on
        sip::ClientTransactionId transaction;
        std::uint32_t cseq = 0;
        std::uint32_t departures = 0;
        int status = 0;          ///< of the last way that was tried
        bool is_second = false;  ///< nobody answered the first time
        bool was_challenged = false;
        bool is_switched = false;        ///< on a stream, being too large for UDP
        bool has_left = false;           ///< by this way: what follows are copies
        std::shared_ptr<Credit> credit;  ///< what may go there until somebody answers
    };

    const packages::Binding* binding_of(const DeviceRequest& request) const;
    void learn(const Flight& flight, DeviceVerdict verdict) const;
    void begin(std::uint64_t id);
    void take_next_way(std::uint64_t id);
    void follow(std::uint64_t id, sip::Path::Step step);
    void depart(std::uint64_t id);
    bool sign(std::uint64_t id, const sip::Message& challenge);
    bool is_worth_more(const Flight& flight, DeviceVerdict verdict) const;
    void give_back(std::uint64_t flight);
    void conclude_later(std::uint64_t id, int status);
    void conclude(std::uint64_t id, int status);

    Context& context_;
    Bindings& bindings_;
    AwaitedDevices& awaited_;
    const DeviceLogins& device_logins_;
    sip::Locator& locator_;
    sip::LargeRequests large_;
    NotifyLogins logins_;
    std::unordered_map<std::uint64_t, Flight> flights_;
    std::uint64_t next_flight_ = 1;
    base::Counter& sent_;
};

}  // namespace herald::server
