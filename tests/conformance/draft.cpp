// tests/conformance/draft.cpp: a message as a story builds it, before it is text.
#include "tests/conformance/draft.h"

#include <algorithm>

#include "base/text.h"
#include "tests/support/fake_transport.h"

namespace herald::conformance {

namespace {

std::string_view usual_type(std::string_view event) {
    if (base::istarts_with(event, "message-summary")) return "application/simple-message-summary";
    if (base::istarts_with(event, "dialog")) return "application/dialog-info+xml";
    return "application/pidf+xml";
}

}  // namespace

bool Draft::has(std::string_view name) const {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const Line& line) { return base::iequals(line.first, name); });
}

void Draft::add(std::string_view name, std::string_view value) {
    headers.emplace_back(name, value);
}

void Draft::set(std::string_view name, std::string_view value) {
    const auto first = std::find_if(headers.begin(), headers.end(), [&](const Line& line) {
        return base::iequals(line.first, name);
    });
    if (first == headers.end()) return add(name, value);
    first->second = value;
    headers.erase(std::remove_if(first + 1, headers.end(),
                                 [&](const Line& line) { return base::iequals(line.first, name); }),
                  headers.end());
}

void Draft::remove(std::string_view name) {
    std::erase_if(headers, [&](const Line& line) { return base::iequals(line.first, name); });
}

std::string_view Draft::value(std::string_view name) const {
    for (const auto& line : headers) {
        if (base::iequals(line.first, name)) return line.second;
    }
    return {};
}

Status Draft::apply(const std::vector<std::string>& block) {
    std::vector<std::string> named;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const std::string_view line = block[i];
        if (line.empty()) {
            body = test::wire(joined(block, i + 1));
            break;
        }
        if (line.starts_with("no ")) {
            remove(line.substr(3));
            unwanted_.emplace_back(line.substr(3));
            continue;
        }
        const auto [name, value, found] = base::split_once(line, ':');
        if (!found) return Fault{FaultKind::malformed, "not a header: " + std::string(line)};
        const bool is_again = std::find(named.begin(), named.end(), name) != named.end();
        if (is_again) {
            add(name, base::trim(value));
        } else {
            set(name, base::trim(value));
            named.emplace_back(name);
        }
    }
    return {};
}

std::string Draft::text() const {
    std::string out = start_line + "\r\n";
    const auto line = [&](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    for (const auto& [name, value] : headers) line(name, value);
    if (!body.empty() && !has("Content-Type") && !is_unwanted("Content-Type")) {
        const bool is_message = start_line.starts_with("MESSAGE ");
        line("Content-Type", is_message ? "text/plain" : usual_type(value("Event")));
    }
    if (!has("Content-Length") && !is_unwanted("Content-Length")) {
        line("Content-Length", std::to_string(body.size()));
    }
    return out + "\r\n" + body;
}

bool Draft::is_unwanted(std::string_view name) const {
    return std::any_of(unwanted_.begin(), unwanted_.end(),
                       [&](const auto& unwanted) { return base::iequals(unwanted, name); });
}

std::string joined(const std::vector<std::string>& lines, std::size_t from) {
    std::string text;
    for (std::size_t i = from; i < lines.size(); ++i) {
        text += lines[i];
        text += '\n';
    }
    return text;
}

}  // namespace herald::conformance
