// http/api.h: from a request to its answer: route, token, body, handler. Free of sockets.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/metrics.h"
#include "base/time.h"
#include "http/clients.h"
#include "http/conditions.h"
#include "http/exchange.h"
#include "http/hosts.h"
#include "http/origins.h"
#include "http/routes.h"
#include "http/service.h"
#include "http/token_book.h"
#include "http/tokens.h"
#include "sip/address_range.h"

namespace herald::http {

/// Answers requests along the table of routes.
class Api final : public Service {
public:
    /// Who may ask, and how the server is called.
    struct Doors {
        std::vector<server::HttpToken> tokens;
        Hosts hosts{};
        Origins origins{};
        Clients clients{};
        std::vector<sip::AddressRange> trusted_proxies{};
    };
    Api(Context context, Doors doors);

    /// For requests that come from now on; tokens made over HTTP stay. Any thread.
    void open(Doors doors);

    Next next(const Request& request) const override;
    Answer answer(const Request& request, const ReadBody& read) override;
    Answer answer_unreadable(std::string_view why) override;
    Answer answer_other_version(const Request& request) override;
    Answer answer_too_many_streams(const Request& request, TooMany readers) override;
    Answer answer_crowded(const Request& request) override;

private:
    struct Match;
    using DoorsPtr = std::shared_ptr<const Doors>;
    DoorsPtr doors() const;
    std::optional<Holder> holder_of(const Request& request) const;
    std::optional<Answer> refusal(const Request& request, const Match& match) const;
    static std::optional<Answer> refusal_beyond(const Reach& reach, const Match& match);
    std::optional<Answer> refusal_by_alias(const Reach& reach, const Match& match) const;
    Answer answer_matched(const Request& request, const Match& match, const ReadBody& read);
    Result<Answer> carry_out(const Route& route, Call& call);
    /// Reads what the route takes into `call`; the refusal, if it is not that.
    std::optional<Answer> read_body(const Route& route, const ReadBody& read, Call& call) const;
    void count(const std::string& method_sent, std::string_view route, int status,
               base::Duration took);

    Context context_;
    TokenBook tokens_;
    mutable std::mutex doors_mutex_;
    DoorsPtr doors_;
    Conditions conditions_;
    std::mutex mutex_;  ///< counters have one writer at a time, which is any of the pool's threads
    std::map<std::tuple<std::string, std::string, int>, base::Counter*> requests_;
    std::map<std::string, base::Histogram*, std::less<>> seconds_;
};

}  // namespace herald::http
