// tests/unit/http/fake_requests.h: requests that may come twice, kept in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "server/admin/admin_requests.h"
#include "server/feed/kept_requests.h"
#include "tests/unit/http/fake_admin.h"

namespace herald::http {

class FakeRequests final : public server::RequestAdmin {
public:
    explicit FakeRequests(FakeState& state) : state_(state) {}

    Result<server::RequestStanding> begin(const std::string& name,
                                          const std::string& body) override {
        if (state_.request_fault) return *state_.request_fault;
        auto standing = kept_.standing(name, body, {});
        if (standing.kind == server::RequestStanding::Kind::fresh) {
            kept_.add({.row = ++last_, .name = name, .body = body, .at = {}, .is_under_way = true});
        }
        return standing;
    }
    void answered(const std::string& name, server::GivenAnswer answer, bool is_secret) override {
        state_.secrets += is_secret ? 1 : 0;
        kept_.set_answer(name, std::move(answer));
    }
    void not_done(const std::string& name) override { kept_.remove(name); }
    void leave(const std::string& name) override { kept_.leave(name); }
    void settle_late(const std::string& name, std::optional<server::GivenAnswer> answer) override {
        if (answer) return kept_.set_answer(name, *std::move(answer));
        kept_.remove(name);
    }

private:
    FakeState& state_;
    server::KeptRequests kept_{1 << 20};
    std::uint64_t last_ = 0;
};

}  // namespace herald::http
