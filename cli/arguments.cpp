// cli/arguments.cpp: command lines as a table describes them.
#include "cli/arguments.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "base/text.h"

namespace herald::cli {
namespace {

Fault misuse(std::string detail) {
    return {FaultKind::malformed, std::move(detail)};
}

std::string quoted(std::string_view word) {
    return "'" + std::string(word) + "'";
}

/// Letters to insert, remove, replace or swap with their neighbour to make `a` into `b`.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

std::vector<std::string_view> choices(std::string_view value) {
    std::vector<std::string_view> all;
    if (value.find('|') == std::string_view::npos) return all;
    while (!value.empty()) {
        const base::Split split = base::split_once(value, '|');
        all.push_back(split.before);
        value = split.after;
    }
    return all;
}

Status check_choice(const Option& option, std::string_view value) {
    const auto allowed = choices(option.value);
    if (allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end())
        return {};
    std::string text = "--" + std::string(option.name) + " is " + quoted(value) + ", expected ";
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        if (i > 0) text += i + 1 == allowed.size() ? " or " : ", ";
        text += allowed[i];
    }
    return misuse(std::move(text));
}

Status check_number(const Option& option, std::string_view value) {
    const auto number = base::to_u64(value);
    if (number && *number >= option.least && *number <= option.most) return {};
    std::string text =
        "--" + std::string(option.name) + " is " + quoted(value) + ", expected a number";
    const bool is_too_large = number && *number > option.most;
    if (option.most != UINT32_MAX || is_too_large) {
        text += " from " + std::to_string(option.least) + " to " + std::to_string(option.most);
    } else if (option.least > 0) {
        text += " not below " + std::to_string(option.least);
    }
    return misuse(std::move(text));
}

Fault unknown_option(const Syntax& syntax, std::string_view name) {
    std::vector<std::string_view> names{"help"};
    for (const Option& option : syntax.options) names.push_back(option.name);
    std::string text = "unknown option --" + std::string(name);
    const std::string_view meant = nearest(name, names);
    if (!meant.empty()) text += "; did you mean --" + std::string(meant) + "?";
    return misuse(std::move(text));
}

/// An option as it is written.
struct Written {
    const Option* option = nullptr;
    std::optional<std::string_view> value;  ///< where it is part of the same word
};

/// `--name`, `--name=VALUE`
Result<Written> read_long(const Syntax& syntax, std::string_view word) {
    const base::Split split = base::split_once(word.substr(2), '=');
    const auto option = std::find_if(syntax.options.begin(), syntax.options.end(),
                                     [&](const Option& o) { return o.name == split.before; });
    if (option == syntax.options.end()) return unknown_option(syntax, split.before);
    Written written{&*option, std::nullopt};
    if (split.found) written.value = split.after;
    return written;
}

/// `-n`, `-nVALUE`
Result<Written> read_short(const Syntax& syntax, std::string_view word) {
    const auto option = std::find_if(syntax.options.begin(), syntax.options.end(),
                                     [&](const Option& o) { return o.letter == word[1]; });
    if (option == syntax.options.end()) {
        return misuse("unknown option " + quoted(word) + ": names of options have two dashes");
    }
    Written written{&*option, std::nullopt};
    if (word.size() > 2) written.value = word.substr(2);
    return written;
}

Result<Written> read_option(const Syntax& syntax, std::string_view word) {
    return word[1] == '-' ? read_long(syntax, word) : read_short(syntax, word);
}

/// The word of `syntax.operands` that stands for operand number `index`.
std::string operand_name(const Syntax& syntax, std::size_t index) {
    std::string_view rest = syntax.operands;
    for (; index > 0 && rest.find(' ') != rest.npos; --index)
        rest = base::split_once(rest, ' ').after;
    std::string name(base::split_once(rest, ' ').before);
    if (name.ends_with("...")) name.resize(name.size() - 3);
    return name;
}

Status check_operands(const Syntax& syntax, const std::vector<std::string>& operands) {
    if (operands.size() < syntax.least_operands) {
        return misuse("missing argument " + operand_name(syntax, operands.size()));
    }
    if (operands.size() > syntax.most_operands) {
        return misuse("unexpected argument " + quoted(operands[syntax.most_operands]));
    }
    return {};
}

}  // namespace

Result<Arguments> Arguments::parse(const Syntax& syntax,
                                   const std::vector<std::string_view>& words) {
    Arguments arguments;
    bool options_ended = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (options_ended || word.size() < 2 || word[0] != '-') {
            arguments.operands_.emplace_back(word);
            continue;
        }
        if (word == "--") {
            options_ended = true;
            continue;
        }
        Result<Written> written = read_option(syntax, word);
        if (!written) return written.fault();
        const Option& option = *written->option;
        if (!written->value && option.kind != Option::Kind::flag && i + 1 < words.size())
            written->value = words[++i];
        if (Status taken = arguments.take(option, written->value); !taken) return taken.fault();
    }
    for (const Option& option : syntax.options) {
        if (option.is_required && !arguments.has(option.name)) {
            return misuse("missing option --" + std::string(option.name) + " " +
                          std::string(option.value));
        }
    }
    if (Status fits = check_operands(syntax, arguments.operands_); !fits) return fits.fault();
    return arguments;
}

Status Arguments::take(const Option& option, std::optional<std::string_view> value) {
    const std::string name = "--" + std::string(option.name);
    if (option.kind == Option::Kind::flag) {
        if (value) return misuse(name + " takes no value");
    } else {
        if (!value) return misuse("missing value: " + name + " " + std::string(option.value));
        Status fits = option.kind == Option::Kind::number ? check_number(option, *value)
                                                          : check_choice(option, *value);
        if (!fits) return fits;
    }
    std::erase_if(given_, [&](const Given& given) { return given.name == option.name; });
    given_.push_back({option.name, std::string(value.value_or(""))});
    return {};
}

const Arguments::Given* Arguments::find(std::string_view option) const noexcept {
    for (const Given& given : given_) {
        if (given.name == option) return &given;
    }
    return nullptr;
}

bool Arguments::has(std::string_view option) const noexcept {
    return find(option) != nullptr;
}

std::optional<std::string_view> Arguments::text(std::string_view option) const noexcept {
    const Given* given = find(option);
    if (!given) return std::nullopt;
    return given->value;
}

std::string_view Arguments::text_or(std::string_view option,
                                    std::string_view otherwise) const noexcept {
    return text(option).value_or(otherwise);
}

std::optional<std::uint32_t> Arguments::number(std::string_view option) const noexcept {
    const Given* given = find(option);
    if (!given) return std::nullopt;
    return base::to_u32_clamped(given->value);
}

std::uint32_t Arguments::number_or(std::string_view option,
                                   std::uint32_t otherwise) const noexcept {
    return number(option).value_or(otherwise);
}

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
    std::string_view best;
    // A slip changes about a letter in three; beyond that a guess confuses more than it helps.
    std::size_t least = word.size() / 3 + 2;
    for (const std::string_view candidate : candidates) {
        const bool is_begun = word.size() >= 2 && candidate.substr(0, word.size()) == word;
        const std::size_t far = is_begun ? 1 : distance(word, candidate);
        if (far < least && far < candidate.size()) {
            least = far;
            best = candidate;
        }
    }
    return best;
}

std::string describe(const std::vector<Option>& options) {
    constexpr std::size_t kColumn = 27;
    std::string out;
    for (const Option& option : options) {
        std::string line = "  ";
        if (option.letter) line += std::string{'-', option.letter} + ", ";
        line += "--" + std::string(option.name);
        if (!option.value.empty()) line += " " + std::string(option.value);
        if (line.size() + 2 > kColumn) {
            out += line + "\n";
            line.clear();
        }
        line.resize(kColumn, ' ');
        out += line + std::string(option.help) + "\n";
    }
    return out;
}

}  // namespace herald::cli
