// tests/unit/sip/stun_test.cpp: keep-alives by UDP: what is answered, and that nobody is flooded.
#include "sip/stun.h"

#include <string>

#include <doctest/doctest.h>

#include "base/text.h"

namespace herald::sip::stun_test {
namespace {

/// The request and the addresses of RFC 5769 2.2 and 2.3.
const std::string kTransaction = *base::from_hex("b7e7a701bc34d686fa87dfae");

std::string request(const std::string& attributes = {}, const std::string& type = "0001") {
    std::string out = *base::from_hex(type);
    out += static_cast<char>(attributes.size() >> 8);
    out += static_cast<char>(attributes.size() & 0xFF);
    return out + *base::from_hex("2112a442") + kTransaction + attributes;
}

std::string attribute(const std::string& type, const std::string& value) {
    std::string out = *base::from_hex(type);
    out += static_cast<char>(value.size() >> 8);
    out += static_cast<char>(value.size() & 0xFF);
    out += value;
    out.append((4 - value.size() % 4) % 4, '\0');
    return out;
}

const Endpoint kFour = *Endpoint::from("192.0.2.1", 32853);
const Endpoint kSix = *Endpoint::from("2001:db8:1234:5678:11:2233:4455:6677", 32853);

}  // namespace

TEST_CASE("RFC 5389 15.2: a Binding request is answered with where it came from") {
    CHECK(stun_answer(request(), kFour) == *base::from_hex("0101000c2112a442") + kTransaction +
                                               *base::from_hex("002000080001a147e112a643"));
    CHECK(stun_answer(request(), kSix) ==
          *base::from_hex("010100182112a442") + kTransaction +
              *base::from_hex("002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"));
}

TEST_CASE("RFC 5389 7.3.1: attributes that need not be understood are not; others are refused") {
    CHECK(stun_answer(request(attribute("8022", "a client")), kFour)->substr(0, 2) ==
          *base::from_hex("0101"));
    CHECK(stun_answer(request(attribute("0006", "bob") + attribute("8022", "x")), kFour) ==
          *base::from_hex("011100102112a442") + kTransaction +
              *base::from_hex("0009000400000414000a000200060000"));
}

TEST_CASE("what is no Binding request, or broken, is not answered") {
    for (const auto& text :
         {std::string(), request().substr(0, 19), request() + "abcd", request({}, "0101"),
          request({}, "0003"), request({}, "0011"), request(std::string("\0\6\0\1", 4)),
          request(attribute("8022", "x")).substr(0, 26), std::string(20, '\0'),
          "\x01" + request().substr(1)}) {
        CAPTURE(base::to_hex(text));
        CHECK_FALSE(stun_answer(text, kFour));
    }
}

TEST_CASE("an answer is less than three times its request, and never more than 64 bytes") {
    std::string many;
    for (int i = 0; i < 20; ++i) many += attribute("0006", "");
    for (const auto& text : {request(), request(attribute("0006", "")), request(many)}) {
        for (const auto& source : {kFour, kSix}) {
            const auto answer = stun_answer(text, source);
            REQUIRE(answer);
            CHECK(answer->size() < 3 * text.size());
            CHECK(answer->size() <= 64);
        }
    }
}

TEST_CASE("RFC 5389 16.1.2: one source gets so many answers, and does not take those of others") {
    base::ManualClock clock;
    base::Metrics metrics;
    StunAnswers answers(metrics);
    const auto answered = [&](const Endpoint& source, int times) {
        int count = 0;
        for (int i = 0; i < times; ++i)
            count += answers.answer(request(), source, clock.now()) ? 1 : 0;
        return count;
    };
    CHECK(answered(kFour, 2000) == 500);
    CHECK(answered(kSix, 10) == 10);
    clock.advance(std::chrono::seconds(1));
    CHECK(answered(kFour, 2000) == 50);
}

}  // namespace herald::sip::stun_test
