// packages/message_counts.cpp: the counters of a mailbox and their body (RFC 3842 5.2).
#include "packages/message_counts.h"

#include <algorithm>
#include <limits>

#include "base/id.h"
#include "base/text.h"

namespace herald::packages {
namespace {

constexpr std::array<std::string_view, kMessageClasses> kNames{
    "Voice-Message",      "Video-Message", "Fax-Message", "Pager-Message",
    "Multimedia-Message", "Text-Message",  "None",
};

/// Most unknown lines in one body: with more it is an attack, not a mailbox.
constexpr std::size_t kMaxOtherLines = 64;
constexpr std::string_view kMessageId = "Message-ID";

std::uint32_t plus(std::uint32_t a, std::uint32_t b) noexcept {
    const std::uint32_t room = std::numeric_limits<std::uint32_t>::max() - a;
    return a + std::min(room, b);
}

void add_count(MessageCount& sum, const MessageCount& more) noexcept {
    sum.fresh = plus(sum.fresh, more.fresh);
    sum.old = plus(sum.old, more.old);
    sum.urgent_fresh = plus(sum.urgent_fresh, more.urgent_fresh);
    sum.urgent_old = plus(sum.urgent_old, more.urgent_old);
}

void append_header(std::string& body, std::string_view name, std::string_view value) {
    body += name;
    body += ": ";
    body += value;
    body += "\r\n";
}

void append_count(std::string& body, std::string_view name, const MessageCount& count) {
    body += name;
    body += ": ";
    base::append_number(body, count.fresh);
    body += '/';
    base::append_number(body, count.old);
    body += " (";
    base::append_number(body, count.urgent_fresh);
    body += '/';
    base::append_number(body, count.urgent_old);
    body += ")\r\n";
}

/// "2/8 (0/2)" with blanks anywhere between the parts; the urgent ones may be missing.
class CountReader {
public:
    explicit CountReader(std::string_view text) : text_(text) {}

    std::optional<MessageCount> run() {
        MessageCount count;
        if (!pair(count.fresh, count.old)) return std::nullopt;
        if (at_end()) return count;
        if (!take('(') || !pair(count.urgent_fresh, count.urgent_old) || !take(')') || !at_end()) {
            return std::nullopt;
        }
        return count;
    }

private:
    void skip_blanks() noexcept {
        const std::size_t next = text_.find_first_not_of(" \t\r\n");
        text_.remove_prefix(std::min(next, text_.size()));
    }
    bool at_end() noexcept { return skip_blanks(), text_.empty(); }
    bool take(char wanted) noexcept {
        skip_blanks();
        if (!text_.starts_with(wanted)) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool number(std::uint32_t& into) noexcept {
        skip_blanks();
        const std::size_t size = std::min(text_.find_first_not_of("0123456789"), text_.size());
        const auto value = base::to_u32_clamped(text_.substr(0, size));
        text_.remove_prefix(size);
        if (value) into = *value;
        return value.has_value();
    }
    bool pair(std::uint32_t& fresh, std::uint32_t& old) noexcept {
        return number(fresh) && take('/') && number(old);
    }

    std::string_view text_;
};

/// A header name is a token (RFC 3261 25.1).
bool is_token(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return base::is_alpha(c) || base::is_digit(c) ||
               std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
    });
}

/// What may stand in one line of a body without changing the lines around it.
bool is_one_line(std::string_view value) noexcept {
    return base::is_utf8(value) && std::none_of(value.begin(), value.end(), [](char c) {
               return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
           });
}

class SummaryReader {
public:
    SummaryReader(std::string_view body, MessageList listing) : rest_(body), listing_(listing) {}

    Result<MessageCounts> run() {
        while (next_line()) {
            if (Status status = header(); !status) return status.fault();
        }
        if (!counts_.waiting) return fault("Messages-Waiting is missing");
        if (listing_ == MessageList::kept) {
            if (Status status = messages(); !status) return status.fault();
        }
        return std::move(counts_);
    }

private:
    Status messages() {
        while (!rest_.empty()) {
            ListedMessage message;
            while (next_line()) {
                if (Status status = message_header(message); !status) return status.fault();
            }
            if (message.headers.empty()) continue;
            message.id = identity_of(message);
            const auto is_same = [&](const ListedMessage& other) { return other.id == message.id; };
            auto& all = counts_.messages;
            if (std::none_of(all.begin(), all.end(), is_same)) all.push_back(std::move(message));
            if (all.size() > kMaxMessages) keep_latest(all);
        }
        keep_latest(counts_.messages);
        return {};
    }

    Status message_header(ListedMessage& message) {
        const base::Split split = base::split_once(header_, ':');
        const std::string_view name = base::trim(split.before);
        const std::string_view value = base::trim(split.after);
        if (!split.found || !is_token(name)) return fault("not a header");
        if (!is_one_line(value)) return fault("a character that does not belong into a header");
        if (message.headers.size() >= kMaxMessageHeaders)
            return fault("too many headers of a message");
        message.headers.emplace_back(name, value);
        return {};
    }

    Fault fault(std::string_view why) const {
        return {FaultKind::malformed,
                "line " + std::to_string(std::max(line_, 1U)) + ": " + std::string(why)};
    }

    static std::string_view take_line(std::string_view& text) noexcept {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    /// Unfolds the next header into header_; false at the blank line that ends the summary, and at
    /// the end.
    bool next_line() {
        if (rest_.empty()) return false;
        line_ = next_line_;
        header_ = take_line(rest_);
        ++next_line_;
        if (base::trim(header_).empty()) return false;
        while (rest_.starts_with(' ') || rest_.starts_with('\t')) {
            std::string_view ahead = rest_;
            const std::string_view folded = base::trim(take_line(ahead));
            if (folded.empty()) break;
            rest_ = ahead;
            ++next_line_;
            header_ += ' ';
            header_ += folded;
        }
        return true;
    }

    Status header() {
        const base::Split split = base::split_once(header_, ':');
        const std::string_view name = base::trim(split.before);
        const std::string_view value = base::trim(split.after);
        if (!split.found || !is_token(name)) return fault("not a header");
        if (!is_one_line(value)) return fault("a character that does not belong into a header");
        if (base::iequals(name, "Messages-Waiting")) return waiting(value);
        if (!counts_.waiting) return fault("Messages-Waiting is not the first header");
        if (base::iequals(name, "Message-Account")) return account(value);
        return summary_line(name, value);
    }

    Status waiting(std::string_view value) {
        if (counts_.waiting) return fault("Messages-Waiting is repeated");
        const bool is_yes = base::iequals(value, "yes");
        if (!is_yes && !base::iequals(value, "no"))
            return fault("Messages-Waiting is neither yes nor no");
        counts_.waiting = is_yes;
        return {};
    }

    /// The RFC wants a bare URI; some voicemail servers write it in angle brackets.
    Status account(std::string_view value) {
        if (value.starts_with('<') && value.ends_with('>'))
            value = base::trim(value.substr(1, value.size() - 2));
        counts_.account = value;
        return {};
    }

    Status summary_line(std::string_view name, std::string_view value) {
        const auto known = message_class(name);
        const auto count = CountReader(value).run();
        if (known) {
            if (!count)
                return fault(std::string(kNames[static_cast<std::size_t>(*known)]) +
                             " is not new/old");
            counts_[*known] = *count;
            return {};
        }
        if (counts_.other_classes.size() + counts_.other_headers.size() >= kMaxOtherLines) {
            return fault("too many headers");
        }
        if (count) {
            counts_.other_classes.emplace_back(name, *count);
        } else {
            counts_.other_headers.emplace_back(name, value);
        }
        return {};
    }

    std::string_view rest_;
    MessageList listing_;
    std::string header_;
    unsigned line_ = 0;  ///< where header_ starts, from 1
    unsigned next_line_ = 1;
    MessageCounts counts_;
};

std::size_t size_of(const ListedMessage& message) noexcept {
    std::size_t size = 0;
    for (const auto& [name, value] : message.headers) size += name.size() + value.size();
    return size;
}

bool is_any_of(std::string_view name, std::span<const std::string> names) noexcept {
    return std::any_of(names.begin(), names.end(),
                       [name](const auto& wanted) { return base::iequals(name, wanted); });
}

template <class Value>
auto find_by_name(std::vector<std::pair<std::string, Value>>& among, std::string_view name) {
    return std::find_if(among.begin(), among.end(),
                        [name](const auto& entry) { return base::iequals(entry.first, name); });
}

}  // namespace

std::string_view name_of(MessageClass message_class) noexcept {
    return kNames[static_cast<std::size_t>(message_class)];
}

std::optional<MessageClass> message_class(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (base::iequals(name, kNames[i])) return static_cast<MessageClass>(i);
    }
    return std::nullopt;
}

std::uint64_t identity_of(const ListedMessage& message) noexcept {
    constexpr base::HashKey kFixed{0x68657261'6c642d6dULL, 0x65737361'67652d69ULL};
    std::string text;
    for (const auto& [name, value] : message.headers) {
        if (base::iequals(name, kMessageId)) return base::keyed_hash(kFixed, value);
        text.append(base::lower(name)).append(":").append(value).append("\n");
    }
    return base::keyed_hash(kFixed, text);
}

void keep_latest(std::vector<ListedMessage>& messages) {
    std::size_t bytes = 0;
    auto first = messages.end();
    while (first != messages.begin()) {
        bytes += size_of(*std::prev(first));
        const auto count = static_cast<std::size_t>(messages.end() - first) + 1;
        if (bytes > kMaxMessageBytes || count > kMaxMessages) break;
        --first;
    }
    messages.erase(messages.begin(), first);
}

bool is_header(std::string_view name, std::string_view value) noexcept {
    return is_token(name) && is_one_line(value);
}

bool is_waiting(const MessageCounts& counts) noexcept {
    if (counts.waiting) return *counts.waiting;
    const bool has_known = std::any_of(counts.classes.begin(), counts.classes.end(),
                                       [](const auto& count) { return count && count->fresh > 0; });
    return has_known || std::any_of(counts.other_classes.begin(), counts.other_classes.end(),
                                    [](const auto& entry) { return entry.second.fresh > 0; });
}

void add(MessageCounts& sum, const MessageCounts& more) {
    sum.waiting = is_waiting(sum) || is_waiting(more);
    if (sum.account.empty()) sum.account = more.account;
    for (std::size_t i = 0; i < kMessageClasses; ++i) {
        if (!more.classes[i]) continue;
        if (!sum.classes[i]) sum.classes[i].emplace();
        add_count(*sum.classes[i], *more.classes[i]);
    }
    for (const auto& entry : more.other_classes) {
        const auto known = find_by_name(sum.other_classes, entry.first);
        if (known != sum.other_classes.end()) {
            add_count(known->second, entry.second);
            continue;
        }
        // By name, so that the order does not tell which publication is the newest.
        const std::string name = base::lower(entry.first);
        const auto place =
            std::find_if(sum.other_classes.begin(), sum.other_classes.end(),
                         [&name](const auto& other) { return base::lower(other.first) > name; });
        sum.other_classes.insert(place, entry);
    }
    for (const auto& header : more.other_headers) {
        if (find_by_name(sum.other_headers, header.first) == sum.other_headers.end()) {
            sum.other_headers.push_back(header);
        }
    }
}

std::string to_body(const MessageCounts& counts, std::string_view mailbox) {
    std::string body;
    body.reserve(160);
    append_header(body, "Messages-Waiting", is_waiting(counts) ? "yes" : "no");
    const auto account = counts.account.empty() ? mailbox : std::string_view(counts.account);
    if (!account.empty()) append_header(body, "Message-Account", account);
    bool has_count = !counts.other_classes.empty();
    for (std::size_t i = 0; i < kMessageClasses; ++i) {
        if (!counts.classes[i]) continue;
        has_count = true;
        append_count(body, kNames[i], *counts.classes[i]);
    }
    if (!has_count && !is_waiting(counts)) append_count(body, kNames[0], {});
    for (const auto& [name, count] : counts.other_classes) append_count(body, name, count);
    for (const auto& [name, value] : counts.other_headers) append_header(body, name, value);
    for (const auto& message : counts.messages) {
        body += "\r\n";
        for (const auto& [name, value] : message.headers) append_header(body, name, value);
    }
    return body;
}

bool has_any_of(const ListedMessage& message, std::span<const std::string> names) noexcept {
    return std::any_of(message.headers.begin(), message.headers.end(),
                       [names](const auto& header) { return is_any_of(header.first, names); });
}

void append_messages(std::string& body, std::span<const ListedMessage> messages,
                     std::span<const std::string> names) {
    for (const auto& message : messages) {
        if (!has_any_of(message, names)) continue;
        body += "\r\n";
        for (const auto& [name, value] : message.headers) {
            if (is_any_of(name, names)) append_header(body, name, value);
        }
    }
}

Result<MessageCounts> parse_message_summary(std::string_view body, MessageList listing) {
    return SummaryReader(body, listing).run();
}

std::string with_earlier_messages(std::string_view body, std::string_view earlier) {
    auto counts = parse_message_summary(body, MessageList::kept);
    auto before = parse_message_summary(earlier, MessageList::kept);
    if (!counts || !before || before->messages.empty()) return std::string(body);
    auto& all = before->messages;
    for (auto& message : counts->messages) {
        std::erase_if(all, [&](const ListedMessage& other) { return other.id == message.id; });
        all.push_back(std::move(message));
    }
    keep_latest(all);
    counts->messages = std::move(all);
    return to_body(*counts, {});
}

}  // namespace herald::packages
