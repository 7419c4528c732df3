// tests/sample/door_closer.cpp: a sample agent: a door left open closes by itself, or when an
// operator says so.
#include "tests/sample/door_closer.h"

#include <chrono>
#include <utility>
#include <vector>

#include "tests/sample/door.h"

namespace herald::server {

DoorCloser::DoorCloser(Context& context, StateOrders& orders)
    : context_(context),
      orders_(orders),
      package_(packages::door()),
      timer_(
          context.loop.timers().add_owner([this](std::uint64_t resource) { on_timer(resource); })) {
}

void DoorCloser::close(const std::string& aor, StateOrders::Done done) {
    orders_.put(
        {.package = &package_,
         .aor = aor,
         .source = "door closer",
         .rank = packages::Rank::hard,
         .document = packages::Document{std::string(package_.profile().publish_types[0]), "closed"},
         .condition = {}},
        std::move(done));
}

bool DoorCloser::is_open(Resource& door) const {
    ViewState view;
    return door.compose(view, context_.wall()).document.body == "open";
}

void DoorCloser::on_changed(std::uint32_t resource) {
    auto& door = context_.resources[resource];
    if (door.package != &package_) return;
    stop_waiting(resource);
    const auto seconds = context_.settings<packages::DoorSettings>(package_).closes_after;
    if (seconds == 0 || !is_open(door)) return;
    open_[resource] = context_.loop.timers().arm(
        timer_, resource, context_.loop.now() + std::chrono::seconds(seconds));
}

void DoorCloser::on_timer(std::uint64_t resource) {
    const auto slot = static_cast<std::uint32_t>(resource);
    open_.erase(slot);
    close(context_.resources[slot].aor, [](const Status&) {});
}

void DoorCloser::stop_waiting(std::uint32_t resource) {
    const auto found = open_.find(resource);
    if (found == open_.end()) return;
    context_.loop.timers().cancel(found->second);
    open_.erase(found);
}

void DoorCloser::forget_some(Cell cell, Forgetting& forgetting) {
    forgetting.erase(
        open_, [&](const auto& entry) { return context_.resources[entry.first].cell == cell; },
        [&](auto& entry) { context_.loop.timers().cancel(entry.second); });
}

}  // namespace herald::server
