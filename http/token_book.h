// http/token_book.h: the tokens there are: those of the configuration, which a reload may change,
// and those that were made over HTTP.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/tokens.h"
#include "server/config/config.h"

namespace herald::http {

/// Any thread.
class TokenBook {
public:
    explicit TokenBook(std::vector<server::HttpToken> configured = {},
                       std::vector<server::HttpToken> made = {});

    /// As of now; stays as it is.
    std::shared_ptr<const Tokens> tokens() const;
    void configure(std::vector<server::HttpToken> rows);
    /// In the place of one of its name.
    void add(server::HttpToken row);
    void remove(std::string_view name);

    struct Row {
        server::HttpToken token;
        bool is_configured = false;
    };
    /// All, by name.
    std::vector<Row> rows() const;
    /// The one of this name; its name is empty where there is none.
    Row find(std::string_view name) const;

private:
    void renew();

    mutable std::mutex mutex_;
    std::vector<server::HttpToken> configured_, made_;
    std::shared_ptr<const Tokens> tokens_;
};

}  // namespace herald::http
