// cli/metrics_text.cpp: what GET /metrics says, read back.
#include "cli/metrics_text.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "base/text.h"

namespace herald::cli {

namespace {

/// A quoted value with its escapes, as `text` begins with; what follows it is left in `text`.
std::optional<std::string> take_quoted(std::string_view& text) {
    if (!text.starts_with('"')) return std::nullopt;
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        if (text[i] == '\\' && i + 1 < text.size()) {
            ++i;
            value += text[i] == 'n' ? '\n' : text[i];
        } else {
            value += text[i];
        }
    }
    return std::nullopt;
}

double bound_of(const std::string& le) {
    return le == "+Inf" ? std::numeric_limits<double>::infinity()
                        : std::strtod(le.c_str(), nullptr);
}

}  // namespace

MetricsText::MetricsText(std::string_view text) {
    while (!text.empty()) {
        auto [line, after, found] = base::split_once(text, '\n');
        text = after;
        const auto end = line.find_first_of("{ ");
        if (line.empty() || line.front() == '#' || end == line.npos) continue;
        Sample sample;
        auto rest = line.substr(end);
        const std::string name(line.substr(0, end));
        bool is_good = true;
        if (rest.front() == '{') {
            rest.remove_prefix(1);
            while (is_good && !rest.empty() && rest.front() != '}') {
                const auto equals = rest.find('=');
                const std::string label(rest.substr(0, equals));
                rest.remove_prefix(equals == rest.npos ? rest.size() : equals + 1);
                const auto value = take_quoted(rest);
                is_good = value.has_value();
                if (is_good) sample.labels[label] = *value;
                if (rest.starts_with(',')) rest.remove_prefix(1);
            }
            is_good = is_good && rest.starts_with('}');
            if (is_good) rest.remove_prefix(1);
        }
        if (!is_good) continue;
        sample.value = std::strtod(std::string(base::trim(rest)).c_str(), nullptr);
        metrics_[name].push_back(std::move(sample));
    }
}

bool MetricsText::has(const Sample& sample, Label label) {
    if (label.first.empty()) return true;
    const auto found = sample.labels.find(label.first);
    return found != sample.labels.end() && found->second == label.second;
}

double MetricsText::sum(std::string_view name, Label label) const {
    const auto found = metrics_.find(name);
    double sum = 0;
    if (found == metrics_.end()) return sum;
    for (const auto& sample : found->second) sum += has(sample, label) ? sample.value : 0;
    return sum;
}

std::map<std::string, double> MetricsText::by(std::string_view name, std::string_view by) const {
    return this->by(name, by, Label());
}

std::map<std::string, double> MetricsText::by(std::string_view name, std::string_view by,
                                              Label label) const {
    std::map<std::string, double> sums;
    const auto found = metrics_.find(name);
    if (found == metrics_.end()) return sums;
    for (const auto& sample : found->second) {
        const auto value = sample.labels.find(by);
        if (value != sample.labels.end() && has(sample, label)) sums[value->second] += sample.value;
    }
    return sums;
}

std::string MetricsText::label_of(std::string_view name, std::string_view label) const {
    const auto found = metrics_.find(name);
    if (found == metrics_.end() || found->second.empty()) return {};
    const auto value = found->second.front().labels.find(label);
    return value == found->second.front().labels.end() ? std::string() : value->second;
}

double quantile_between(const MetricsText& before, const MetricsText& after,
                        const std::string& name, double share) {
    const auto earlier = before.by(name + "_bucket", "le");
    std::map<double, double> counts;  // by bound, all up to it
    for (const auto& [le, count] : after.by(name + "_bucket", "le")) {
        const auto known = earlier.find(le);
        counts[bound_of(le)] = count - (known == earlier.end() ? 0 : known->second);
    }
    if (counts.empty() || counts.rbegin()->second <= 0) return 0;
    const double wanted = share * counts.rbegin()->second;
    double last = 0;
    for (const auto& [bound, count] : counts) {
        if (count >= wanted) return std::isinf(bound) ? last : bound;
        last = bound;
    }
    return last;
}

}  // namespace herald::cli
