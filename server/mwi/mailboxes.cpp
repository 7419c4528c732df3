// server/mwi/mailboxes.cpp: the mailboxes of one shard: their settings, and the counters that
// groups have of their members.
#include "server/mwi/mailboxes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"

namespace herald::server {

namespace {

constexpr std::string_view kSettings = "mailbox settings";
/// How long to wait before asking again a store that is busy or unavailable.
constexpr auto kRetry = std::chrono::seconds(2);

bool says_nothing(const packages::MailboxSettings& settings) {
    return settings.members.empty() && !settings.unsolicited && settings.pbx.empty();
}

/// Whose counters a group has in it; nullopt: it is another kind of publication.
std::optional<std::string> member_of(const Publication& publication) {
    const auto prefix = packages::member_source({});
    if (!publication.source.starts_with(prefix)) return std::nullopt;
    return std::string(publication.source.substr(prefix.size()));
}

}  // namespace

Mailboxes::Mailboxes(Context& context, StateOrders& orders, Upstream& upstream)
    : context_(context),
      orders_(orders),
      upstream_(upstream),
      package_(packages::message_summary()),
      told_(context.metrics.counter("herald_mailbox_members_total",
                                    "Counters of a mailbox passed on to a group")) {}

const packages::MailboxSettings* Mailboxes::settings(std::string_view aor) const {
    const auto slot = context_.resources.find(package_, aor);
    if (slot == Resource::kNone) return nullptr;
    const auto* publication = context_.resources[slot].by_source(kSettings);
    return publication ? static_cast<const packages::MailboxSettings*>(publication->document.get())
                       : nullptr;
}

packages::Composed Mailboxes::document(const std::string& aor) const {
    const auto slot = context_.resources.find(package_, aor);
    Resource nobody;
    nobody.aor = aor;
    nobody.package = &package_;
    nobody.installed = &context_.resources.installed(package_);
    ViewState view;
    return slot == Resource::kNone ? nobody.compose(view, context_.wall())
                                   : context_.resources[slot].compose(view, context_.wall());
}

void Mailboxes::for_each(
    const std::function<void(const std::string&, const packages::MailboxSettings&)>& visit) {
    context_.resources.for_each([&](std::uint32_t, Resource& resource) {
        if (resource.package != &package_) return;
        const auto* publication = resource.by_source(kSettings);
        if (!publication) return;
        visit(resource.aor, static_cast<const packages::MailboxSettings&>(*publication->document));
    });
}

void Mailboxes::put_state(const std::string& aor, std::string source, packages::Rank rank,
                          packages::Document document, base::WallTime expires_at, Done done) {
    std::optional<packages::Document> wanted;
    if (!document.type.empty()) wanted = std::move(document);
    orders_.put({.package = &package_,
                 .aor = aor,
                 .source = std::move(source),
                 .rank = rank,
                 .document = std::move(wanted),
                 .expires_at = expires_at,
                 .condition = {}},
                std::move(done));
}

void Mailboxes::put_settings(const std::string& aor, const packages::MailboxSettings& settings,
                             Done done) {
    const auto* earlier = this->settings(aor);
    auto before = earlier ? earlier->members : std::vector<std::string>();
    const bool is_removal = says_nothing(settings);
    if (is_removal && !earlier) return done({});
    packages::Document document;
    if (!is_removal)
        document = {std::string(packages::kMailboxSettingsType), packages::to_text(settings)};
    // Rank::fallback: ignored as soon as there is any other input.
    put_state(
        aor, std::string(kSettings), packages::Rank::fallback, std::move(document), {},
        [this, aor, before = std::move(before), done = std::move(done)](Status status) mutable {
            if (status) apply_settings(aor, before);
            done(std::move(status));
        });
}

void Mailboxes::apply_settings(const std::string& aor, const std::vector<std::string>& before) {
    const auto* now = settings(aor);
    for (const auto& member : before) {
        if (now && now->has_member(member)) continue;
        context_.peers.post<Mailboxes>(
            member, [member, aor](Mailboxes& owner) { owner.unfollow(member, aor); });
        hear(aor, member, {});
    }
    if (now) {
        for (const auto& member : now->members) ask(member, aor);
    }
    follow_pbx(aor, now);
}

void Mailboxes::follow_pbx(const std::string& aor, const packages::MailboxSettings* settings) {
    Source source{&package_, {}, {}};
    if (settings) source.pbx = settings->pbx;
    if (settings) source.user = settings->pbx_user;
    upstream_.follow(aor, source);
}

void Mailboxes::resume(const Cells& cells) {
    for_each([&](const std::string& aor, const packages::MailboxSettings& settings) {
        // A member that was loaded does not know any more who follows it.
        for (const auto& member : settings.members) {
            if (context_.is_in(cells, aor) || context_.is_in(cells, member)) ask(member, aor);
        }
        if (context_.is_in(cells, aor)) follow_pbx(aor, &settings);
    });
    for (const auto& [group, member] : former_members()) {
        if (context_.is_in(cells, group)) hear(group, member, {});
    }
}

/// Groups with counters of somebody who is no member any more: the run before ended between the
/// change of the settings and what follows from it.
std::vector<std::pair<std::string, std::string>> Mailboxes::former_members() {
    std::vector<std::pair<std::string, std::string>> former;
    context_.resources.for_each([&](std::uint32_t, const Resource& resource) {
        if (resource.package != &package_) return;
        const auto* settings = this->settings(resource.aor);
        for (const auto& publication : resource.publications) {
            const auto member = member_of(publication);
            if (member && !(settings && settings->has_member(*member)))
                former.emplace_back(resource.aor, *member);
        }
    });
    return former;
}

void Mailboxes::ask(const std::string& member, const std::string& group) {
    context_.peers.post<Mailboxes>(
        member, [member, group](Mailboxes& owner) { owner.follow(member, group); });
}

void Mailboxes::follow(const std::string& member, const std::string& group) {
    auto& groups = groups_[member];
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
    tell(member, group);
}

void Mailboxes::unfollow(const std::string& member, const std::string& group) {
    const auto found = groups_.find(member);
    if (found == groups_.end()) return;
    std::erase(found->second, group);
    if (found->second.empty()) groups_.erase(found);
}

void Mailboxes::tell(const std::string& member, const std::string& group) {
    told_.add();
    context_.peers.post<Mailboxes>(
        group, [group, member, body = own_body(member)](Mailboxes& owner) mutable {
            owner.hear(group, member, std::move(body));
        });
}

/// The counters of a member have arrived. Empty: they are unknown, or it is no longer a member.
void Mailboxes::hear(const std::string& group, const std::string& member, std::string body) {
    const auto* settings = this->settings(group);
    const bool is_member = settings && settings->has_member(member);
    packages::Document document;
    if (is_member && !body.empty())
        document = {std::string(packages::kSimpleMessageSummary), std::move(body)};
    put_state(group, packages::member_source(member), packages::Rank::derived, std::move(document),
              {}, [this, group, member, is_member](const Status& status) {
                  if (status || status.fault().kind == FaultKind::not_found) return;
                  base::log_warning(
                      "mailbox.member_failed",
                      {{"group", group}, {"member", member}, {"why", status.fault().detail}});
                  hear_again(group, member, is_member);
              });
}

void Mailboxes::hear_again(const std::string& group, const std::string& member, bool is_member) {
    auto& timer = failed_[{group, member}];
    context_.loop.timers().cancel(timer);
    timer =
        context_.loop.timers().arm(context_.loop.now() + kRetry, [this, group, member, is_member] {
            failed_.erase({group, member});
            is_member ? ask(member, group) : hear(group, member, {});
        });
}

/// What is known of a mailbox itself, without what it has of others; empty: nothing.
std::string Mailboxes::own_body(const std::string& aor) const {
    const auto slot = context_.resources.find(package_, aor);
    if (slot == Resource::kNone) return {};
    std::vector<packages::Input> inputs;
    for (const auto& publication : context_.resources[slot].publications) {
        if (publication.rank == packages::Rank::derived ||
            publication.rank == packages::Rank::fallback)
            continue;
        inputs.push_back({publication.source, publication.rank, publication.arrived,
                          publication.document.get()});
    }
    if (inputs.empty()) return {};
    return packages::own_body(inputs, aor);
}

void Mailboxes::on_changed(std::uint32_t slot) {
    const auto& resource = context_.resources[slot];
    if (resource.package != &package_) return;
    // Only the members of a group have somebody to tell.
    if (!groups_.contains(resource.aor)) return;
    if (changed_.empty()) context_.loop.post([this] { pass_on(); });
    changed_.insert(resource.aor);
}

void Mailboxes::pass_on() {
    for (const auto& aor : std::exchange(changed_, {})) {
        const auto found = groups_.find(aor);
        if (found == groups_.end()) continue;
        for (const auto& group : found->second) tell(aor, group);
    }
}

void Mailboxes::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_in = [&](const std::string& aor) { return context_.cell_of(aor) == cell; };
    forgetting.erase(groups_, [&](const auto& entry) { return is_in(entry.first); });
    forgetting.erase(changed_, is_in);
    forgetting.erase(
        failed_, [&](const auto& entry) { return is_in(entry.first.first); },
        [&](auto& entry) { context_.loop.timers().cancel(entry.second); });
}

std::size_t Mailboxes::held() const noexcept {
    return groups_.size() + changed_.size() + failed_.size();
}

}  // namespace herald::server
