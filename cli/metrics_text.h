// cli/metrics_text.h: what GET /metrics says (the Prometheus text format 0.0.4), read back.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace herald::cli {

/// The samples of one scrape.
class MetricsText {
public:
    MetricsText() = default;
    /// Lines that cannot be read are passed over.
    explicit MetricsText(std::string_view text);

    using Label = std::pair<std::string_view, std::string_view>;
    /// All samples of the metric `name` that have `label`, if there is one; 0 where there is none.
    double sum(std::string_view name, Label label = {}) const;
    /// The same for each value that the label `by` has.
    std::map<std::string, double> by(std::string_view name, std::string_view by) const;
    std::map<std::string, double> by(std::string_view name, std::string_view by, Label label) const;
    /// The value of a label of the metric; empty where there is none.
    std::string label_of(std::string_view name, std::string_view label) const;

private:
    struct Sample {
        std::map<std::string, std::string, std::less<>> labels;
        double value = 0;
    };
    static bool has(const Sample& sample, Label label);

    std::map<std::string, std::vector<Sample>, std::less<>> metrics_;
};

/// Of the observations of a histogram between two scrapes, the value below which so many lie (0 to
/// 1), in seconds; 0 where there were none.
double quantile_between(const MetricsText& before, const MetricsText& after,
                        const std::string& name, double share);

}  // namespace herald::cli
