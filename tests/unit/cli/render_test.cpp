// tests/unit/cli/render_test.cpp: NOTIFYs as lines for people and as JSON for programs.
#include "cli/render.h"

#include <cstdlib>
#include <ctime>

#include <doctest/doctest.h>

#include "cli/terminal.h"

namespace herald::cli::render_test {
namespace {

constexpr std::string_view kMeeting =
    R"(<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@localhost">
<tuple id="t1"><status><basic>open</basic></status><contact>sip:alice@localhost</contact></tuple>
<dm:person id="p1"><rpid:activities><rpid:meeting/></rpid:activities><dm:note>back at 3</dm:note></dm:person>
</presence>)";

Shown shown(std::string_view state, std::string_view type, std::string_view body) {
    return {.when = base::WallTime(std::chrono::seconds(1'800'000'000)),
            .resource = "sip:alice@localhost",
            .event = "presence",
            .state = state,
            .content_type = type,
            .body = body};
}

Shown presence(std::string_view body) {
    return shown("active", "application/pidf+xml", body);
}

Shown messages(std::string_view body) {
    return shown("active", "application/simple-message-summary", body);
}

TEST_CASE("presence is one line with status, activity and note") {
    CHECK(render(presence(kMeeting), false) == "alice@localhost  open  meeting \"back at 3\"");
}

TEST_CASE("the time of day is the local one") {
    setenv("TZ", "UTC", 1);
    tzset();

    CHECK(time_of_day(base::WallTime(std::chrono::seconds(1'800'000'000))) == "08:00:00");
}

TEST_CASE("several tuples follow on lines of their own") {
    const auto text = render(
        presence(R"(<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
<tuple id="a"><status><basic>open</basic></status><contact>sip:alice@desk</contact></tuple>
<tuple id="b"><status><basic>closed</basic></status><note>in the car</note></tuple></presence>)"),
        false);

    CHECK(text ==
          "alice@localhost  open\n"
          "            open  alice@desk\n"
          "            closed  b  \"in the car\"");
}

TEST_CASE("colours stand around the words that matter, where they are wanted") {
    const auto text = render(presence(kMeeting), true);

    CHECK(text == "\033[1malice@localhost\033[0m  \033[32mopen\033[0m  meeting \"back at 3\"");
}

TEST_CASE("states without a document say what they mean") {
    Shown ended = shown("terminated", "", "");
    ended.reason = "rejected";

    CHECK(render(shown("pending", "", ""), false) ==
          "alice@localhost  pending (waiting for authorization)");
    CHECK(render(shown("active", "", ""), false) == "alice@localhost  nothing is known");
    CHECK(render(ended, false) == "alice@localhost  ended (rejected)");
}

TEST_CASE("RFC 6665 4.4.3: the one NOTIFY of a fetch is shown for its state") {
    Shown fetched = presence(kMeeting);
    fetched.state = "terminated";
    fetched.reason = "timeout";
    fetched.is_fetch = true;

    CHECK(render(fetched, false) == "alice@localhost  open  meeting \"back at 3\"");
    fetched.body = {};
    CHECK(render(fetched, false) ==
          "alice@localhost  nothing is shown to this watcher, or not yet");
    fetched.reason = "rejected";
    CHECK(render(fetched, false) == "alice@localhost  ended (rejected)");
}

TEST_CASE("RFC 6665 4.1.3: a subscription that timed out has ended, whatever its last body says") {
    Shown ended = presence(kMeeting);
    ended.state = "terminated";
    ended.reason = "timeout";

    CHECK(render(ended, false) == "alice@localhost  open  meeting \"back at 3\"  ended (timeout)");
}

TEST_CASE("RFC 3842 3.5: counts of another account than the mailbox name it") {
    CHECK(render(messages("Messages-Waiting: yes\r\nMessage-Account: sip:sales@localhost\r\n"
                          "Voice-Message: 2/1\r\n"),
                 false) ==
          "alice@localhost  messages waiting: 2 new, 1 old (voice), account sales@localhost");
    CHECK(render(messages("Messages-Waiting: no\r\nMessage-Account: sip:alice@localhost\r\n"),
                 false) == "alice@localhost  no messages waiting");
    CHECK(render(messages("Messages-Waiting: no\r\nMessage-Account: sip:fax@localhost\r\n"),
                 false) == "alice@localhost  no messages waiting, account fax@localhost");
}

TEST_CASE("message counts leave out what is not there") {
    CHECK(render(
              messages("Messages-Waiting: yes\r\nVoice-Message: 2/1 (0/0)\r\nFax-Message: 0/0\r\n"),
              false) == "alice@localhost  messages waiting: 2 new, 1 old (voice)");
    CHECK(render(
              messages("Messages-Waiting: yes\r\nVoice-Message: 2/1 (1/0)\r\nFax-Message: 3/0\r\n"),
              false) ==
          "alice@localhost  messages waiting: 2 new (1 urgent), 1 old (voice); 3 new, 0 old (fax)");
    CHECK(render(messages("Messages-Waiting: no\r\nVoice-Message: 0/0\r\n"), false) ==
          "alice@localhost  no messages waiting");
    CHECK(render(messages("Messages-Waiting: no\r\nVoice-Message: 0/4\r\n"), false) ==
          "alice@localhost  no messages waiting: 0 new, 4 old (voice)");
}

TEST_CASE("a document that cannot be read is told of, not shown as something else") {
    CHECK(render(presence("<presence"), false)
              .rfind("alice@localhost  cannot read the document: line 1", 0) == 0);
}

TEST_CASE("unknown types are shown as they are, line by line") {
    CHECK(render(shown("active", "text/plain", "one\r\ntwo"), false) ==
          "alice@localhost  text/plain, 8 bytes\n            one\n            two");
}

TEST_CASE("nothing from the network reaches the terminal as a command") {
    const auto text =
        render(presence("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:a@b\">"
                        "<note>a\xc2\x9b"
                        "31mred&#9;b</note></presence>"),
               false);

    CHECK(text == "alice@localhost  unknown  \"a 31mred b\"");
    CHECK(printable("bell\a esc\033[2J del\x7f") == "bell  esc [2J del ");
    CHECK(printable("gr\xc3\xbc\xc3\x9f"
                    "e \xff\xfe") ==
          "gr\xc3\xbc\xc3\x9f"
          "e \xef\xbf\xbd\xef\xbf\xbd");
    for (const char* turn : {"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8",
                             "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"}) {
        CAPTURE(turn);
        CHECK(printable("open" + std::string(turn) + "desolc") == "open desolc");
    }
    CHECK(printable("\xe2\x80\x93 \xe2\x80\xaf\xe2\x81\xa5") ==
          "\xe2\x80\x93 \xe2\x80\xaf\xe2\x81\xa5");
}

TEST_CASE("JSON holds the same facts under names") {
    Shown full = presence(kMeeting);
    full.expires = 3600;

    CHECK(
        render_json(full) ==
        R"({"time":"2027-01-15T08:00:00Z","resource":"sip:alice@localhost","event":"presence","state":"active",)"
        R"("expires":3600,"content_type":"application/pidf+xml","presence":{"basic":"open",)"
        R"("activities":["meeting"],"note":"back at 3",)"
        R"("tuples":[{"id":"t1","basic":"open","contact":"sip:alice@localhost"}]}})");
}

TEST_CASE("JSON of messages, and of a body nobody here can read") {
    CHECK(
        render_json(messages("Messages-Waiting: yes\r\nVoice-Message: 2/1 (0/0)\r\n"))
            .find(
                R"("messages":{"waiting":true,"voice":{"new":2,"old":1,"urgent_new":0,"urgent_old":0}})") !=
        std::string::npos);
    CHECK(render_json(shown("active", "text/plain", "a \"b\"\n")).find(R"("body":"a \"b\"\n")") !=
          std::string::npos);
    CHECK(render_json(shown("active", "text/plain", "caf\xe9"))
              .find("\"body\":\"caf\xef\xbf\xbd\"") != std::string::npos);
    CHECK(render_json(presence("<no")).find(R"("body":"<no")") != std::string::npos);
}

}  // namespace
}  // namespace herald::cli::render_test
