// sip/message.cpp: what a message knows of itself, its owned copy, and the short way into a
// response.
#include "sip/message.h"

#include "base/text.h"
#include "sip/grammar.h"
#include "sip/scan.h"

namespace herald::sip {
namespace {

/// Where the value that `text` begins with ends: at a comma outside quotes and <>, or at the end.
std::size_t list_value_length(std::string_view text) noexcept {
    bool in_angle = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            const std::size_t length = grammar::quoted_length(text.substr(i));
            if (length == std::string_view::npos) return text.size();
            i += length - 1;
        } else if (c == '<') {
            in_angle = true;
        } else if (c == '>') {
            in_angle = false;
        } else if (c == ',' && !in_angle) {
            return i;
        }
    }
    return text.size();
}

void shift(std::string_view& view, const char* from, const char* to) noexcept {
    if (view.data() != nullptr) view = {to + (view.data() - from), view.size()};
}

}  // namespace

std::optional<std::string_view> next_list_value(std::string_view& rest) noexcept {
    while (!rest.empty()) {
        std::size_t length = rest.size();
        if (scan::find(rest, ',') != scan::kNone) length = list_value_length(rest);
        const std::string_view value = grammar::trim(rest.substr(0, length));
        rest.remove_prefix(length == rest.size() ? length : length + 1);
        if (!value.empty()) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> Message::header(Header id) const noexcept {
    const std::uint8_t first = first_[static_cast<std::size_t>(id)];
    if (id == Header::other || first == 0) return std::nullopt;
    return fields_[first - 1U].value;
}

std::optional<std::string_view> Message::header(std::string_view name) const noexcept {
    const Header id = header_of(name);
    if (id != Header::other) return header(id);
    for (const HeaderField& field : fields_) {
        if (field.id == Header::other && base::iequals(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::size_t Message::count(Header id) const noexcept {
    std::size_t count = 0;
    for (const HeaderField& field : fields_) count += field.id == id ? 1 : 0;
    return count;
}

std::vector<std::string_view> Message::list(Header id) const {
    std::vector<std::string_view> values;
    if (first_[static_cast<std::size_t>(id)] == 0) return values;
    for (const HeaderField& field : fields_) {
        if (field.id != id) continue;
        std::string_view rest = field.value;
        while (const std::optional<std::string_view> value = next_list_value(rest)) {
            values.push_back(*value);
        }
    }
    return values;
}

void Message::rebase(const char* from, const char* to) noexcept {
    for (std::string_view* view :
         {&bytes_, &method_text_, &request_uri_, &reason_, &body_, &call_id_, &from_, &to_,
          &from_tag_, &to_tag_, &via_.text, &via_.transport, &via_.host, &via_.branch,
          &via_.received, &via_.maddr, &via_.rport_text}) {
        shift(*view, from, to);
    }
    for (HeaderField& field : fields_) {
        shift(field.name, from, to);
        shift(field.value, from, to);
    }
}

OwnedMessage::OwnedMessage(const Message& message) : storage_(message.bytes()), message_(message) {
    message_.rebase(message.bytes().data(), storage_.data());
}

namespace {

/// Reads a response line by line and gives up at anything out of the ordinary.
class HeadReader {
public:
    explicit HeadReader(std::string_view bytes) noexcept
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    std::optional<ResponseHead> run() noexcept {
        if (!read_status_line()) return std::nullopt;
        while (at_ != end_) {
            if (*at_ == '\r' || *at_ == '\n') {
                // A CR alone ends nothing: to parse() it is a blank, and this line a fold.
                const bool is_end = *at_ == '\n' || (end_ - at_ > 1 && at_[1] == '\n');
                if (!is_end || head_.branch.empty() || !has_cseq_) return std::nullopt;
                return head_;
            }
            const std::string_view line = take_line();
            if (line.empty() || !read_line(line)) return std::nullopt;
        }
        return std::nullopt;
    }

private:
    /// Without its line end; empty where that is missing.
    std::string_view take_line() noexcept {
        const char* const start = at_;
        const char* stop = scan::find_char(at_, end_, '\n');
        if (stop == end_) return {};
        at_ = stop + 1;
        if (stop != start && stop[-1] == '\r') --stop;
        return {start, static_cast<std::size_t>(stop - start)};
    }

    bool read_status_line() noexcept {
        const std::string_view line = take_line();
        if (line.size() < 11 || line.substr(0, 8) != "SIP/2.0 ") return false;
        if (line.size() > 11 && line[11] != ' ') return false;
        for (std::size_t i = 8; i < 11; ++i) {
            if (!base::is_digit(line[i])) return false;
            head_.status = head_.status * 10 + (line[i] - '0');
        }
        return head_.status >= 100 && head_.status <= 699;
    }

    bool read_line(std::string_view line) noexcept {
        switch (base::to_lower(line.front())) {
            case ' ':
            case '\t':
                return false;  // a fold
            case 'v':
            case 'c':
            case 'm':
                break;
            default:
                return true;
        }
        const std::size_t colon = scan::find(line, ':');
        if (colon == scan::kNone) return false;
        std::string_view name = line.substr(0, colon);
        while (!name.empty() && grammar::is_blank(name.back())) name.remove_suffix(1);
        const std::string_view value = grammar::trim(line.substr(colon + 1));
        switch (header_of(name)) {
            case Header::via:
                return read_via_row(value);
            case Header::cseq:
                return read_cseq(value);
            case Header::contact:
                head_.has_contact = true;
                return true;
            default:
                return true;
        }
    }

    /// One Via, and it is ours: no commas, no quotes.
    bool read_via_row(std::string_view value) noexcept {
        if (!head_.branch.empty()) return false;
        std::string_view rest = value;
        for (;;) {
            const std::size_t semicolon = scan::find(rest, ';');
            if (semicolon == scan::kNone) break;
            rest.remove_prefix(semicolon + 1);
            if (!base::istarts_with(rest, "branch=")) continue;
            const std::string_view branch = rest.substr(7, scan::find(rest.substr(7), ';'));
            if (!head_.branch.empty() || !grammar::all(branch, grammar::kToken)) return false;
            head_.branch = branch;
        }
        return !head_.branch.empty() &&
               scan::find_if(value, [](char c) { return c == ',' || c == '"'; }) == scan::kNone;
    }

    bool read_cseq(std::string_view value) noexcept {
        std::size_t end = 0;
        std::uint64_t number = 0;
        for (; end < value.size() && end < 11 && base::is_digit(value[end]); ++end) {
            number = number * 10 + static_cast<std::uint64_t>(value[end] - '0');
        }
        if (has_cseq_ || end == 0 || end == value.size() || number > UINT32_MAX) return false;
        if (!grammar::is_blank(value[end])) return false;
        head_.cseq = static_cast<std::uint32_t>(number);
        head_.method = method_of(grammar::trim(value.substr(end)));
        has_cseq_ = true;
        return true;
    }

    const char* at_;
    const char* const end_;
    ResponseHead head_{};
    bool has_cseq_ = false;
};

}  // namespace

std::optional<ResponseHead> peek_response(std::string_view bytes) noexcept {
    return HeadReader(bytes).run();
}

}  // namespace herald::sip
