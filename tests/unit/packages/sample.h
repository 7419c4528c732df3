// tests/unit/packages/sample.h: publications written down in one line each, and what a watcher sees
// of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "packages/package.h"

namespace herald::packages {

inline base::WallTime at_minute(int minutes) {
    return base::WallTime(std::chrono::seconds(1'800'000'000) + std::chrono::minutes(minutes));
}

/// The publications of one resource of one package.
class Sample {
public:
    explicit Sample(std::string_view event, std::string aor = "sip:alice@example.com")
        : package_(*find(event)), aor_(std::move(aor)) {}

    /// Publishes `body`, or replaces what `source` published before.
    Sample& publish(const std::string& source, const std::string& body, int minute,
                    Rank rank = Rank::published) {
        const auto admitted =
            package_.admit({std::string(package_.profile().publish_types[0]), body});
        if (!admitted) FAIL(admitted.fault().detail);
        remove(source);
        held_.push_back({source, rank, at_minute(minute), *admitted});
        return *this;
    }
    Sample& remove(const std::string& source) {
        std::erase_if(held_, [&](const Held& held) { return held.source == source; });
        return *this;
    }
    void reverse() { held_ = {held_.rbegin(), held_.rend()}; }
    template <class Order>
    void shuffle(Order& order) {
        std::shuffle(held_.begin(), held_.end(), order);
    }

    Composed compose(int minute = 60, std::string_view type = {},
                     std::string_view entity = {}) const {
        std::vector<Input> inputs;
        for (const Held& held : held_)
            inputs.push_back({held.source, held.rank, held.arrived, held.document.get(),
                              held.source.starts_with("sip:") ? std::string_view(held.source)
                                                              : std::string_view()});
        const View view{type.empty() ? package_.profile().notify_types[0] : type,
                        entity.empty() ? std::string_view(aor_) : entity};
        EventState state{aor_, inputs, at_minute(minute)};
        state.settings = settings.get();
        return package_.compose(state, view);
    }
    std::vector<std::string> steps(int minute = 60) const {
        std::vector<Input> inputs;
        for (const Held& held : held_)
            inputs.push_back({held.source, held.rank, held.arrived, held.document.get()});
        EventState state{aor_, inputs, at_minute(minute)};
        state.settings = settings.get();
        return package_.steps(state);
    }
    std::string body(int minute = 60) const { return compose(minute).document.body; }

    SettingsPtr settings;  ///< null: the defaults

private:
    struct Held {
        std::string source;
        Rank rank;
        base::WallTime arrived;
        DocumentPtr document;
    };
    const Package& package_;
    std::string aor_;
    std::vector<Held> held_;
};

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}
inline int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + 1))
        ++found;
    return found;
}

}  // namespace herald::packages
