// tests/fuzz/sip_uri_fuzz.cpp: any text as a URI: equality is reflexive and symmetric, keys are
// stable.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/uri.h"

using namespace herald::sip;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void require_stable_key(const Uri& uri) {
    const std::string key = canonical_aor(uri);
    require(key.find('\0') == std::string::npos);
    const auto again = parse_uri(key);
    if (uri.scheme == Scheme::other) return;
    require(again.has_value());
    require(canonical_aor(*again) == key);
}

void require_request_uri(const Uri& uri) {
    std::string formed;
    append_request_uri(formed, uri);
    const auto again = parse_uri(formed);
    require(again.has_value());
    if (uri.scheme != Scheme::sip && uri.scheme != Scheme::sips) return;
    require(again->headers.empty());
    require(!again->parameter("method"));
    require(again->user == uri.user && again->host == uri.host && again->port == uri.port);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t middle = text.find('\n');
    const auto one = parse_uri(text.substr(0, middle));
    if (one) {
        require(equivalent(*one, *one));
        require_stable_key(*one);
        require_request_uri(*one);
    }
    if (middle != std::string_view::npos) {
        const auto two = parse_uri(text.substr(middle + 1));
        if (one && two) require(equivalent(*one, *two) == equivalent(*two, *one));
    }

    std::string_view rest = text;
    std::size_t left = rest.size();
    while (const auto parameter = next_parameter(rest)) {
        require(!parameter->name.empty());
        require(rest.size() < left);
        left = rest.size();
    }
    const std::string host = canonical_host(text);
    require(canonical_host(host) == host);
    return 0;
}
