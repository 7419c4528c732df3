// http/import_mistakes.cpp: what is wrong with an import, line by line.
#include "http/import_mistakes.h"

#include <algorithm>
#include <utility>

#include "http/problem.h"

namespace herald::http {

namespace {

constexpr std::size_t kMostTold = 100;

}  // namespace

void ImportMistakes::add(std::size_t line, std::string why) {
    mistakes_.push_back({line, std::move(why)});
}

Answer ImportMistakes::refusal(std::string_view path) const {
    auto told = mistakes_;
    std::stable_sort(told.begin(), told.end(),
                     [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
    const std::string first = "line " + std::to_string(told.front().line) + ": " + told.front().why;
    JsonArray rows;
    for (auto& [line, why] : told) {
        if (rows.size() == kMostTold) break;
        rows.push_back(JsonObject{{"line", line}, {"why", std::move(why)}});
    }
    return problem(400, "malformed", "Nothing was imported: " + first, path,
                   {{"mistakes", std::move(rows)}});
}

}  // namespace herald::http
