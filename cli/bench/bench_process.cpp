// cli/bench/bench_process.cpp: what a process of this machine uses, read from /proc.
#include "cli/bench/bench_process.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

namespace herald::cli::bench {
namespace {

std::string contents(const std::string& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// Takes the next word off `text`.
std::string_view next_word(std::string_view& text) {
    const auto begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return text = {};
    const auto end = std::min(text.find_first_of(" \t\n", begin), text.size());
    const auto word = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return word;
}

/// Fields of /proc/PID/stat, counted from 1.
constexpr int kParent = 4, kUserTime = 14, kSystemTime = 15, kEndedUserTime = 16,
              kEndedSystemTime = 17;

std::optional<std::uint64_t> field_of(std::string_view stat, int field) {
    // The name in parentheses, the second, may hold anything, so count from the last one.
    const auto name_end = stat.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    stat.remove_prefix(name_end + 1);
    for (int i = 3; i < field; ++i) next_word(stat);
    return base::to_u64(next_word(stat));
}

/// The number behind `label` in a file of "label: number" lines; 0 where it is not.
std::uint64_t labelled(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return 0;
    text.remove_prefix(at + label.size());
    return base::to_u64(next_word(text)).value_or(0);
}

bool has_socket(const std::filesystem::path& process, const std::string& link) {
    std::error_code error;
    for (std::filesystem::directory_iterator at(process / "fd", error), end; !error && at != end;
         at.increment(error)) {
        std::error_code unreadable;
        if (std::filesystem::read_symlink(at->path(), unreadable) == link) return true;
    }
    return false;
}

/// Nanoseconds all living threads ran; 0 where the kernel does not say.
std::uint64_t nanoseconds_run(const std::string& folder) {
    std::uint64_t sum = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder + "/task", error), end; !error && at != end;
         at.increment(error)) {
        const std::string text = contents(at->path() / "schedstat");
        std::string_view rest = text;
        sum += base::to_u64(next_word(rest)).value_or(0);
    }
    return sum;
}

/// Ticks are too coarse for a short phase: keeps their proportion only.
void refine(Usage& usage, std::uint64_t nanoseconds) {
    const double exact = static_cast<double>(nanoseconds) / 1e9;
    const double coarse = usage.seconds();
    if (exact <= 0) return;
    if (coarse <= 0) {
        usage.user_seconds = exact;
        return;
    }
    usage.user_seconds *= exact / coarse;
    usage.system_seconds *= exact / coarse;
}

}  // namespace

std::optional<Usage> read_stat(std::string_view stat, long ticks) {
    const auto user = field_of(stat, kUserTime), system = field_of(stat, kSystemTime);
    if (!user || !system || ticks <= 0) return std::nullopt;
    Usage usage;
    usage.user_seconds = static_cast<double>(*user) / static_cast<double>(ticks);
    usage.system_seconds = static_cast<double>(*system) / static_cast<double>(ticks);
    return usage;
}

std::optional<Kinship> read_kinship(std::string_view stat, long ticks) {
    const auto parent = field_of(stat, kParent);
    const auto user = field_of(stat, kEndedUserTime), system = field_of(stat, kEndedSystemTime);
    if (!parent || !user || !system || ticks <= 0) return std::nullopt;
    return Kinship{static_cast<int>(*parent),
                   static_cast<double>(*user + *system) / static_cast<double>(ticks)};
}

double seconds_of_family(int pid) {
    const auto ticks = sysconf(_SC_CLK_TCK);
    double seconds = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
         at.increment(error)) {
        const auto each = base::to_u64(at->path().filename().string());
        if (!each) continue;
        const auto kinship = read_kinship(contents(at->path() / "stat"), ticks);
        const bool is_parent = static_cast<int>(*each) == pid;
        if (!kinship || (!is_parent && kinship->parent != pid)) continue;
        const auto usage = usage_of(static_cast<int>(*each));
        if (usage) seconds += usage->seconds();
        if (is_parent) seconds += kinship->seconds_of_ended;
    }
    return seconds;
}

std::optional<Usage> usage_of(int pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    auto usage = read_stat(contents(folder + "/stat"), sysconf(_SC_CLK_TCK));
    if (!usage) return std::nullopt;
    refine(*usage, nanoseconds_run(folder));
    usage->resident_bytes = labelled(contents(folder + "/status"), "VmRSS:") * 1024;
    usage->written_bytes = labelled(contents(folder + "/io"), "\nwrite_bytes:");
    return usage;
}

std::optional<std::string> inode_of_port(std::string_view table, std::uint16_t port) {
    while (!table.empty()) {
        const base::Split line = base::split_once(table, '\n');
        table = line.after;
        std::string_view rest = line.before;
        next_word(rest);
        const auto address = next_word(rest);
        const auto colon = address.rfind(':');
        if (colon == std::string_view::npos) continue;
        unsigned found = 0;
        const auto digits = address.substr(colon + 1);
        std::from_chars(digits.data(), digits.data() + digits.size(), found, 16);
        if (found != port) continue;
        next_word(rest);
        // 0A listens, 07 is what UDP has; others are connections, which are the peers' too.
        if (const auto state = next_word(rest); state != "0A" && state != "07") continue;
        for (int i = 0; i < 5; ++i) next_word(rest);
        return std::string(next_word(rest));
    }
    return std::nullopt;
}

std::optional<int> owner_of_port(const Way& way) {
    const std::string table = sip::is_reliable(way.protocol) ? "/proc/net/tcp" : "/proc/net/udp";
    auto inode = inode_of_port(contents(table), way.server.port());
    if (!inode) inode = inode_of_port(contents(table + "6"), way.server.port());
    if (!inode) return std::nullopt;
    const std::string link = "socket:[" + *inode + "]";
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
         at.increment(error)) {
        const auto pid = base::to_u64(at->path().filename().string());
        if (pid && has_socket(at->path(), link)) return static_cast<int>(*pid);
    }
    return std::nullopt;
}

std::string machine() {
    const std::string cpus = contents("/proc/cpuinfo");
    std::string_view model = "unknown CPU";
    if (const auto at = cpus.find("model name"); at != std::string::npos) {
        const auto line = std::string_view(cpus).substr(at, cpus.find('\n', at) - at);
        model = base::trim(base::split_once(line, ':').after);
    }
    utsname system{};
    uname(&system);
    return std::string(model) + ", " + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + " CPUs, " +
           system.sysname + " " + system.release;
}

}  // namespace herald::cli::bench
