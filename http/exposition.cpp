// http/exposition.cpp: our samples through prometheus-cpp's serializer, and /proc/self.
#include "http/exposition.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <tuple>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace herald::http {

namespace {

/// From 10 µs on, 1, 2.5 and 5 of each power of ten: enough to draw, and what people promise.
bool is_shown(double bound) noexcept {
    constexpr std::uint64_t kLeast = 10;
    auto microseconds = static_cast<std::uint64_t>(std::llround(bound * 1e6));
    if (microseconds < kLeast) return false;
    while (microseconds % 10 == 0) microseconds /= 10;
    return microseconds == 1 || microseconds == 25 || microseconds == 5;
}

prometheus::MetricType type_of(base::MetricKind kind) noexcept {
    switch (kind) {
        case base::MetricKind::counter:
            return prometheus::MetricType::Counter;
        case base::MetricKind::gauge:
            return prometheus::MetricType::Gauge;
        case base::MetricKind::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram histogram_of(const base::Sample& sample) {
    prometheus::ClientMetric::Histogram out;
    out.sample_count = sample.count;
    out.sample_sum = sample.sum;
    for (const auto& [bound, count] : sample.cumulative) {
        if (is_shown(bound)) out.bucket.push_back({count, bound});
    }
    out.bucket.push_back({sample.count, std::numeric_limits<double>::infinity()});
    return out;
}

prometheus::ClientMetric metric_of(const base::Sample& sample) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    switch (sample.kind) {
        case base::MetricKind::counter:
            metric.counter.value = sample.value;
            break;
        case base::MetricKind::gauge:
            metric.gauge.value = sample.value;
            break;
        case base::MetricKind::histogram:
            metric.histogram = histogram_of(sample);
            break;
    }
    return metric;
}

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

/// Resident pages of this process; 0 where the system does not say.
double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    if (!(file >> total >> resident)) return 0;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_files() {
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc/self/fd"));
    if (!folder) return 0;
    int count = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
        if (entry->d_name[0] != '.') ++count;
    }
    return count - 1;  // the folder itself
}

double open_files_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return static_cast<double>(limit.rlim_cur);
}

double cpu_seconds() {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// When this program began, in seconds since 1970.
const double kStarted = seconds_now();

base::Sample sample_of(base::MetricKind kind, std::string name, std::string help, double value) {
    base::Sample sample{
        .name = std::move(name), .help = std::move(help), .kind = kind, .labels = {}};
    sample.value = value;
    return sample;
}

}  // namespace

std::string to_exposition(std::vector<base::Sample> samples) {
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
        return std::tie(a.name, a.labels) < std::tie(b.name, b.labels);
    });
    std::vector<prometheus::MetricFamily> families;
    for (const base::Sample& sample : samples) {
        if (families.empty() || families.back().name != sample.name) {
            families.push_back({sample.name, sample.help, type_of(sample.kind), {}});
        }
        families.back().metric.push_back(metric_of(sample));
    }
    return prometheus::TextSerializer().Serialize(families);
}

std::vector<base::Sample> process_samples(std::string_view version) {
    using base::MetricKind;
    std::vector<base::Sample> samples{
        sample_of(MetricKind::gauge, "herald_build_info", "1; the labels say what runs", 1),
        sample_of(MetricKind::gauge, "herald_uptime_seconds", "Since the process started",
                  seconds_now() - kStarted),
        sample_of(MetricKind::counter, "process_cpu_seconds_total", "Processor time used",
                  cpu_seconds()),
        sample_of(MetricKind::gauge, "process_max_fds", "Files and sockets that may be open",
                  open_files_limit()),
        sample_of(MetricKind::gauge, "process_open_fds", "Files and sockets open", open_files()),
        sample_of(MetricKind::gauge, "process_resident_memory_bytes", "Memory in use",
                  resident_bytes()),
        sample_of(MetricKind::gauge, "process_start_time_seconds",
                  "When the process started, in seconds since 1970", kStarted),
    };
    samples.front().labels = {{"version", std::string(version)}};
    return samples;
}

}  // namespace herald::http
