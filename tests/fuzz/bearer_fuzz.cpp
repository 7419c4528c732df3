// tests/fuzz/bearer_fuzz.cpp: no bytes are a good token of somebody's, and no file of keys breaks
// anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/access/bearer.h"
#include "tests/support/token_issuer.h"

using namespace herald;
using namespace herald::server;

namespace {

struct World {
    test::TokenIssuer issuer;
    std::shared_ptr<const BearerKeys> keys = *BearerKeys::read(issuer.jwks(), "keys");
    BearerRules rules{.issuer = "i", .audience = "a", .now = base::WallTime(std::chrono::hours(1))};

    /// Claims that are signed are read, whatever is in them; and only who is named is let in.
    void read_signed(std::string_view claims) const {
        const auto read = read_bearer(issuer.token(claims), *keys, rules);
        const bool may_expire = claims.find("\"exp\"") != std::string_view::npos ||
                                claims.find('\\') != std::string_view::npos;
        if (read && (read->user.empty() || !may_expire)) std::abort();
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const World world;
    if (size < 1 || size > 4096) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0:
            if (read_bearer(text, *world.keys, world.rules)) std::abort();
            break;
        case 1:
            world.read_signed(text);
            break;
        case 2:
            static_cast<void>(BearerKeys::read(text, "keys"));
            break;
        default: {
            // Any header but their own before claims that are good.
            const std::string good =
                world.issuer.token(R"({"iss":"i","aud":"a","sub":"s","exp":99999})");
            const auto token = test::TokenIssuer::base64url(text) + good.substr(good.find('.'));
            if (token != good && read_bearer(token, *world.keys, world.rules)) std::abort();
        }
    }
    return 0;
}
