// server/core/package_counters.cpp: what is counted for each event package.
#include "server/core/package_counters.h"

#include <string>
#include <utility>

namespace herald::server {

namespace {

constexpr std::array<const char*, kPublishDone> kPublished{"created", "refreshed", "modified",
                                                           "removed", "nothing",   "repeated"};
constexpr std::array<const char*, kSubscribeDone> kSubscribed{"created", "fetched", "replaced",
                                                              "refreshed"};

base::Labels labels_of(const packages::Package& package) {
    return {{"package", std::string(package.profile().event)}};
}

base::Labels labels_of(const packages::Package& package, std::string name, std::string value) {
    auto labels = labels_of(package);
    labels.emplace_back(std::move(name), std::move(value));
    return labels;
}

}  // namespace

PackageCounters::PackageCounters(base::Metrics& metrics, const packages::Package& package)
    : resources(metrics.gauge("herald_resources", "Resources with state or watchers",
                              labels_of(package))),
      publications(metrics.gauge("herald_publications",
                                 "Pieces of state there are; those of reg are registered contacts",
                                 labels_of(package))),
      publications_expired(metrics.counter("herald_publications_expired_total",
                                           "Publications that ran out", labels_of(package))),
      subscriptions_expired(metrics.counter("herald_subscriptions_expired_total",
                                            "Subscriptions that ran out", labels_of(package))),
      documents_composed(metrics.counter("herald_documents_composed_total",
                                         "Documents composed for a class of watchers",
                                         labels_of(package))),
      notifies_sent(metrics.counter("herald_notify_sent_total",
                                    "NOTIFY requests sent, retransmissions not counted",
                                    labels_of(package))),
      notifies_delivered(metrics.counter("herald_notify_delivered_total",
                                         "NOTIFY requests answered 2xx", labels_of(package))) {
    for (std::size_t i = 0; i < kStandings; ++i) {
        subscriptions_[i] = &metrics.gauge(
            "herald_subscriptions", "Subscriptions by state, as the API has it",
            labels_of(package, "state", std::string(name_of(static_cast<Standing>(i)))));
    }
    for (std::size_t i = 0; i < kPublishDone; ++i) {
        published_[i] =
            &metrics.counter("herald_publish_total", "PUBLISH requests granted, by what they did",
                             labels_of(package, "did", kPublished[i]));
    }
    for (std::size_t i = 0; i < kSubscribeDone; ++i) {
        subscribed_[i] = &metrics.counter(
            "herald_subscribe_total", "SUBSCRIBE requests that changed something, by what they did",
            labels_of(package, "did", kSubscribed[i]));
    }
}

}  // namespace herald::server
