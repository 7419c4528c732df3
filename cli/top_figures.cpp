// cli/top_figures.cpp: what a server did between two looks at its metrics.
#include "cli/top_figures.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <sstream>
#include <tuple>
#include <utility>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include "cli/terminal.h"

namespace herald::cli {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::array<const char*, 4> kSubscriptionStates{"active", "pending", "suspect",
                                                         "flow_lost"};
/// The histogram, and what it is of.
constexpr std::array<std::pair<const char*, const char*>, 4> kTimes{
    {{"herald_told_seconds", "change to last watcher told"},
     {"herald_publish_seconds", "PUBLISH to 200"},
     {"herald_notify_answer_seconds", "NOTIFY to its answer"},
     {"herald_store_commit_seconds", "commit"}}};

/// Rates of the counters of a metric, by a label.
std::map<std::string, double> rates_by(const MetricsText& before, const MetricsText& after,
                                       const std::string& name, std::string_view label,
                                       double seconds) {
    const auto earlier = before.by(name, label);
    std::map<std::string, double> rates;
    for (const auto& [value, count] : after.by(name, label)) {
        const auto known = earlier.find(value);
        const auto more = count - (known == earlier.end() ? 0 : known->second);
        if (more > 0) rates[value] = more / seconds;
    }
    return rates;
}

double rate(const MetricsText& before, const MetricsText& after, const std::string& name,
            MetricsText::Label label, double seconds) {
    return std::max(0.0, after.sum(name, label) - before.sum(name, label)) / seconds;
}

TopFigures::Package package_of(const MetricsText& before, const MetricsText& after,
                               const std::string& name, double seconds) {
    const MetricsText::Label label{"package", name};
    TopFigures::Package package;
    package.name = name;
    package.subscriptions = after.by("herald_subscriptions", "state", label);
    package.resources = after.sum("herald_resources", label);
    package.publications = after.sum("herald_publications", label);
    package.publishes = rate(before, after, "herald_publish_total", label, seconds);
    package.notifies = rate(before, after, "herald_notify_sent_total", label, seconds);
    package.delivered = rate(before, after, "herald_notify_delivered_total", label, seconds);
    return package;
}

/// "REGISTER 403": of two labels, what the metric has by method for each status.
std::map<std::string, double> refusals_between(const MetricsText& before, const MetricsText& after,
                                               double seconds) {
    constexpr const char* kName = "herald_sip_refusals_total";
    std::map<std::string, double> rates;
    for (const auto& [status, count] : after.by(kName, "status")) {
        const MetricsText::Label label{"status", status};
        const auto earlier = before.by(kName, "method", label);
        for (const auto& [method, now] : after.by(kName, "method", label)) {
            const auto known = earlier.find(method);
            const auto more = now - (known == earlier.end() ? 0 : known->second);
            if (more > 0) rates[method + ' ' + status] = more / seconds;
        }
    }
    return rates;
}

/// Three digits, as far as they say something: "0.4", "12", "1234".
std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), value > 0 && value < 10 ? "%.1f" : "%.0f", value);
    return text.data();
}

/// "350 us", "12 ms", "1.2 s"; "-" for none.
std::string time_text(double seconds) {
    if (seconds <= 0) return "-";
    if (seconds < 1e-3) return number(seconds * 1e6) + " us";
    if (seconds < 1) return number(seconds * 1e3) + " ms";
    return number(seconds) + " s";
}

std::string uptime_text(double seconds) {
    const auto minutes = static_cast<std::uint64_t>(seconds) / 60;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%llud %02llu:%02llu",
                  static_cast<unsigned long long>(minutes / 1440),
                  static_cast<unsigned long long>(minutes / 60 % 24),
                  static_cast<unsigned long long>(minutes % 60));
    return text.data();
}

double total(const std::map<std::string, double>& values) {
    double sum = 0;
    for (const auto& [name, value] : values) sum += value;
    return sum;
}

double state_of(const TopFigures::Package& package, const char* state) {
    const auto found = package.subscriptions.find(state);
    return found == package.subscriptions.end() ? 0 : found->second;
}

/// Cells in columns: the first to the left, numbers to the right.
std::string row(const std::vector<std::string>& cells) {
    constexpr std::size_t kFirst = 22, kOther = 10;
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto width = i == 0 ? kFirst : kOther;
        const auto gap = cells[i].size() < width ? width - cells[i].size() : 1;
        line += i == 0 ? cells[i] + std::string(gap, ' ') : std::string(gap, ' ') + cells[i];
    }
    return line;
}

/// A line of the lower table.
std::string times_row(std::string what, std::string median, std::string most) {
    constexpr std::size_t kWhat = 30, kTime = 10;
    what.resize(std::max(what.size(), kWhat), ' ');
    median.resize(std::max(median.size(), kTime), ' ');
    return what + median + most;
}

/// The largest first.
std::string listing(const std::map<std::string, double>& rates) {
    std::vector<std::pair<std::string, double>> sorted(rates.begin(), rates.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string text;
    for (const auto& [name, value] : sorted) text += "  " + name + " " + number(value);
    return text.empty() ? "  none" : text;
}

/// Lines of a screen, cut to its size before they are coloured.
class Screen {
public:
    explicit Screen(const Canvas& canvas) : canvas_(canvas) {}

    void add(std::string line, Colour colour = Colour::none) {
        if (lines_.size() >= canvas_.rows) return;
        line = printable(line);
        if (line.size() > canvas_.columns) line.resize(canvas_.columns);
        lines_.push_back(coloured(line, colour, canvas_.has_colours));
    }
    std::vector<std::string> lines() && { return std::move(lines_); }

private:
    const Canvas& canvas_;
    std::vector<std::string> lines_;
};

void add_packages(Screen& screen, const TopFigures& figures) {
    screen.add(
        row({"PACKAGE", "active", "pending", "suspect", "lost", "state", "publish/s", "notify/s"}),
        Colour::bold);
    for (const auto& package : figures.packages) {
        std::vector<std::string> cells{package.name};
        for (const auto* state : kSubscriptionStates)
            cells.push_back(number(state_of(package, state)));
        cells.push_back(number(package.publications));
        cells.push_back(number(package.publishes));
        cells.push_back(number(package.notifies));
        const bool is_silent = state_of(package, "suspect") + state_of(package, "flow_lost") > 0;
        screen.add(row(cells), is_silent ? Colour::yellow : Colour::none);
    }
    if (figures.packages.empty()) screen.add("nothing is watched or published", Colour::dim);
}

Object::Ptr object_of(const std::map<std::string, double>& values) {
    Object::Ptr object = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
    for (const auto& [name, value] : values) object->set(name, value);
    return object;
}

}  // namespace

double TopFigures::Package::watchers() const {
    return total(subscriptions);
}

TopFigures figures_between(const MetricsText& before, const MetricsText& after, double seconds) {
    const bool has_restarted =
        after.sum("herald_uptime_seconds") < before.sum("herald_uptime_seconds");
    const MetricsText nothing;
    const MetricsText& from = has_restarted ? nothing : before;
    TopFigures figures;
    figures.version = after.label_of("herald_build_info", "version");
    figures.uptime = after.sum("herald_uptime_seconds");
    figures.processor = rate(from, after, "process_cpu_seconds_total", {}, seconds);
    figures.memory = after.sum("process_resident_memory_bytes");
    for (const auto& [name, count] : after.by("herald_resources", "package")) {
        auto package = package_of(from, after, name, seconds);
        const bool has_some =
            package.watchers() + package.publications + package.publishes + package.notifies > 0;
        if (has_some) figures.packages.push_back(std::move(package));
    }
    std::stable_sort(figures.packages.begin(), figures.packages.end(),
                     [](const auto& a, const auto& b) {
                         return std::tuple(a.notifies, a.publishes, a.watchers()) >
                                std::tuple(b.notifies, b.publishes, b.watchers());
                     });
    figures.requests = rates_by(from, after, "herald_sip_requests_total", "method", seconds);
    figures.refusals = refusals_between(from, after, seconds);
    figures.wrong_logins =
        rate(from, after, "herald_authentications_total", {"result", "wrong"}, seconds);
    figures.dropped = rate(from, after, "herald_sip_datagrams_dropped_total", {}, seconds);
    for (const auto& [name, what] : kTimes) {
        figures.slow.push_back({what, quantile_between(from, after, name, 0.5),
                                quantile_between(from, after, name, 0.99)});
    }
    figures.store_queue = after.sum("herald_store_queue");
    figures.is_writable = after.sum("herald_store_writable") > 0;
    return figures;
}

std::vector<std::string> screen_of(const TopFigures& figures, const Canvas& canvas) {
    Screen screen(canvas);
    screen.add("Herald " + figures.version + "  up " + uptime_text(figures.uptime) + "  " +
                   number(100 * figures.processor) + " % of a core  " +
                   number(figures.memory / (1 << 20)) + " MiB  " + number(figures.store_queue) +
                   " changes wait",
               Colour::bold);
    if (!figures.is_writable) screen.add("the store cannot be written", Colour::red);
    screen.add("");
    add_packages(screen, figures);
    screen.add("");
    screen.add("REQUESTS/S" + listing(figures.requests));
    screen.add("REFUSED/S" + listing(figures.refusals),
               figures.refusals.empty() ? Colour::none : Colour::yellow);
    if (figures.wrong_logins + figures.dropped > 0) {
        screen.add("wrong passwords/s " + number(figures.wrong_logins) + "  datagrams dropped/s " +
                       number(figures.dropped),
                   Colour::red);
    }
    screen.add("");
    screen.add(times_row("TIME IT TOOK", "median", "99 of 100"), Colour::bold);
    for (const auto& [what, median, most] : figures.slow) {
        screen.add(times_row(what, time_text(median), time_text(most)),
                   most >= 1 ? Colour::yellow : Colour::none);
    }
    return std::move(screen).lines();
}

std::string line_of(const TopFigures& figures) {
    double watchers = 0, notifies = 0, publishes = 0, silent = 0;
    for (const auto& package : figures.packages) {
        watchers += package.watchers();
        notifies += package.notifies;
        publishes += package.publishes;
        silent += state_of(package, "suspect") + state_of(package, "flow_lost");
    }
    return number(watchers) + " subscriptions (" + number(silent) + " silent)  " +
           number(total(figures.requests)) + " requests/s  " + number(publishes) + " publish/s  " +
           number(notifies) + " notify/s  " + number(total(figures.refusals)) +
           " refused/s  told in " + time_text(figures.slow.empty() ? 0 : figures.slow[0].most) +
           "  " + number(100 * figures.processor) + " %  " + number(figures.memory / (1 << 20)) +
           " MiB" + (figures.is_writable ? "" : "  the store cannot be written");
}

std::string json_of(const TopFigures& figures) {
    Object object(Poco::JSON_PRESERVE_KEY_ORDER);
    object.set("version", figures.version);
    object.set("uptime_s", figures.uptime);
    object.set("processor_cores", figures.processor);
    object.set("memory_bytes", figures.memory);
    object.set("store_writable", figures.is_writable);
    object.set("store_queue", figures.store_queue);
    Array packages;
    for (const auto& package : figures.packages) {
        Object::Ptr each = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
        each->set("package", package.name);
        each->set("subscriptions", object_of(package.subscriptions));
        each->set("resources", package.resources);
        each->set("publications", package.publications);
        each->set("publish_per_s", package.publishes);
        each->set("notify_per_s", package.notifies);
        each->set("delivered_per_s", package.delivered);
        packages.add(each);
    }
    object.set("packages", packages);
    object.set("requests_per_s", object_of(figures.requests));
    object.set("refused_per_s", object_of(figures.refusals));
    object.set("wrong_passwords_per_s", figures.wrong_logins);
    object.set("datagrams_dropped_per_s", figures.dropped);
    Array times;
    for (const auto& [what, median, most] : figures.slow) {
        Object::Ptr each = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
        each->set("what", what);
        each->set("median_s", median);
        each->set("p99_s", most);
        times.add(each);
    }
    object.set("times", times);
    std::ostringstream json;
    object.stringify(json);
    return json.str();
}

}  // namespace herald::cli
