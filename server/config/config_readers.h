// server/config/config_readers.h: how the values of single keys are read and shown, where their
// type alone does not say it.
#pragma once

#include <string>
#include <string_view>

#include "server/config/config.h"

namespace herald::server {

/// Each takes one value, or one element of a list, and returns what is wrong with it; empty if
/// nothing is. Those that show return a TOML literal.
std::string read_domain(Config& config, std::string_view value);
std::string read_auth(Config& config, std::string_view value);
std::string show_auth(const Config& config);
std::string read_algorithm(Config& config, std::string_view value);
std::string show_algorithms(const Config& config);
std::string read_realm(Config& config, std::string_view value);
std::string read_realm_without_qop(Config& config, std::string_view value);
std::string read_dns_servers(Config& config, std::string_view value);
std::string read_outbound_proxy(Config& config, std::string_view value);
std::string read_message_type(Config& config, std::string_view value);
std::string read_log_level(Config& config, std::string_view value);
std::string show_log_level(const Config& config);
std::string read_hep(Config& config, std::string_view value);
std::string read_store_url(Config& config, std::string_view value);
std::string read_unknown(Config& config, std::string_view value);
std::string show_unknown(const Config& config);
std::string read_http_listen(Config& config, std::string_view value);
std::string read_http_host(Config& config, std::string_view value);
std::string read_token_file(Config& config, std::string_view value);
std::string read_notify_interval(Config& config, std::string_view value);

}  // namespace herald::server
