// tests/conformance/story.cpp: reads story files.
#include "tests/conformance/story.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace herald::conformance {

namespace {

constexpr std::string_view kIndent = "    ";

Fault mistake(std::string_view file, unsigned line, std::string_view why) {
    std::string text(file);
    text += ':';
    text += std::to_string(line);
    text += ": ";
    text += why;
    return {FaultKind::malformed, std::move(text)};
}

void replace_all(std::string& text, const std::string& what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

Story with(Story story, const std::string& name, std::string_view value) {
    replace_all(story.headline, name, value);
    for (auto& step : story.steps) {
        replace_all(step.text, name, value);
        for (auto& line : step.block) replace_all(line, name, value);
    }
    return story;
}

/// One story for each value of its `each name: value value`.
std::vector<Story> unfolded(Story story) {
    constexpr std::string_view kEach = "each ";
    if (story.steps.empty() || !story.steps.front().text.starts_with(kEach))
        return {std::move(story)};
    const auto each = story.steps.front().text;
    story.steps.erase(story.steps.begin());
    auto [name, values, found] = base::split_once(std::string_view(each).substr(kEach.size()), ':');
    std::vector<Story> stories;
    for (auto rest = base::trim(values); !rest.empty();) {
        const auto [value, after, more] = base::split_once(rest, ' ');
        stories.push_back(with(story, "{" + std::string(name) + "}", value));
        rest = base::trim(after);
    }
    return stories;
}

/// Collects the lines of one file.
class Reader {
public:
    explicit Reader(std::string_view file) : file_(file) {}

    Status read(std::string_view line) {
        ++line_;
        if (line.starts_with("--")) return {};
        if (line.empty()) return read_empty();
        if (line.starts_with(kIndent)) return read_indented(line.substr(kIndent.size()));
        if (line.front() == ' ') return mistake(file_, line_, "indented by less than four blanks");
        if (line.starts_with("# ")) return read_headline(line.substr(2));
        steps().push_back({line_, std::string(line), {}});
        return {};
    }

    std::vector<Story> finish() {
        for (auto& story : stories_) trim(story.steps);
        trim(opening_);
        std::vector<Story> all;
        for (auto& story : stories_) {
            for (auto& one : unfolded(std::move(story))) {
                one.steps.insert(one.steps.begin(), opening_.begin(), opening_.end());
                all.push_back(std::move(one));
            }
        }
        return all;
    }

private:
    std::vector<Step>& steps() { return stories_.empty() ? opening_ : stories_.back().steps; }

    Status read_empty() {
        if (!steps().empty()) steps().back().block.emplace_back();
        return {};
    }

    Status read_indented(std::string_view line) {
        if (steps().empty()) return mistake(file_, line_, "an indented line under no step");
        steps().back().block.emplace_back(line);
        return {};
    }

    Status read_headline(std::string_view headline) {
        if (headline.find(": ") == std::string_view::npos) {
            return mistake(file_, line_, "a headline is a section, a colon and a claim");
        }
        stories_.push_back({std::string(file_), line_, std::string(headline), {}});
        return {};
    }

    /// Empty lines between steps are nobody's.
    static void trim(std::vector<Step>& steps) {
        for (auto& step : steps) {
            while (!step.block.empty() && step.block.back().empty()) step.block.pop_back();
        }
    }

    std::string_view file_;
    unsigned line_ = 0;
    std::vector<Step> opening_;
    std::vector<Story> stories_;
};

/// "RFC 6665 4.10" sorts after "RFC 6665 4.9": numbers by value, everything else as text.
std::vector<std::pair<std::uint64_t, std::string>> sorting_key(std::string_view section) {
    std::vector<std::pair<std::uint64_t, std::string>> key;
    std::size_t at = 0;
    while (at < section.size()) {
        const bool is_number = base::is_digit(section[at]);
        std::size_t end = at;
        while (end < section.size() && base::is_digit(section[end]) == is_number) ++end;
        const auto part = section.substr(at, end - at);
        key.emplace_back(is_number ? base::to_u64(part).value_or(0) : 0, is_number ? "" : part);
        at = end;
    }
    return key;
}

}  // namespace

std::string_view Story::section() const {
    return std::string_view(headline).substr(0, headline.find(": "));
}

std::string_view Story::claim() const {
    return std::string_view(headline).substr(headline.find(": ") + 2);
}

Result<std::vector<Story>> parse_stories(std::string_view file, std::string_view text) {
    Reader reader(file);
    while (!text.empty()) {
        const auto [line, rest, found] = base::split_once(text, '\n');
        if (auto read = reader.read(line); !read) return read.fault();
        text = rest;
    }
    return reader.finish();
}

Result<std::vector<Story>> read_stories(const std::string& folder) {
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".story") paths.push_back(entry.path());
    }
    if (error) return Fault{FaultKind::io, folder + ": " + error.message()};
    std::sort(paths.begin(), paths.end());

    std::vector<Story> all;
    for (const auto& path : paths) {
        std::ifstream file(path);
        std::stringstream text;
        text << file.rdbuf();
        if (!file) return Fault{FaultKind::io, "cannot read " + path.string()};
        auto stories = parse_stories(path.filename().string(), text.str());
        if (!stories) return stories.fault();
        std::move(stories->begin(), stories->end(), std::back_inserter(all));
    }
    return all;
}

std::string describe(const std::vector<Story>& stories, bool (*is_told_live)(const Story&)) {
    std::vector<const Story*> sorted;
    for (const auto& story : stories) sorted.push_back(&story);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Story* a, const Story* b) {
        return sorting_key(a->section()) < sorting_key(b->section());
    });
    std::string page = "| section | what is shown | story | live |\n|---|---|---|:-:|\n";
    for (const auto* story : sorted) {
        page += "| ";
        page += story->section();
        page += " | ";
        page += story->claim();
        page += " | `" + story->file + "` | ";
        page += is_told_live(*story) ? "x |\n" : " |\n";
    }
    return page;
}

}  // namespace herald::conformance
