// tests/unit/server/access/authorize_test.cpp: who may see and who may publish, role by role.
#include "server/access/authorize.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::authorize_test {
namespace {

using store::Account;
using testing::account;
using testing::identity;
using testing::user;

constexpr const char* kAlice = "sip:alice@example.com";

SubHandling sees_presence(const Identity& watcher, const Account* owner = nullptr) {
    return sub_handling(testing::presence().profile(), kAlice, owner, watcher);
}

SubHandling sees_mailbox(const Identity& watcher, const Account* owner = nullptr) {
    return sub_handling(testing::message_summary().profile(), kAlice, owner, watcher);
}

bool publishes_presence(const Identity& sender, const Account* owner = nullptr) {
    return may_publish(testing::presence().profile(), kAlice, owner, sender);
}

Account publisher(std::string resource, std::string package) {
    auto pbx = account("sip:pbx@example.com", Account::Role::publisher);
    pbx.resources = {std::move(resource)};
    pbx.packages = {std::move(package)};
    return pbx;
}

}  // namespace

TEST_CASE("RFC 3856 6.6.1: presence is for the owner and everybody of the domain, others wait") {
    CHECK(sees_presence(user(kAlice)) == SubHandling::allow);
    CHECK(sees_presence(user("sip:bob@example.com")) == SubHandling::allow);
    CHECK(sees_presence(user("sip:bob@example.org")) == SubHandling::confirm);
    CHECK(sees_presence(user("sip:bob@sub.example.com")) == SubHandling::confirm);
}

TEST_CASE("somebody who named nobody waits for the owner") {
    CHECK(sees_presence(Identity{}) == SubHandling::confirm);
    CHECK(sees_mailbox(Identity{}) == SubHandling::block);
}

TEST_CASE("RFC 3842 3.7: a mailbox is for its owner only") {
    CHECK(sees_mailbox(user(kAlice)) == SubHandling::allow);
    CHECK(sees_mailbox(user("sip:bob@example.com")) == SubHandling::block);
    CHECK(sees_mailbox(user("sip:bob@example.org")) == SubHandling::block);
    auto claimed = user("sip:bob@example.com");
    claimed.is_open = true;
    CHECK(sees_mailbox(claimed) == SubHandling::allow);
}

TEST_CASE("a delegate sees the packages it was named for") {
    auto alice = account(kAlice);
    alice.delegates = {{"sip:bob@example.org", "message-summary"}, {"sip:eve@example.org", "*"}};

    CHECK(sees_mailbox(user("sip:bob@example.org"), &alice) == SubHandling::allow);
    CHECK(sees_presence(user("sip:bob@example.org"), &alice) == SubHandling::confirm);
    CHECK(sees_mailbox(user("sip:eve@example.org"), &alice) == SubHandling::allow);
    CHECK(sees_presence(user("sip:eve@example.org"), &alice) == SubHandling::allow);
    CHECK(sees_mailbox(user("sip:dave@example.org"), &alice) == SubHandling::block);
}

TEST_CASE("an admin sees everything, a monitor what its own domain would see") {
    const auto admin = identity(account("sip:root@example.org", Account::Role::admin));
    const auto near = identity(account("sip:watch@example.com", Account::Role::monitor));
    const auto far = identity(account("sip:watch@example.org", Account::Role::monitor));

    CHECK(sees_mailbox(admin) == SubHandling::allow);
    CHECK(sees_presence(near) == SubHandling::allow);
    CHECK(sees_mailbox(near) == SubHandling::block);
    CHECK(sees_presence(far) == SubHandling::confirm);
}

TEST_CASE(
    "RFC 3857 4.6: who watches is for the owner and delegates, who watches that the owner's") {
    auto alice = account(kAlice);
    alice.delegates = {{"sip:bob@example.org", "presence"}};
    const auto admin = identity(account("sip:root@example.org", Account::Role::admin));
    const auto sees = [&](const char* event, const Identity& watcher) {
        return sub_handling(packages::find(event)->profile(), kAlice, &alice, watcher);
    };

    CHECK(sees("presence.winfo", user(kAlice)) == SubHandling::allow);
    CHECK(sees("presence.winfo", user("sip:bob@example.org")) == SubHandling::allow);
    CHECK(sees("presence.winfo", admin) == SubHandling::allow);
    CHECK(sees("presence.winfo", user("sip:eve@example.com")) == SubHandling::block);
    CHECK(sees("reg.winfo", user("sip:bob@example.org")) == SubHandling::block);
    CHECK(sees("presence.winfo.winfo", user(kAlice)) == SubHandling::allow);
    CHECK(sees("presence.winfo.winfo", user("sip:bob@example.org")) == SubHandling::block);
    CHECK(sees("presence.winfo.winfo", admin) == SubHandling::block);
}

namespace {

/// What `watcher` may have of alice's resource under what is said.
Judgement judged(const char* event, const Identity& watcher, const Policies::Said& said,
                 const std::vector<AuthorizationDefault>& defaults = {}) {
    return judge({.profile = packages::find(event)->profile(),
                  .owner = kAlice,
                  .owner_account = nullptr,
                  .watcher = watcher,
                  .said = said,
                  .defaults = defaults,
                  .sphere = {}});
}

Policies::Said own(std::string lists, std::string document = {}) {
    return {policy_of({kAlice, 1, std::move(lists), std::move(document)}), nullptr};
}

}  // namespace

TEST_CASE(
    "RFC 5025 3.2.1: an owner with any rule keeps those waiting whom none names (AV36, AV37)") {
    const auto ann = user("sip:ann@example.com");
    CHECK(judged("presence", ann, {}).handling == SubHandling::allow);
    CHECK(judged("presence", ann, own("allow sip:x@y presence")).handling == SubHandling::confirm);
    CHECK(judged("presence", user(kAlice), own("block * *")).handling == SubHandling::allow);
    CHECK(judged("reg", ann, {}).handling == SubHandling::block);
    CHECK(judged("reg", ann, own("allow * *")).handling == SubHandling::allow);
    CHECK(judged("reg", ann, own("allow * presence")).handling == SubHandling::block);
    CHECK(judged("presence.winfo", ann, own("allow * *")).handling == SubHandling::block);
}

TEST_CASE("RFC 5025 10: a document that cannot be read allows nobody (AV37)") {
    const auto ann = user("sip:ann@example.com");
    const auto judgement =
        judged("presence", ann, own("", "<ruleset/>"), {{"presence", "*", SubHandling::allow}});
    CHECK(judgement.handling == SubHandling::confirm);
    CHECK(judgement.decided_by == DecidedBy::unreadable_rules);
}

TEST_CASE("rules about dialogs say how much of them is shown, however they are shown") {
    const std::string document =
        "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "
        "xmlns:pr='urn:ietf:params:xml:ns:pres-rules' xmlns:h='urn:herald:xml:ns:rules'>"
        "<rule id='a'><conditions><h:packages value='dialog'/></conditions>"
        "<actions><pr:sub-handling>allow</pr:sub-handling></actions>"
        "<transformations><h:dialog-view>virtual</h:dialog-view></transformations></rule>"
        "</ruleset>";
    for (const char* event : {"dialog", "dialog;sla"}) {
        CAPTURE(event);
        const auto judgement = judged(event, user("sip:ann@example.com"), own("", document));
        CHECK(judgement.handling == SubHandling::allow);
        REQUIRE(judgement.permissions != nullptr);
        CHECK(judgement.permissions->dialog_view == pidf::DialogView::virtual_);
    }
    CHECK(judged("presence", user("sip:ann@example.com"), own("", document)).handling ==
          SubHandling::confirm);
    CHECK(judged("dialog", user("sip:ann@example.com"), own("allow * *")).permissions == nullptr);
}

TEST_CASE("authz.default: of the package, and of the domain before all") {
    const auto zed = user("sip:zed@example.org");
    const std::vector<AuthorizationDefault> defaults{
        {"presence", "*", SubHandling::block},
        {"presence", "example.com", SubHandling::polite_block},
        {"reg", "*", SubHandling::confirm}};
    const auto judgement = judged("presence", zed, {}, defaults);
    CHECK(judgement.handling == SubHandling::polite_block);
    REQUIRE(judgement.permissions != nullptr);
    CHECK(judgement.permissions->is_fabricated);
    CHECK(judged("reg", zed, {}, defaults).handling == SubHandling::confirm);
    CHECK(judged("presence", zed, own("allow *@example.org presence"), defaults).handling ==
          SubHandling::allow);
}

TEST_CASE("what a domain says holds for owners who say nothing") {
    const auto zed = user("sip:zed@example.org");
    const auto domain = policy_of({"example.com", 1, "allow *@example.org presence", {}});
    CHECK(judged("presence", zed, {nullptr, domain}).handling == SubHandling::allow);
    CHECK(judged("presence", zed, {nullptr, domain}).permissions == nullptr);
    CHECK(judged("presence", zed, {nullptr, domain}).decided_by == DecidedBy::domain_rules);
}

TEST_CASE("RFC 3903 14: owners, delegates, admins and trusted peers publish, others do not") {
    auto alice = account(kAlice);
    alice.delegates = {{"sip:bob@example.com", "presence"}};
    Identity peer;
    peer.is_trusted_peer = true;

    CHECK(publishes_presence(user(kAlice)));
    CHECK(publishes_presence(user("sip:bob@example.com"), &alice));
    CHECK(publishes_presence(identity(account("sip:root@example.org", Account::Role::admin))));
    CHECK(publishes_presence(peer));
    CHECK_FALSE(publishes_presence(user("sip:eve@example.com"), &alice));
    CHECK_FALSE(publishes_presence(Identity{}, &alice));
    CHECK_FALSE(may_publish(testing::message_summary().profile(), kAlice, &alice,
                            user("sip:bob@example.com")));
}

TEST_CASE("without authentication everybody publishes") {
    Identity anybody;
    anybody.is_open = true;
    CHECK(publishes_presence(anybody));
}

TEST_CASE("a publisher publishes for what is listed: AOR, whole domain, everything, and package") {
    CHECK(publishes_presence(identity(publisher(kAlice, "presence"))));
    CHECK(publishes_presence(identity(publisher("*@example.com", "*"))));
    CHECK(publishes_presence(identity(publisher("*", "presence"))));
    CHECK_FALSE(publishes_presence(identity(publisher("*@example.org", "presence"))));
    CHECK_FALSE(publishes_presence(identity(publisher("*@le.com", "presence"))));
    CHECK_FALSE(publishes_presence(identity(publisher(kAlice, "message-summary"))));
    CHECK_FALSE(publishes_presence(identity(publisher("sip:alice@example.comx", "presence"))));
}

TEST_CASE("a list of resources is worth nothing to somebody who is no publisher") {
    auto bob = account("sip:bob@example.com");
    bob.resources = {"*"};
    bob.packages = {"*"};
    CHECK_FALSE(publishes_presence(identity(bob)));
}

TEST_CASE("only publishers and trusted peers take the place of their earlier publications") {
    Identity peer;
    peer.is_trusted_peer = true;
    CHECK(is_publisher(peer));
    CHECK(is_publisher(identity(publisher("*", "*"))));
    CHECK_FALSE(is_publisher(user(kAlice)));
}

}  // namespace herald::server::authorize_test
