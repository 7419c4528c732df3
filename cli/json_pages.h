// cli/json_pages.h: answers as the server sends them, and lists with all of their pages.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/api_client.h"

namespace Poco::JSON {
class Object;
}

namespace herald::cli {

/// Member `name` of an answer, fit for a terminal; empty where it is missing or null.
std::string member_text(const Poco::JSON::Object& object, const std::string& name);

/// Prints each page, a line; `path_of(after)` is where the one after `after` is, which is empty for
/// the first. Returns the exit code.
int print_json_pages(const ApiClient& api, std::string_view command,
                     const std::function<std::string(const std::string& after)>& path_of);

/// Prints an answer of JSON as the server sent it, a line. Returns the exit code.
int print_json(std::string_view command, const Result<std::string>& answer);

}  // namespace herald::cli
