// tests/unit/pidf/compose_property_test.cpp: what holds of composition whatever is published
#include <algorithm>
#include <array>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/pidf/sources.h"

namespace herald::pidf::compose_property_test {
namespace {

/// A random document that uses most of what composition looks at.
std::string any_document(std::mt19937& random) {
    const auto pick = [&random](std::initializer_list<const char*> of) {
        return std::string(*(of.begin() + random() % of.size()));
    };
    std::string content;
    for (auto n = random() % 4; n-- > 0;) {
        content += "<tuple id='" + pick({"t1", "t2", "1", "p1"}) + "'><status>";
        content += pick({"<basic>open</basic>", "<basic>closed</basic>", "",
                         "<basic>OPEN</basic><z:s xmlns:z='urn:z'/>"});
        content += "</status>" + pick({"", "<rpid:class>a</rpid:class>",
                                       "<dm:deviceID>urn:uuid:A</dm:deviceID>"});
        content += pick(
            {"", "<rpid:privacy><rpid:audio/></rpid:privacy>", "<foo xmlns='urn:f'><bar/></foo>"});
        content += pick({"", "<contact>sip:a@x</contact>",
                         "<contact priority='0.5'>sip:b@x</contact>", "<contact/>"});
        content += pick({"", "<note>n</note>", "<note xml:lang='de'>m</note>"});
        content += pick({"", "<timestamp>2027-01-15T07:59:00Z</timestamp>",
                         "<timestamp>never</timestamp>"}) +
                   "</tuple>";
    }
    for (auto n = random() % 3; n-- > 0;) {
        content += "<dm:person id='" + pick({"p1", "p2", "", "t1"}) + "'>";
        content +=
            pick({"", "<rpid:activities><rpid:away/></rpid:activities>", "<rpid:activities/>",
                  "<rpid:activities until='2027-01-15T08:30:00Z'><rpid:busy/></rpid:activities>"});
        content += pick({"", "<rpid:mood><rpid:happy/></rpid:mood>", "<dm:note>x</dm:note>"}) +
                   "</dm:person>";
    }
    if (random() % 3 == 0) {
        content += "<dm:device id='" + pick({"d", "t1"}) + "'><dm:deviceID>" +
                   pick({"urn:uuid:A", "urn:uuid:b"}) + "</dm:deviceID></dm:device>";
    }
    return content + pick({"", "<note>top</note>", "<z:x xmlns:z='urn:z'/>",
                           "<note xml:lang='fr'>haut</note>"});
}

/// Processor time of composing sixteen publications of so many tuples each; the least of three, so
/// that what else the machine does counts little.
double seconds_for(int tuples) {
    std::list<std::string> names;
    Sources sources;
    for (int i = 0; i < 16; ++i) {
        std::string content;
        for (int j = 0; j < tuples; ++j) {
            content += "<tuple id='t" + std::to_string(j) +
                       "'><status/><contact>s:" + std::to_string(i * tuples + j) +
                       "</contact></tuple>";
        }
        names.push_back("source" + std::to_string(i));
        sources.publish(names.back(), content);
    }
    Policy all;
    all.max_bytes = 1U << 24U;
    double least = 1e9;
    for (int round = 0; round < 3; ++round) {
        const std::clock_t before = std::clock();
        CHECK(tuple_ids(sources.body(60, all)).size() == static_cast<std::size_t>(16 * tuples));
        least = std::min(least, static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
    }
    return least;
}

}  // namespace

TEST_CASE("property: whatever the policy, order makes no difference, and composed is composed") {
    std::mt19937 random(20270116);
    for (int round = 0; round < 200; ++round) {
        Sources sources;
        const std::vector<std::string> names{"a", "b", "c", "d"};
        for (const auto& name : names)
            sources.publish(name, any_document(random), static_cast<int>(random() % 20));
        Policy policy;
        policy.persons = static_cast<Policy::Persons>(random() % 3);
        policy.is_best_alone = random() % 4 == 0;
        policy.any_open = random() % 2 == 0;
        const auto body = sources.body(60, policy);
        std::shuffle(sources.list.begin(), sources.list.end(), random);
        CHECK(sources.body(60, policy) == body);
        const auto again = admitted(body);
        const Contribution only{"again", 0, at_minute(0), &again};
        const auto twice =
            render_pidf(resolve({&only, 1}, at_minute(60), policy), "sip:a@x", "sip:a@x").body;
        const bool is_default = contains(body, "id=\"closed\"");
        CHECK((is_default || twice == body));
    }
}

TEST_CASE(
    "the order of publications makes no difference, and composing again gives the same "
    "bytes") {
    std::mt19937 random(3863);
    const std::array<std::string_view, 6> names{"a", "b", "c", "d", "e", "f"};
    for (int round = 0; round < 300; ++round) {
        Sources sources;
        for (std::size_t i = 0; i < 1 + random() % names.size(); ++i) {
            sources.publish(names[i], any_document(random), static_cast<int>(random() % 3),
                            static_cast<int>(random() % 2));
        }
        const int minute = static_cast<int>(random() % 60);
        const Rendered first = sources.rendered(minute);
        for (int again = 0; again < 5; ++again) {
            std::shuffle(sources.list.begin(), sources.list.end(), random);
            REQUIRE(sources.body(minute) == first.body);
            REQUIRE(sources.rendered(minute).fingerprint == first.fingerprint);
        }
    }
}

TEST_CASE("parse(serialise(x)) = x: a composed document composes to itself") {
    std::mt19937 random(4479);
    const std::array<std::string_view, 4> names{"a", "b", "c", "d"};
    for (int round = 0; round < 500; ++round) {
        Sources sources;
        for (std::size_t i = 0; i < 1 + random() % names.size(); ++i) {
            sources.publish(names[i], any_document(random), static_cast<int>(random() % 3));
        }
        // The document of nothing is not made of anything published.
        if (resolve(sources.list, at_minute(10)).is_empty()) continue;
        const std::string body = sources.body(10);
        const Presence again = admitted(body);
        const Contribution only{"again", 0, at_minute(70), &again};

        REQUIRE(render_pidf(resolve({&only, 1}, at_minute(10)), "sip:a@x", "sip:a@x").body == body);
    }
}

TEST_CASE("RFC 4479 3.5: whatever is published, the ids of a composed document are unique") {
    std::mt19937 random(1);
    const std::array<std::string_view, 5> names{"a", "b", "c", "d", "e"};
    for (int round = 0; round < 300; ++round) {
        Sources sources;
        for (const std::string_view name : names) sources.publish(name, any_document(random));
        const Composition composition = resolve(sources.list, at_minute(0));
        std::vector<std::string_view> ids;
        for (const auto* parts :
             {&composition.tuples, &composition.persons, &composition.devices}) {
            for (const Part& part : *parts) ids.push_back(part.id);
        }
        std::sort(ids.begin(), ids.end());
        REQUIRE(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    }
}

TEST_CASE("CO-13: eight times the tuples take about eight times the processor's time") {
    const double few = seconds_for(25), many = seconds_for(200);

    // Compared pairwise they would take 64 times as long.
    CHECK(many < 30 * few);
}

}  // namespace herald::pidf::compose_property_test
