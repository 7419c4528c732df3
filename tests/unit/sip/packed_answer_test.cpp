// tests/unit/sip/packed_answer_test.cpp: what is packed comes out the same, and small.
#include "sip/packed_answer.h"

#include <string>

#include <doctest/doctest.h>

namespace herald::sip::packed_answer_test {
namespace {

void check_survives(const Answer& answer) {
    std::string bytes;
    pack(answer, bytes);
    const Answer again = unpack(bytes);
    CHECK(again.status == answer.status);
    CHECK(again.reason == answer.reason);
    CHECK(again.to_tag == answer.to_tag);
    CHECK(again.is_tagless == answer.is_tagless);
    CHECK(again.expires == answer.expires);
    CHECK(again.min_expires == answer.min_expires);
    CHECK(again.retry_after == answer.retry_after);
    CHECK(again.entity_tag == answer.entity_tag);
    CHECK(again.with_contact == answer.with_contact);
    CHECK(again.with_record_route == answer.with_record_route);
    CHECK(again.headers == answer.headers);
    CHECK(again.content_type == answer.content_type);
    CHECK(again.body == answer.body);
}

}  // namespace

TEST_CASE("an answer survives packing with each of its parts, none and all") {
    check_survives({});
    check_survives({.status = 699, .reason = "Because"});
    check_survives({.status = 200, .to_tag = "tag"});
    check_survives({.status = 200, .is_tagless = true});
    check_survives({.status = 200, .expires = 0});
    check_survives({.status = 423, .min_expires = UINT32_MAX});
    check_survives({.status = 503, .retry_after = 127});
    check_survives({.status = 200, .entity_tag = "dx200xyz"});
    check_survives({.status = 200, .with_contact = true});
    check_survives({.status = 200, .with_record_route = true});
    check_survives({.status = 405, .headers = "Allow: SUBSCRIBE\r\nSupported: path\r\n"});
    check_survives({.status = 200, .content_type = "text/plain"});
    check_survives({.status = 200, .body = std::string(70'000, 'x') + '\0'});
    check_survives({.status = 200,
                    .reason = "Fine",
                    .to_tag = "t",
                    .is_tagless = true,
                    .expires = 128,
                    .min_expires = 300,
                    .retry_after = 16384,
                    .entity_tag = "e",
                    .with_contact = true,
                    .with_record_route = true,
                    .headers = "A: b\r\n",
                    .content_type = "a/b",
                    .body = "c"});
}

TEST_CASE("the answer to a SUBSCRIBE packs into 25 bytes") {
    std::string bytes;

    pack({.status = 200, .to_tag = "0123456789abcdefghi", .expires = 3600, .with_contact = true},
         bytes);

    CHECK(bytes.size() == 25);
}

}  // namespace herald::sip::packed_answer_test
