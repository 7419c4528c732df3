// tests/unit/server/register/register_decision_test.cpp: what to do with a REGISTER, rule by rule,
// in the order of the checks.
#include "server/register/register_decision.h"

#include <doctest/doctest.h>

#include "tests/unit/server/sample.h"

namespace herald::server::register_decision_test {
namespace {

using testing::Request;

constexpr std::string_view kInstance = "+sip.instance=\"<urn:uuid:1>\"";

/// Alice's registration with one binding, made by CSeq 5 of the Call-ID "old".
struct Bench {
    Bench() : domains({"example.com"}, {}) {
        auto binding = std::make_shared<packages::Binding>();
        binding->contact = "sip:alice@192.0.2.1";
        binding->flow = "udp 0 192.0.2.1:5060 flow";
        binding->call_id = "old";
        binding->cseq = 5;
        binding->first_cseq = 2;
        Publication known;
        known.id = 7;
        known.mark = 70;
        known.type = packages::kBindingType;
        known.document = binding;
        registration.publications.push_back(std::move(known));
    }

    std::variant<RegisterPlan, sip::Answer> decide(const Request& request) const {
        const sip::Flow flow{.peer = test::endpoint("192.0.2.1", 5060),
                             .protocol = is_stream ? sip::Protocol::tcp : sip::Protocol::udp};
        return decide_register({.request = *request,
                                .domains = domains,
                                .aliases = aliases,
                                .aor = "sip:alice@example.com",
                                .may_register = may_register,
                                .is_ours = is_ours,
                                .is_known = is_known,
                                .registration = &registration,
                                .mark = mark,
                                .now = base::WallTime(std::chrono::seconds(1000)),
                                .flow = flow,
                                .epoch = 3,
                                .listeners = {},
                                .dead = dead,
                                .rules = rules});
    }
    RegisterPlan plan(const Request& request) const {
        auto decision = decide(request);
        REQUIRE(std::holds_alternative<RegisterPlan>(decision));
        return std::get<RegisterPlan>(std::move(decision));
    }
    int refusal(const Request& request) const {
        auto decision = decide(request);
        REQUIRE(std::holds_alternative<sip::Answer>(decision));
        return std::get<sip::Answer>(decision).status;
    }

    Domains domains;
    Aliases aliases;
    Resource registration;
    bool may_register = true;
    bool is_ours = true;
    bool is_known = true;
    bool is_stream = false;
    std::uint64_t mark = 1;
    std::vector<std::uint64_t> dead;
    RegisterRules rules;
};

/// Request cannot be moved; guaranteed elision makes this one.
Request registering(std::string_view lines) {
    return Request("REGISTER", lines);
}

}  // namespace

TEST_CASE("RFC 3261 10.3: authorization before existence before anything else") {
    Bench bench;
    bench.may_register = bench.is_known = false;
    CHECK(bench.refusal(registering("Contact: nonsense\n")) == 403);
    bench.may_register = true;
    CHECK(bench.refusal(registering("Contact: nonsense\n")) == 404);
    bench.is_known = true;
    bench.is_ours = false;
    CHECK(bench.refusal(registering("Contact: nonsense\n")) == 404);
    bench.is_ours = true;
    CHECK(bench.refusal(registering("Contact: nonsense\n")) == 400);
}

TEST_CASE("RFC 3261 10.3 step 6: without Contact nothing is planned") {
    CHECK(Bench().plan(registering("")).operation == RegisterOperation::query);
}

TEST_CASE("a request that made its change before a crash is repeated, not applied") {
    Bench bench;
    bench.mark = 70;
    const auto plan = bench.plan(registering("Contact: <sip:alice@192.0.2.1>\n"));
    CHECK(plan.operation == RegisterOperation::repeat);
    CHECK(plan.contacts.empty());
}

TEST_CASE("RFC 3261 10.3: only expiry and CSeq change: the row is kept") {
    const Bench bench;
    // The request's own Call-ID is another one, so that the binding's run begins anew.
    const auto other = bench.plan(registering("Contact: <sip:alice@192.0.2.1>;expires=600\n"));
    REQUIRE(other.contacts.size() == 1);
    CHECK_FALSE(other.contacts[0].is_refresh);
    CHECK(other.contacts[0].binding->first_cseq == 1);

    Bench same;
    auto binding =
        std::make_shared<packages::Binding>(*binding_of(same.registration.publications[0]));
    binding->call_id = "c";
    binding->cseq = 0;
    same.registration.publications[0].document = binding;
    const auto plan = same.plan(registering("Contact: <sip:alice@192.0.2.1>;expires=600\n"));
    REQUIRE(plan.contacts.size() == 1);
    CHECK(plan.contacts[0].target == &same.registration.publications[0]);
    CHECK(plan.contacts[0].is_refresh);
    CHECK(plan.contacts[0].expires == 600);
    CHECK(plan.contacts[0].binding->first_cseq == 2);
    CHECK(plan.contacts[0].binding->cseq == 1);
    CHECK(plan.contacts[0].binding->expires_at == base::WallTime(std::chrono::seconds(1600)));

    for (const auto* changed :
         {"Contact: \"A\" <sip:alice@192.0.2.1>\n", "Contact: <sip:alice@192.0.2.1>;q=1\n",
          "Contact: <sip:alice@192.0.2.1>\nUser-Agent: other\n",
          "Contact: <sip:alice@192.0.2.1>\nSupported: path\nPath: <sip:edge;lr>\n"}) {
        CAPTURE(changed);
        CHECK_FALSE(same.plan(registering(changed)).contacts.at(0).is_refresh);
    }
}

TEST_CASE("RFC 3261 10.3 step 7: a CSeq that did not rise fails, unless that is allowed") {
    Bench bench;
    auto binding =
        std::make_shared<packages::Binding>(*binding_of(bench.registration.publications[0]));
    binding->call_id = "c";
    binding->cseq = 1;
    bench.registration.publications[0].document = binding;

    CHECK(bench.refusal(registering("Contact: <sip:alice@192.0.2.1>\n")) == 500);
    CHECK(bench.refusal(registering("Contact: *\nExpires: 0\n")) == 500);
    bench.rules.allows_lower_cseq = true;
    CHECK(bench.plan(registering("Contact: <sip:alice@192.0.2.1>\n")).contacts.size() == 1);
}

TEST_CASE("RFC 3261 10.3 step 7: too brief is 423 below an hour only") {
    Bench bench;
    bench.rules.min_expires = 7200;
    bench.rules.max_expires = 86400;
    CHECK(bench.refusal(registering("Contact: <sip:a@192.0.2.2>;expires=3599\n")) == 423);
    CHECK(bench.plan(registering("Contact: <sip:a@192.0.2.2>;expires=3600\n"))
              .contacts.at(0)
              .expires == 3600);
    CHECK(bench.plan(registering("Contact: <sip:alice@192.0.2.1>;expires=0\n"))
              .contacts.at(0)
              .binding == nullptr);
}

TEST_CASE("RFC 3261 20.19: an expiry beyond all numbers is the longest, malformed an hour") {
    Bench bench;
    bench.rules.max_expires = UINT32_MAX;
    const auto granted = [&](std::string_view value) {
        const auto plan = bench.plan(
            registering("Contact: <sip:a@192.0.2.2>;expires=" + std::string(value) + "\n"));
        return plan.contacts.at(0).expires;
    };
    CHECK(granted("99999999999999999999") == UINT32_MAX);
    CHECK(granted("soon") == 3600);
    CHECK(bench.plan(registering("Expires: 77\nContact: <sip:a@192.0.2.2>\n"))
              .contacts.at(0)
              .expires == 77);
    CHECK(bench.plan(registering("Expires: 77\nContact: <sip:a@192.0.2.2>;expires=88\n"))
              .contacts.at(0)
              .expires == 88);
}

TEST_CASE("a star stands alone, with Expires 0 unless that is forgiven") {
    Bench bench;
    CHECK(bench.plan(registering("Contact: *\nExpires: 0\n")).contacts.size() == 1);
    CHECK(bench.refusal(registering("Contact: *\n")) == 400);
    CHECK(bench.refusal(registering("Contact: *\nExpires: 1\n")) == 400);
    CHECK(bench.refusal(registering("Contact: *, <sip:a@b>\nExpires: 0\n")) == 400);
    bench.rules.allows_star_alone = true;
    CHECK(bench.plan(registering("Contact: *;expires=0\n")).contacts.size() == 1);
}

TEST_CASE("a contact named twice counts as it was named last") {
    const auto plan = Bench().plan(
        registering("Contact: <sip:n@192.0.2.2>;expires=100, <sip:n@192.0.2.2>;expires=200\n"));
    REQUIRE(plan.contacts.size() == 1);
    CHECK(plan.contacts[0].expires == 200);
}

TEST_CASE("more contacts than allowed are 403, counted after what is removed") {
    Bench bench;
    bench.rules.max_contacts = 1;
    CHECK(bench.refusal(registering("Contact: <sip:n@192.0.2.2>\n")) == 403);
    CHECK(bench.plan(registering("Contact: <sip:alice@192.0.2.1>;expires=0, <sip:n@192.0.2.2>\n"))
              .contacts.size() == 2);
}

TEST_CASE("RFC 5627 5.1: contacts that lead nowhere are refused") {
    const Bench bench;
    CHECK(bench.refusal(registering("Contact: <sip:alice@example.com>\n")) == 403);
    CHECK(bench.refusal(registering("Contact: <sip:alice@example.com;gr=urn:uuid:1>\n")) == 403);
    CHECK(bench.refusal(registering("Contact: <tel:+49>;" + std::string(kInstance) + "\n")) == 403);
    CHECK(bench.plan(registering("Contact: <tel:+49>\n")).contacts.size() == 1);
    const std::string endless(1100, 'a');
    CHECK(bench.refusal(registering("Contact: <sip:" + endless + "@192.0.2.2>\n")) == 403);
}

TEST_CASE("RFC 5626 6, 8: reg-id needs an instance, a way to keep it alive, and a proxy's ob") {
    Bench bench;
    const auto contact =
        "Contact: <sip:a@192.0.2.2>;" + std::string(kInstance) + ";reg-id=2\nSupported: outbound\n";
    const auto reg_id = [&](std::string_view lines) {
        return bench.plan(registering(lines)).contacts.at(0).binding->reg_id;
    };
    CHECK(reg_id(contact) == 2);
    bench.rules.has_stun = false;
    CHECK(reg_id(contact) == 0);
    bench.is_stream = true;
    CHECK(reg_id(contact) == 2);
    CHECK(bench.plan(registering(contact)).has_outbound);
    CHECK(reg_id("Contact: <sip:a@192.0.2.2>;reg-id=2\n") == 0);
    const std::string via = "Via: SIP/2.0/TCP edge;branch=z9hG4bKe\n";
    CHECK(bench.refusal(registering(via + contact)) == 439);
    CHECK(reg_id(via + "Supported: path\nPath: <sip:edge;lr;ob>\n" + contact) == 2);
    CHECK(bench.refusal(registering(via + "Supported: path\nPath: <sip:edge;lr>\n" + contact)) ==
          439);
    CHECK(reg_id(via + "Contact: <sip:a@192.0.2.2>;" + std::string(kInstance) + ";reg-id=2\n") ==
          0);
}

TEST_CASE("RFC 5626 6: instance and reg-id find the binding whatever its contact") {
    Bench bench;
    bench.is_stream = true;
    auto binding =
        std::make_shared<packages::Binding>(*binding_of(bench.registration.publications[0]));
    binding->instance = "URN:UUID:1";
    binding->reg_id = 2;
    bench.registration.publications[0].document = binding;

    const auto plan = bench.plan(
        registering("Contact: <sip:a@198.51.100.9>;" + std::string(kInstance) + ";reg-id=2\n"));
    REQUIRE(plan.contacts.size() == 1);
    CHECK(plan.contacts[0].target != nullptr);
    const auto other = bench.plan(
        registering("Contact: <sip:a@198.51.100.9>;" + std::string(kInstance) + ";reg-id=3\n"));
    CHECK(other.contacts.at(0).target == nullptr);
}

TEST_CASE("RFC 5626 6: a flow is removed by instance and reg-id, not by the Contact it shares") {
    Bench bench;
    bench.is_stream = true;
    auto& all = bench.registration.publications;
    const Publication pattern = all[0];
    for (const std::uint32_t reg_id : {1U, 2U}) {
        auto binding = std::make_shared<packages::Binding>(*binding_of(pattern));
        binding->instance = "urn:uuid:1";
        binding->reg_id = reg_id;
        all.resize(reg_id, pattern);
        all[reg_id - 1].id = reg_id;
        all[reg_id - 1].document = binding;
    }
    const auto removed = [&](const char* reg_id) {
        const auto plan =
            bench.plan(registering("Contact: <sip:alice@192.0.2.1>;" + std::string(kInstance) +
                                   ";expires=0;reg-id=" + reg_id + "\n"));
        return plan.contacts.empty() ? 0 : plan.contacts[0].target->id;
    };

    CHECK(removed("1") == 1);
    CHECK(removed("2") == 2);
    CHECK(removed("3") == 0);
}

TEST_CASE("RFC 5627 5.1: a GRUU of this server is no Contact") {
    const Bench bench;
    for (const auto* uri : {"sip:tgruu.abc@example.com;gr", "sip:bob@example.com;gr=urn:uuid:1"})
        CHECK(bench.refusal(registering("Contact: <" + std::string(uri) + ">\n")) == 403);
    CHECK(
        bench.plan(registering("Contact: <sip:bob@example.net;gr=urn:uuid:1>\n")).contacts.size() ==
        1);
}

TEST_CASE("RFC 3261 12.2.1.1, 3581: a binding knows which way to its device is the first") {
    Bench bench;
    const auto flow = [&](std::string_view lines) {
        return bench.plan(registering(lines)).contacts.at(0).binding->flow;
    };
    // What registers sends from 192.0.2.1, and says 192.0.2.9 in its Via, without rport.
    CHECK(flow("Contact: <sip:n@192.0.2.9>\n") == "udp 0 192.0.2.1:5060 flow");
    CHECK(flow("Contact: <sip:n@10.0.0.9>\n") == "udp 0 192.0.2.1:5060 flow-alone");
    CHECK(flow("Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK2\nContact: <sip:n@192.0.2.8>\n") ==
          "udp 0 192.0.2.1:5060 contact");
    CHECK(flow("Supported: path\nPath: <sip:e@192.0.2.1;lr>\nContact: <sip:n@10.0.0.9>\n") ==
          "udp 0 192.0.2.1:5060 route");
}

TEST_CASE("at the limit of contacts the dead give way, then the same device's older ones") {
    Bench bench;
    bench.rules.max_contacts = 3;
    auto& all = bench.registration.publications;
    const Publication pattern = all[0];
    for (const std::uint64_t id : {8, 9}) {
        auto binding = std::make_shared<packages::Binding>(*binding_of(pattern));
        binding->contact = "sip:alice@192.0.2." + std::to_string(id);
        if (id == 9) binding->instance = "urn:uuid:1";
        all.push_back(pattern);
        all.back().id = id;
        all.back().document = binding;
    }
    const auto fourth = "Contact: <sip:n@192.0.2.44>;" + std::string(kInstance) + "\n";
    const auto removed = [&](std::string_view lines) {
        std::vector<std::uint64_t> ids;
        for (const auto& contact : bench.plan(registering(lines)).contacts) {
            if (!contact.binding) ids.push_back(contact.target->id);
        }
        return ids;
    };

    CHECK(bench.refusal(registering("Contact: <sip:n@192.0.2.44>\n")) == 403);
    CHECK(removed(fourth) == std::vector<std::uint64_t>{9});
    bench.dead = {8};
    CHECK(removed(fourth) == std::vector<std::uint64_t>{8});
    CHECK(removed("Contact: <sip:n@192.0.2.44>\n") == std::vector<std::uint64_t>{8});
    CHECK(removed("Contact: <sip:alice@192.0.2.8>\n").empty());
    bench.dead = {7, 8};
    CHECK(removed(fourth) == std::vector<std::uint64_t>{7});
}

TEST_CASE("RFC 5627 5.1: what the registrar gives out is not taken back as a parameter") {
    const auto plan = Bench().plan(registering(
        "Contact: <sip:n@192.0.2.2>;pub-gruu=\"sip:x\";temp-gruu=\"sip:y\";expires=60;a=b;c\n"));
    CHECK(plan.contacts.at(0).binding->parameters == std::vector<std::string>{"a=b", "c"});
}

TEST_CASE("a repeated outbound REGISTER is answered as it was, with Require: outbound") {
    Bench bench;
    bench.is_stream = true;
    auto binding =
        std::make_shared<packages::Binding>(*binding_of(bench.registration.publications[0]));
    binding->reg_id = 1;
    bench.registration.publications[0].document = binding;
    bench.mark = 70;
    const std::string contact = "Contact: <sip:alice@192.0.2.1>\n";
    CHECK(bench.plan(registering(contact + "Supported: outbound\n")).has_outbound);
    CHECK_FALSE(bench.plan(registering(contact)).has_outbound);
}

TEST_CASE("what a device sends beyond reason is refused or cut") {
    const Bench bench;
    const std::string path = "Supported: path\nPath: <sip:" + std::string(5000, 'e') + ";lr>\n";
    CHECK(bench.refusal(registering(path + "Contact: <sip:n@192.0.2.2>\n")) == 400);
    const std::string agent = "User-Agent: " + std::string(5000, 'a') + "\n";
    const auto plan = bench.plan(registering(agent + "Contact: <sip:n@192.0.2.2>\n"));
    CHECK(plan.contacts.at(0).binding->user_agent.size() == 256);
}

TEST_CASE("RFC 3327 5.3: Path without support is 420, unless that is forgiven") {
    Bench bench;
    const std::string lines = "Path: <sip:edge;lr>\nContact: <sip:n@192.0.2.2>\n";
    CHECK(bench.refusal(registering(lines)) == 420);
    for (const auto* path : {"sip:edge;lr", "garbage", "<tel:+4712345678>"})
        CHECK(bench.refusal(registering("Path: " + std::string(path) + "\nContact: <sip:n@h>\n")) ==
              400);
    CHECK(bench.plan(registering("Path:\nContact: <sip:n@192.0.2.2>\n"))
              .contacts.at(0)
              .binding->path.empty());
    bench.rules.needs_path_support = false;
    CHECK(bench.plan(registering(lines)).contacts.at(0).binding->path == "<sip:edge;lr>");
}

TEST_CASE("a refresh by another flow rewrites the row: after a crash the device is reached there") {
    Bench bench;
    auto binding =
        std::make_shared<packages::Binding>(*binding_of(bench.registration.publications[0]));
    binding->call_id = "c";
    binding->cseq = 0;
    bench.registration.publications[0].document = binding;
    const std::string same = "Contact: <sip:alice@192.0.2.1>\n";
    CHECK(bench.plan(registering(same)).contacts.at(0).is_refresh);
    binding->flow = "udp 0 192.0.2.9:5060";
    CHECK_FALSE(bench.plan(registering(same)).contacts.at(0).is_refresh);
}

TEST_CASE("RFC 3261 10.3: an alias of the address-of-record is no contact of it") {
    Bench bench;
    const auto named = [](const char* user) {
        return Request("REGISTER", std::string("Contact: <sip:") + user + "@example.com>\n");
    };
    CHECK(bench.plan(named("101")).contacts.size() == 1);
    bench.aliases.put({"sip:101@example.com", "sip:alice@example.com"});
    CHECK(bench.refusal(named("101")) == bench.refusal(named("alice")));
    CHECK(bench.plan(named("102")).contacts.size() == 1);
}

}  // namespace herald::server::register_decision_test
