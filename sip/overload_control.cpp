// sip/overload_control.cpp: telling the hop before us how much to hold back (RFC 7339).
#include "sip/overload_control.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sip/fields.h"

namespace herald::sip {
namespace {

constexpr std::string_view kLoss = "loss";
/// RFC 7339 4.3: what holds where nothing is said.
constexpr std::uint64_t kUsualValidity = 500;
constexpr std::uint64_t kLongestValidity = 60'000;
constexpr unsigned kMostHeldBack = 90;

std::string_view parameters_of(std::string_view via) {
    return base::split_once(via, ';').after;
}

bool is_about_overload(std::string_view name) {
    constexpr std::array<std::string_view, 4> kNames{"oc", "oc-algo", "oc-validity", "oc-seq"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [&](std::string_view known) { return base::iequals(known, name); });
}

/// The list of algorithms is quoted, and parted by commas.
bool lists_loss(std::string_view value) {
    std::string_view rest = base::trim(value);
    if (rest.size() >= 2 && rest.front() == '"' && rest.back() == '"')
        rest = rest.substr(1, rest.size() - 2);
    while (!rest.empty()) {
        const auto next = base::split_once(rest, ',');
        if (base::iequals(base::trim(next.before), kLoss)) return true;
        rest = next.after;
    }
    return false;
}

}  // namespace

bool asks_for_report(std::string_view via) {
    bool has_oc = false;
    bool knows_loss = false;
    std::string_view rest = parameters_of(via);
    while (const auto parameter = next_parameter(rest)) {
        if (base::iequals(parameter->name, "oc")) has_oc = !parameter->has_value;
        if (base::iequals(parameter->name, "oc-algo")) knows_loss = lists_loss(parameter->value);
    }
    return has_oc && knows_loss;
}

std::optional<OverloadReport> read_report(std::string_view via) {
    std::optional<std::uint64_t> percent;
    std::uint64_t validity = kUsualValidity;
    bool knows_loss = false;
    OverloadReport report;
    std::string_view rest = parameters_of(via);
    while (const auto parameter = next_parameter(rest)) {
        const auto value = base::trim(parameter->value);
        if (base::iequals(parameter->name, "oc")) percent = base::to_u64(value);
        if (base::iequals(parameter->name, "oc-algo")) knows_loss = lists_loss(value);
        if (base::iequals(parameter->name, "oc-seq")) report.sequence = value;
        if (base::iequals(parameter->name, "oc-validity"))
            validity = base::to_u64(value).value_or(kUsualValidity);
    }
    if (!percent || *percent > 100 || !knows_loss) return std::nullopt;
    report.percent = static_cast<unsigned>(*percent);
    report.validity = std::chrono::milliseconds(std::min(validity, kLongestValidity));
    return report;
}

std::string with_report(std::string_view via, const OverloadReport& report) {
    std::string out(base::split_once(via, ';').before);
    std::string_view rest = parameters_of(via);
    while (const auto parameter = next_parameter(rest)) {
        if (is_about_overload(parameter->name)) continue;
        out.append(";").append(parameter->name);
        if (parameter->has_value) out.append("=").append(parameter->value);
    }
    const auto validity = std::chrono::duration_cast<std::chrono::milliseconds>(report.validity);
    out += ";oc=" + std::to_string(report.percent) +
           ";oc-algo=\"loss\";oc-validity=" + std::to_string(validity.count()) +
           ";oc-seq=" + report.sequence;
    return out;
}

OverloadReport OverloadMeter::report(Load load) {
    constexpr unsigned kUp = 10;
    constexpr unsigned kFarUp = 30;
    const auto now = clock_.now();
    if (now - moved_ >= kStep) {
        moved_ = now;
        percent_ = load == Load::normal ? percent_ - std::min(percent_, kUp)
                                        : percent_ + (load == Load::high ? kUp : kFarUp);
        percent_ = std::min(percent_, kMostHeldBack);
    }
    const auto wall = clock_.wall().time_since_epoch().count();
    auto fraction = std::to_string(wall % 1000);
    fraction.insert(0, 3 - fraction.size(), '0');
    return {.percent = percent_,
            .validity = std::chrono::milliseconds(percent_ == 0 ? 0 : kUsualValidity),
            .sequence = std::to_string(wall / 1000) + "." + fraction};
}

}  // namespace herald::sip
