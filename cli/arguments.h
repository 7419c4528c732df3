// cli/arguments.h: command lines as a table describes them: `--name VALUE`, `--name=VALUE`, `-n
// VALUE`, flags, and operands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::cli {

/// One option. All text is static.
struct Option {
    enum class Kind : std::uint8_t { flag, text, number };

    std::string_view name;  ///< without the dashes
    Kind kind = Kind::flag;
    std::string_view
        value;  ///< stands for the value in the help: "SECONDS"; "open|closed" allows these only
    std::string_view help;            ///< half a line
    std::uint32_t least = 0;          ///< of a number
    std::uint32_t most = UINT32_MAX;  ///< of a number
    bool is_required = false;
    char letter = 0;  ///< its short form; 0: none
};

/// What a command line may consist of.
struct Syntax {
    std::string_view operands;  ///< as the usage line shows them: "URI"
    std::size_t least_operands = 0;
    std::size_t most_operands = 0;
    std::vector<Option> options;
};

/// A command line that fits its Syntax. Owns its text.
class Arguments {
public:
    /// Reads what follows the command's name. `--` ends the options; of an option given twice the
    /// last one counts. Faults: malformed, with a sentence for the user.
    static Result<Arguments> parse(const Syntax& syntax,
                                   const std::vector<std::string_view>& words);

    bool has(std::string_view option) const noexcept;
    /// nullopt where the option was not given.
    std::optional<std::string_view> text(std::string_view option) const noexcept;
    std::string_view text_or(std::string_view option, std::string_view otherwise) const noexcept;
    std::optional<std::uint32_t> number(std::string_view option) const noexcept;
    std::uint32_t number_or(std::string_view option, std::uint32_t otherwise) const noexcept;

    const std::vector<std::string>& operands() const noexcept { return operands_; }

private:
    struct Given {
        std::string_view name;  ///< the Option's
        std::string value;
    };

    Status take(const Option& option, std::optional<std::string_view> value);
    const Given* find(std::string_view option) const noexcept;

    std::vector<Given> given_;
    std::vector<std::string> operands_;
};

/// A variable of the environment; empty where it is not set.
std::string environment(const char* name);

/// The candidate that `word` is most likely a misspelling of; empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// The list of `options`, each on its line, for a help page.
std::string describe(const std::vector<Option>& options);

}  // namespace herald::cli
