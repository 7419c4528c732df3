// http/head.cpp: request line, field lines, and what they say of length and connection.
#include "http/head.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "http/problem.h"

namespace herald::http {

namespace {

constexpr std::size_t kLongestLength = 18;  ///< digits of a Content-Length

bool is_token_character(char c) noexcept {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_visible(char c) noexcept {
    return c > 0x20 && c < 0x7F;
}

/// What a field value may hold: no control characters but the tab.
bool is_value_character(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

bool is_host_character(char c) noexcept {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool is_port(std::string_view text) noexcept {
    return text.size() <= 5 && std::all_of(text.begin(), text.end(), base::is_digit);
}

std::string_view without_blanks(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_version(std::string_view text) noexcept {
    return text.size() == 8 && text.substr(0, 5) == "HTTP/" && base::is_digit(text[5]) &&
           text[6] == '.' && base::is_digit(text[7]);
}

/// The authority of an absolute target (RFC 9112 3.2.2); nullopt where it is a path.
std::optional<std::string_view> authority_of(std::string_view target) noexcept {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!base::istarts_with(target, scheme)) continue;
        const std::string_view rest = target.substr(scheme.size());
        return rest.substr(0, rest.find_first_of("/?"));
    }
    return std::nullopt;
}

/// Reads one head; each step returns what is wrong.
class HeadReader {
public:
    Result<Head> run(std::string_view bytes) {
        std::string_view rest = bytes;
        if (auto status = request_line(next_line(rest)); !status) return status.fault();
        if (!head_.is_spoken) return std::move(head_);
        std::size_t count = 0;
        for (auto line = next_line(rest); !line.empty(); line = next_line(rest)) {
            if (++count > HeadLimits::kFields)
                return malformed("There are more than 100 header lines.");
            if (auto status = field(line); !status) return status.fault();
        }
        if (auto status = check_host(); !status) return status.fault();
        if (auto status = check_framing(); !status) return status.fault();
        return std::move(head_);
    }

private:
    static std::string_view next_line(std::string_view& rest) noexcept {
        const auto end = std::min(rest.find("\r\n"), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 2, rest.size()));
        return line;
    }

    /// RFC 9112 3: one blank between, whatever else some take.
    Status request_line(std::string_view line) {
        const auto [method, after, has_target] = base::split_once(line, ' ');
        const auto [target, version, has_version] = base::split_once(after, ' ');
        if (!has_target || !has_version || !is_token(method) || !is_version(version))
            return malformed("The first line is no request line, as in: GET / HTTP/1.1");
        if (target.empty() || !std::all_of(target.begin(), target.end(), is_visible))
            return malformed("The request target holds what has to be percent-encoded.");
        if (target.size() > HeadLimits::kTarget)
            return malformed("The request target is longer than 16 KiB.");
        head_.request.method = method;
        head_.request.target = target;
        head_.is_spoken = version[5] == '1';
        head_.is_http10 = version == "HTTP/1.0";
        head_.keeps_alive = !head_.is_http10;
        return {};
    }

    Status field(std::string_view text) {
        const auto line = parse_field_line(text);
        if (!line) {
            return malformed(
                "A header line cannot be read: expected a name, a colon right behind it, and a "
                "value "
                "without control characters, at most 8 KiB and each ended by CR LF.");
        }
        for (const auto& [name, take] : kFields) {
            if (base::iequals(line->name, name)) return (this->*take)(line->value);
        }
        return {};
    }

    Status host(std::string_view value) {
        if (host_) return malformed("Send one Host header.");
        host_ = value;
        return {};
    }
    Status content_length(std::string_view value) {
        if (has_length_) return malformed("There are two Content-Length headers.");
        const auto length = base::to_u64(value);
        if (!length || value.size() > kLongestLength)
            return malformed("Content-Length is no number.");
        has_length_ = true;
        head_.framing = Framing::length;
        head_.length = *length;
        return {};
    }
    Status transfer_encoding(std::string_view value) {
        if (is_chunked_) return malformed("There are two Transfer-Encoding headers.");
        if (!base::iequals(value, "chunked"))
            return malformed("The only Transfer-Encoding taken here is chunked.");
        is_chunked_ = true;
        return {};
    }
    Status connection(std::string_view value) {
        while (!value.empty()) {
            const auto [option, rest, found] = base::split_once(value, ',');
            if (base::iequals(without_blanks(option), "close")) head_.keeps_alive = false;
            value = rest;
        }
        return {};
    }
    Status expect(std::string_view value) {
        if (!base::iequals(value, "100-continue"))
            return malformed("The only Expect taken here is 100-continue.");
        head_.wants_invitation = !head_.is_http10;
        return {};
    }
    /// Who holds two tokens would be somebody else to whom reads the other.
    Status authorization(std::string_view value) {
        if (!head_.request.authorization.empty())
            return malformed("There are two Authorization headers.");
        head_.request.authorization = value;
        return {};
    }
    Status content_type(std::string_view value) {
        if (!head_.request.content_type.empty())
            return malformed("There are two Content-Type headers.");
        head_.request.content_type = value;
        return {};
    }
    /// RFC 9110 5.3: lines of one name are one list.
    static Status join(std::string& all, std::string_view value) {
        if (!all.empty()) all += ", ";
        all += value;
        return {};
    }
    Status accept(std::string_view value) { return join(head_.request.accept, value); }
    Status if_match(std::string_view value) { return join(head_.request.if_match, value); }
    Status if_none_match(std::string_view value) {
        return join(head_.request.if_none_match, value);
    }

    Status origin(std::string_view value) { return once(head_.request.origin, value, "Origin"); }
    Status asked_method(std::string_view value) {
        return once(head_.request.asked_method, value, "Access-Control-Request-Method");
    }
    Status idempotency_key(std::string_view value) {
        return once(head_.request.idempotency_key, value, "Idempotency-Key");
    }
    Status forwarded_for(std::string_view value) {
        return join(head_.request.forwarded_for, value);
    }
    Status last_event_id(std::string_view value) {
        return once(head_.request.last_event_id, value, "Last-Event-ID");
    }
    Status range(std::string_view value) { return once(head_.request.range, value, "Range"); }
    Status if_range(std::string_view value) {
        return once(head_.request.if_range, value, "If-Range");
    }
    /// Of several the first: nothing depends on it but what somebody reads.
    Status user_agent(std::string_view value) {
        if (head_.request.user_agent.empty()) head_.request.user_agent = value;
        return {};
    }
    static Status once(std::string& place, std::string_view value, const char* name) {
        if (!place.empty()) return malformed(std::string("There are two ") + name + " headers.");
        place = value;
        return {};
    }

    /// RFC 9112 3.2: a request that names no host, or two, may mean another server.
    Status check_host() {
        if (!host_ && head_.is_http10) return {};
        if (!host_) return malformed("Send one Host header.");
        const auto name = host_of(*host_);
        if (!name) return malformed("The Host header names no host.");
        head_.request.host = *name;
        const auto authority = authority_of(head_.request.target);
        if (authority && !base::iequals(*authority, *host_))
            return malformed("The request target and the Host header name different hosts.");
        return {};
    }

    /// RFC 9112 6.3: two lengths are two opinions about where the next request begins.
    Status check_framing() {
        if (is_chunked_ && (has_length_ || head_.is_http10)) {
            return malformed(
                "The length of this request is unclear: expected one Content-Length, or, in "
                "HTTP/1.1, "
                "chunks.");
        }
        if (is_chunked_) head_.framing = Framing::chunks;
        head_.request.has_length = is_chunked_ || has_length_;
        return {};
    }

    using Take = Status (HeadReader::*)(std::string_view value);
    static const std::array<std::pair<std::string_view, Take>, 18> kFields;

    Head head_;
    std::optional<std::string_view> host_;
    bool has_length_ = false;
    bool is_chunked_ = false;
};

constinit const std::array<std::pair<std::string_view, HeadReader::Take>, 18> HeadReader::kFields{{
    {"Host", &HeadReader::host},
    {"Content-Length", &HeadReader::content_length},
    {"Transfer-Encoding", &HeadReader::transfer_encoding},
    {"Connection", &HeadReader::connection},
    {"Expect", &HeadReader::expect},
    {"Authorization", &HeadReader::authorization},
    {"Content-Type", &HeadReader::content_type},
    {"Accept", &HeadReader::accept},
    {"If-Match", &HeadReader::if_match},
    {"If-None-Match", &HeadReader::if_none_match},
    {"Range", &HeadReader::range},
    {"If-Range", &HeadReader::if_range},
    {"User-Agent", &HeadReader::user_agent},
    {"Origin", &HeadReader::origin},
    {"Access-Control-Request-Method", &HeadReader::asked_method},
    {"Last-Event-ID", &HeadReader::last_event_id},
    {"Idempotency-Key", &HeadReader::idempotency_key},
    {"X-Forwarded-For", &HeadReader::forwarded_for},
}};

}  // namespace

Result<Head> parse_head(std::string_view bytes) {
    return HeadReader().run(bytes);
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::optional<FieldLine> parse_field_line(std::string_view line) noexcept {
    const auto [name, rest, found] = base::split_once(line, ':');
    if (!found || !is_token(name) || line.size() > HeadLimits::kLine) return std::nullopt;
    if (!std::all_of(rest.begin(), rest.end(), is_value_character)) return std::nullopt;
    return FieldLine{name, without_blanks(rest)};
}

std::optional<std::string> host_of(std::string_view value) {
    const bool is_bracketed = !value.empty() && value.front() == '[';
    const auto end = is_bracketed ? value.find(']') : value.find(':');
    if (is_bracketed && end == std::string_view::npos) return std::nullopt;
    const std::string_view name = value.substr(0, is_bracketed ? end + 1 : end);
    const std::string_view port = value.substr(name.size());
    if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return std::nullopt;
    const std::string_view inner = is_bracketed ? name.substr(1, name.size() - 2) : name;
    const bool is_host = std::all_of(inner.begin(), inner.end(), [&](char c) {
        return is_host_character(c) || (is_bracketed && c == ':');
    });
    if (inner.empty() || !is_host) return std::nullopt;
    return base::lower(name);
}

}  // namespace herald::http
