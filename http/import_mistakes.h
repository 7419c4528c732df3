// http/import_mistakes.h: what is wrong with an import, line by line: nothing of it is taken then.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace herald::http {

class ImportMistakes {
public:
    /// Lines count from 1.
    void add(std::size_t line, std::string why);
    bool is_empty() const noexcept { return mistakes_.empty(); }
    /// 400 with the first hundred, by line (RFC 9457 3.2). There is at least one.
    Answer refusal(std::string_view path) const;

private:
    struct Mistake {
        std::size_t line;
        std::string why;
    };
    std::vector<Mistake> mistakes_;
};

}  // namespace herald::http
