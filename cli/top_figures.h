// cli/top_figures.h: what a server did between two looks at its metrics, and how that is shown.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cli/metrics_text.h"

namespace herald::cli {

/// Rates are a second; times are seconds.
struct TopFigures {
    std::string version;
    double uptime = 0, processor = 0 /* cores */, memory = 0 /* bytes */;

    struct Package {
        std::string name;
        std::map<std::string, double> subscriptions;  ///< by state
        double resources = 0, publications = 0;
        double publishes = 0, notifies = 0, delivered = 0;  ///< rates
        double watchers() const;
    };
    std::vector<Package> packages;           ///< the busiest first; those with nothing are left out
    std::map<std::string, double> requests;  ///< by method, rates; those with none are left out
    std::map<std::string, double> refusals;  ///< by "method status", likewise
    double wrong_logins = 0, dropped = 0;    ///< rates

    /// Half of them, and 99 of 100, took no longer in this time; 0: there were none.
    struct Slow {
        std::string what;
        double median = 0, most = 0;
    };
    std::vector<Slow> slow;
    double store_queue = 0;
    bool is_writable = true;
};

/// Between two scrapes so many seconds apart. After a restart of the server in between, the counts
/// of the second one alone.
TopFigures figures_between(const MetricsText& before, const MetricsText& after, double seconds);

/// For a terminal of so many columns, at most `rows` lines, cut where they are longer.
struct Canvas {
    std::size_t columns = 80, rows = 24;
    bool has_colours = false;
};
std::vector<std::string> screen_of(const TopFigures& figures, const Canvas& canvas);
/// All in one line, for a log or a pipe.
std::string line_of(const TopFigures& figures);
/// One object, without a line break.
std::string json_of(const TopFigures& figures);

}  // namespace herald::cli
