// tests/fuzz/http_request_fuzz.cpp: any bytes as HTTP requests of one connection: wherever they are
// divided, they are the same requests, and what was refused says why.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.h"

using namespace herald;

namespace {

constexpr std::size_t kMaxBody = 4096;

/// One line for each request that was read, and one for how it ended.
std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
    using Stage = http::RequestReader::Stage;
    std::vector<std::string> told;
    http::RequestReader reader(kMaxBody);
    while (!bytes.empty()) {
        reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        while (reader.stage() == Stage::decided || reader.stage() == Stage::complete) {
            if (reader.stage() == Stage::decided && reader.head().has_body()) reader.want_body();
            if (reader.stage() != Stage::decided && reader.stage() != Stage::complete) break;
            const auto& request = reader.head().request;
            told.push_back(request.method + " " + request.target + " " + reader.take_body());
            reader.next();
        }
        if (reader.stage() == Stage::refused) break;
    }
    reader.end();
    if (reader.stage() == Stage::refused) {
        if (reader.fault().detail.empty()) std::abort();
        told.emplace_back("refused");
    }
    return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto whole = read(text, size == 0 ? 1 : size);
    if (read(text, 1) != whole || read(text, 7) != whole) std::abort();
    return 0;
}
