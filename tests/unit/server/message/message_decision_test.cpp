// tests/unit/server/message/message_decision_test.cpp: what to do with a MESSAGE, rule by rule.
#include "server/message/message_decision.h"

#include <doctest/doctest.h>

#include "server/core/answers.h"
#include "tests/unit/server/sample.h"

namespace herald::server::message_decision_test {
namespace {

using testing::Request;
using Operation = MessageOperation;

/// alice, known, not there, with room.
struct Bench {
    std::vector<std::string> types;
    Identity sender;
    MessageRules rules{.types = types};
    Recipient recipient = Recipient::user;
    std::size_t devices = 0;
    bool is_repetition = false, is_delivering = false, has_room = true, is_composing = false,
         is_expired = false, has_looped = false;
    std::uint32_t wait = 0, breadth = 60;

    MessageFacts facts(const Request& request) const {
        return {.request = *request,
                .sender = sender,
                .recipient = recipient,
                .devices = devices,
                .is_repetition = is_repetition,
                .is_delivering = is_delivering,
                .has_room = has_room,
                .is_composing = is_composing,
                .is_expired = is_expired,
                .has_looped = has_looped,
                .wait = wait,
                .breadth = breadth,
                .type = message_type(*request),
                .rules = rules};
    }
    /// The status of the refusal, or 1000 and the operation.
    int operator()(std::string_view lines = "\n\nhello") const {
        const Request request("MESSAGE", lines);
        return said(decide_message(facts(request)));
    }
    int undelivered(int status, std::string_view lines = "\n\nhello") const {
        const Request request("MESSAGE", lines);
        return said(decide_undelivered(facts(request), answer(status)));
    }
    static int said(const std::variant<Operation, sip::Answer>& decision) {
        const auto* operation = std::get_if<Operation>(&decision);
        return operation ? 1000 + static_cast<int>(*operation)
                         : std::get<sip::Answer>(decision).status;
    }
};

constexpr int operator+(Operation operation) {
    return 1000 + static_cast<int>(operation);
}

TEST_CASE("RFC 3428 7: who is there gets it, for who is not it is kept") {
    Bench bench;
    CHECK(bench() == +Operation::store);
    bench.devices = 2;
    CHECK(bench() == +Operation::relay);
    bench.is_delivering = true;
    CHECK(bench() == +Operation::store);
    bench.has_room = false;
    CHECK(bench() == +Operation::relay);
    bench.devices = 0;
    CHECK(bench() == 480);
    bench.has_room = true;
    bench.rules.stores = false;
    CHECK(bench() == 480);
}

TEST_CASE("RFC 5627 6.1: for one device nothing is kept") {
    Bench bench;
    bench.recipient = Recipient::device;
    CHECK(bench() == 480);
    CHECK(bench.undelivered(408) == 480);
    CHECK(bench.undelivered(404) == 404);
    bench.devices = 1;
    CHECK(bench() == +Operation::relay);
    bench.recipient = Recipient::nobody;
    CHECK(bench() == 404);
}

TEST_CASE("RFC 3994 4: who is typing is told to who is there, and forgotten else") {
    Bench bench;
    bench.is_composing = true;
    CHECK(bench() == +Operation::drop);
    bench.devices = 1;
    bench.is_delivering = true;
    CHECK(bench() == +Operation::relay);
    CHECK(bench.undelivered(480) == +Operation::drop);
}

TEST_CASE("the order of the checks: repetition, user, rate, body, time") {
    Bench bench;
    bench.is_repetition = true;
    bench.recipient = Recipient::nobody;
    CHECK(bench() == +Operation::repeat);
    bench.is_repetition = false;
    bench.wait = 7;
    CHECK(bench() == 404);
    bench.recipient = Recipient::user;
    bench.rules.max_body = 4;
    bench.is_expired = true;
    const Request request("MESSAGE", "\n\nhello");
    const auto refusal = std::get<sip::Answer>(decide_message(bench.facts(request)));
    CHECK(refusal.status == 480);
    CHECK(refusal.retry_after == 7);
    bench.wait = 0;
    CHECK(bench() == 413);
    bench.rules.max_body = 20;
    CHECK(bench() == +Operation::expire);
    bench.is_expired = false;
    CHECK(bench() == +Operation::store);
}

TEST_CASE("RFC 3261 16.3: what is checked before a request is sent on, and not before it is kept") {
    Bench bench;
    bench.devices = 3;
    CHECK(bench("Max-Forwards: 0\n\nx") == 483);
    CHECK(bench("Max-Forwards: 1\n\nx") == +Operation::relay);
    CHECK(bench("Proxy-Require: a\n\nx") == 420);
    CHECK(bench("Require: a\n\nx") == +Operation::relay);
    bench.breadth = 2;
    CHECK(bench() == 440);
    bench.breadth = 3;
    bench.has_looped = true;
    CHECK(bench() == 482);
    bench.devices = 0;
    CHECK(bench("Max-Forwards: 0\n\nx") == +Operation::store);
    CHECK(bench("Proxy-Require: a\n\nx") == +Operation::store);
    CHECK(bench("Require: a\n\nx") == 420);
}

TEST_CASE("RFC 3428 9: a type that is not taken is 415; no type is text/plain") {
    Bench bench;
    bench.types = {"text/*", "message/cpim"};
    CHECK(bench("Content-Type: TEXT/html;charset=x\n\nx") == +Operation::store);
    CHECK(bench("Content-Type: message/CPIM\n\nx") == +Operation::store);
    CHECK(bench("Content-Type: message/imdn+xml\n\nx") == 415);
    CHECK(bench("Content-Type: textual/plain\n\nx") == 415);
    CHECK(bench() == +Operation::store);
    const Request request("MESSAGE", "Content-Type: image/png\n\nx");
    const auto refusal = std::get<sip::Answer>(decide_message(bench.facts(request)));
    CHECK(refusal.headers == "Accept: text/*, message/cpim\r\n");
}

TEST_CASE("RFC 3428 11: only who proved to be one of ours may write to other domains") {
    Bench bench;
    bench.recipient = Recipient::foreign;
    CHECK(bench() == 404);
    bench.rules.has_foreign = true;
    CHECK(bench() == 403);
    bench.sender.account =
        std::make_shared<const store::Account>(testing::account("sip:bob@example.com"));
    bench.sender.is_open = true;
    CHECK(bench() == 403);
    bench.sender.is_open = false;
    CHECK(bench() == +Operation::forward);
    CHECK(bench("Max-Forwards: 0\n\nx") == 483);
}

TEST_CASE("RFC 3428 7: absence is kept for later, a refusal is handed back") {
    const Bench bench;
    for (const int status : {404, 408, 430, 480})
        CHECK(bench.undelivered(status) == +Operation::store);
    for (const int status : {302, 403, 415, 486, 500, 513, 603})
        CHECK(bench.undelivered(status) == status);
    Bench full;
    full.has_room = false;
    CHECK(full.undelivered(408) == 480);
}

TEST_CASE("clients that take 202 for a failure may be told 200") {
    Bench bench;
    CHECK(accepted(bench.rules).status == 202);
    bench.rules.stored_is_200 = true;
    CHECK(accepted(bench.rules).status == 200);
}

}  // namespace
}  // namespace herald::server::message_decision_test
