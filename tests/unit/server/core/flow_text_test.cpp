// tests/unit/server/core/flow_text_test.cpp: flows as bindings and subscriptions keep them.
#include "server/core/flow_text.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::flow_text_test {
namespace {

TEST_CASE("a stream's flow is good in the run it was made in") {
    sip::Flow flow{.peer = test::endpoint("192.0.2.10", 4000),
                   .protocol = sip::Protocol::tcp,
                   .listener = 1,
                   .shard = 2,
                   .slot = 7,
                   .generation = 9};
    const auto text = binding_flow(flow, 3);
    CHECK(flow_of_binding(text, 3) == flow);
    CHECK_FALSE(flow_of_binding(text, 4));
    CHECK_FALSE(flow_of_binding("tcp 1 192.0.2.10:4000", 3));
    flow.protocol = sip::Protocol::udp;
    flow.shard = 0;
    flow.slot = UINT32_MAX;
    flow.generation = 0;
    CHECK(flow_of_binding(binding_flow(flow, 3), 4) == flow);
    for (const auto bad : {"", "udp", "udp 0", "udp 0 nonsense", "tcp 1 192.0.2.1:1 a b c 3",
                           "tcp 1 192.0.2.1:1 70000 1 1 3"})
        CHECK_MESSAGE(!flow_of_binding(bad, 3), bad);
}

TEST_CASE("a binding's flow has its approach behind it, and no less says how it came") {
    const sip::Flow udp{.peer = test::endpoint("192.0.2.10", 5060)};
    const sip::Flow tcp{.peer = test::endpoint("192.0.2.10", 4000),
                        .protocol = sip::Protocol::tcp,
                        .listener = 1,
                        .slot = 7,
                        .generation = 9};
    for (const auto& flow : {udp, tcp}) {
        for (const auto approach : {sip::Approach::flow, sip::Approach::flow_alone,
                                    sip::Approach::contact, sip::Approach::route}) {
            const auto text = binding_flow(flow, 3, approach);
            CAPTURE(text);
            CHECK(flow_of_binding(text, 3) == flow);
            CHECK(approach_in(text) == approach);
        }
        CHECK_FALSE(approach_in(binding_flow(flow, 3)));
    }
    CHECK_FALSE(approach_in(""));

    const auto stream = binding_flow(tcp, 3);
    CHECK(own_stream(stream) == stream);
    CHECK(own_stream(binding_flow(tcp, 3, sip::Approach::flow)) == stream);
    CHECK(own_stream(binding_flow(tcp, 3, sip::Approach::flow_alone)) == stream);
    CHECK(own_stream(binding_flow(tcp, 3, sip::Approach::route)).empty());
    CHECK(own_stream(binding_flow(tcp, 3, sip::Approach::contact)).empty());
    CHECK(own_stream(binding_flow(udp, 3, sip::Approach::flow)).empty());
    CHECK(own_stream("").empty());
}

TEST_CASE("flows come back from their text: UDP whole, streams as a hint") {
    for (const auto protocol : {sip::Protocol::udp, sip::Protocol::tcp, sip::Protocol::tls,
                                sip::Protocol::ws, sip::Protocol::wss}) {
        for (const auto* host : {"192.0.2.9", "2001:db8::1"}) {
            sip::Flow flow;
            flow.protocol = protocol;
            flow.listener = 3;
            flow.peer = test::endpoint(host, 40'000);
            CAPTURE(to_text(flow));
            const auto back = flow_from_text(to_text(flow));
            CHECK(back == flow);
            CHECK(back.slot == UINT32_MAX);
            for (const auto approach : {sip::Approach::contact, sip::Approach::flow_alone}) {
                const auto text = to_text(flow, approach);
                CHECK(flow_from_text(text) == flow);
                CHECK(approach_in(text) == approach);
            }
        }
    }
}

TEST_CASE("RFC 3261 18.2.2: the address of this machine that was asked is kept with the flow") {
    for (const auto* host : {"192.0.2.1", "2001:db8::1"}) {
        sip::Flow flow{.peer = test::endpoint("192.0.2.9", 40'000), .listener = 3};
        flow.leave_from(test::endpoint(host, 0));
        for (const auto& text :
             {to_text(flow), to_text(flow, sip::Approach::contact), binding_flow(flow, 3),
              binding_flow(flow, 3, sip::Approach::flow_alone)}) {
            CAPTURE(text);
            CHECK(flow_from_text(text) == flow);
            CHECK(flow_of_binding(text, 4) == flow);
        }
        CHECK(approach_in(to_text(flow, sip::Approach::contact)) == sip::Approach::contact);
        CHECK_FALSE(approach_in(to_text(flow)));
    }
}

TEST_CASE("a text that is no flow is one to nowhere") {
    for (const auto* text :
         {"", "udp", "udp 1", "udp x 192.0.2.9:1", "what 1 192.0.2.9:1", "udp 0 :::"}) {
        CAPTURE(text);
        const auto flow = flow_from_text(text);
        CHECK(flow.slot == UINT32_MAX);
    }
    CHECK_FALSE(flow_from_text("udp 0 nowhere").peer.is_valid());
}

}  // namespace
}  // namespace herald::server::flow_text_test
