// server/calls/call_shadows.cpp: what calls and registrations show elsewhere.
#include "server/calls/call_shadows.h"

#include <utility>

#include "packages/dialog.h"
#include "packages/presence.h"

namespace herald::server {

namespace {

constexpr std::string_view kPresenceSource = "dialog";
constexpr std::string_view kRegistrationSource = "reg";

}  // namespace

CallShadows::CallShadows(Context& context, Publications& publications)
    : context_(context),
      publications_(publications),
      dialog_(*packages::find("dialog")),
      presence_(packages::presence()),
      registrations_(packages::registrations()) {}

void CallShadows::show_call(const std::string& aor, bool is_on_the_phone) {
    auto document = packages::presence_of_caller(aor);
    Publication made;
    made.source = kPresenceSource;
    made.rank = packages::Rank::derived;
    made.type = std::move(document.type);
    made.body = std::move(document.body);
    show(presence_, aor, std::move(made), is_on_the_phone);
}

void CallShadows::show_registration(const std::string& aor) {
    const auto slot = context_.resources.find(registrations_, aor);
    const bool is_registered =
        slot != Resource::kNone && !context_.resources[slot].publications.empty();
    auto document = packages::dialogs_of_registered(aor);
    Publication made;
    made.source = kRegistrationSource;
    made.rank = packages::Rank::registration;
    made.type = std::move(document.type);
    made.body = std::move(document.body);
    show(dialog_, aor, std::move(made), is_registered);
}

/// Put in its place, or taken out of it.
void CallShadows::show(const packages::Package& package, const std::string& aor, Publication made,
                       bool is_there) {
    auto slot = context_.resources.find(package, aor);
    const bool is_shown =
        slot != Resource::kNone && context_.resources[slot].unstored_by(made.source);
    if (is_shown == is_there) return;
    if (!is_there) {
        publications_.take_out_unstored(slot, made.source, packages::Cause::expired);
        context_.fan_out.changed(slot);
        return context_.resources.drop_if_idle(slot);
    }
    auto admitted = package.admit({made.type, made.body});
    if (!admitted) return;
    made.arrived = context_.wall();
    made.document = *std::move(admitted);
    slot = context_.resources.obtain(package, aor);
    publications_.put(slot, std::move(made));
    context_.fan_out.changed(slot);
}

}  // namespace herald::server
