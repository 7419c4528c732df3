// http/token_book.cpp: the tokens there are.
#include "http/token_book.h"

#include <algorithm>
#include <utility>

namespace herald::http {

TokenBook::TokenBook(std::vector<server::HttpToken> configured, std::vector<server::HttpToken> made)
    : configured_(std::move(configured)), made_(std::move(made)) {
    renew();
}

void TokenBook::renew() {
    auto all = configured_;
    all.insert(all.end(), made_.begin(), made_.end());
    tokens_ = std::make_shared<const Tokens>(all);
}

std::shared_ptr<const Tokens> TokenBook::tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
}

void TokenBook::configure(std::vector<server::HttpToken> rows) {
    const std::lock_guard lock(mutex_);
    configured_ = std::move(rows);
    renew();
}

void TokenBook::add(server::HttpToken row) {
    const std::lock_guard lock(mutex_);
    std::erase_if(made_, [&](const auto& each) { return each.name == row.name; });
    made_.push_back(std::move(row));
    renew();
}

void TokenBook::remove(std::string_view name) {
    const std::lock_guard lock(mutex_);
    std::erase_if(made_, [&](const auto& each) { return each.name == name; });
    renew();
}

std::vector<TokenBook::Row> TokenBook::rows() const {
    const std::lock_guard lock(mutex_);
    std::vector<Row> rows;
    for (const auto& token : configured_) rows.push_back({token, true});
    for (const auto& token : made_) rows.push_back({token, false});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.token.name < b.token.name; });
    return rows;
}

TokenBook::Row TokenBook::find(std::string_view name) const {
    for (auto& row : rows()) {
        if (row.token.name == name) return row;
    }
    return {};
}

}  // namespace herald::http
