// server/admin/admin_tokens.cpp: tokens of the HTTP API that were made over it, as they are kept.
#include "server/admin/admin_tokens.h"

#include <utility>

#include "server/admin/admin_carrier.h"

namespace herald::server {

namespace {

class StoredTokens final : public TokenAdmin {
public:
    explicit StoredTokens(const AdminCarrier& carrier) : carrier_(carrier) {}

    std::vector<store::Token> at_start() const override { return carrier_.store().tokens(); }

    Status put(store::Token row) override {
        return carrier_.share(store::PutToken{std::move(row)}, [](Shard&) {});
    }

private:
    const AdminCarrier& carrier_;
};

}  // namespace

std::unique_ptr<TokenAdmin> token_admin(const AdminCarrier& carrier) {
    return std::make_unique<StoredTokens>(carrier);
}

}  // namespace herald::server
