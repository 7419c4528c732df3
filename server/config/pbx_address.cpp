// server/config/pbx_address.cpp: the PBXs that Herald subscribes to, as the operator names them.
#include "server/config/pbx_address.h"

#include <algorithm>
#include <fstream>

#include "base/text.h"
#include "server/config/config_values.h"
#include "server/config/config_words.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

/// sip:host or sip:host:port, with URI parameters or without.
bool is_sip_server(std::string_view text) {
    const auto [scheme, rest, found] = base::split_once(text, ':');
    if (!base::iequals(scheme, "sip") || rest.find_first_of("@?") != std::string_view::npos)
        return false;
    return is_host_port(base::split_once(rest, ';').before) && sip::parse_uri(text).has_value();
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto [word, rest, found] = base::split_once(text, ' ');
        if (!word.empty()) words.push_back(word);
        text = rest;
    }
    return words;
}

constexpr std::string_view kFile = "file:";
constexpr std::size_t kLongestPassword = 255;

/// The one line in a file.
Result<std::string> password_in(const std::string& path) {
    std::ifstream file(path);
    std::string password;
    if (!file || !std::getline(file, password))
        return wrong("the password file " + path + " cannot be read, or is empty");
    if (!password.empty() && password.back() == '\r') password.pop_back();
    if (password.empty() || password.size() > kLongestPassword)
        return wrong("the password file " + path + " holds no password in its first line");
    return password;
}

Status read_password(PbxAddress& pbx, std::string_view word) {
    if (!word.starts_with(kFile)) {
        pbx.password = word;
        return {};
    }
    pbx.password_file = word.substr(kFile.size());
    auto password = password_in(pbx.password_file);
    if (!password) return password.fault();
    pbx.password = *std::move(password);
    return {};
}

}  // namespace

Result<PbxAddress> parse_pbx(std::string_view text) {
    const auto words = words_of(text);
    if (words.size() != 2 && words.size() != 4) {
        return wrong(
            "expected a name and an address, \"asterisk sip:192.0.2.5:5060\", and a username and a "
            "password behind them where the PBX asks for them");
    }
    PbxAddress pbx{std::string(words[0]), std::string(words[1]), {}, {}};
    if (!std::all_of(pbx.name.begin(), pbx.name.end(), is_name_character))
        return wrong(in_quotes(pbx.name) + " is not a name, expected letters, digits, - and _");
    if (!is_sip_server(pbx.uri))
        return wrong(in_quotes(pbx.uri) + " is not an address, expected sip:host or sip:host:port");
    if (words.size() == 4) {
        pbx.username = words[2];
        if (auto read = read_password(pbx, words[3]); !read) return read.fault();
    }
    return pbx;
}

std::string to_string(const PbxAddress& pbx) {
    std::string text = pbx.name + " " + pbx.uri;
    if (pbx.username.empty()) return text;
    text += " " + pbx.username + " ";
    return text +=
           pbx.password_file.empty() ? pbx.password : std::string(kFile) + pbx.password_file;
}

Result<PbxList> parse_pbx_list(std::string_view text) {
    const auto words = words_of(text);
    if (words.size() != 2)
        return wrong("expected the name of a PBX and the user part of its list, \"office lamps\"");
    return PbxList{std::string(words[0]), std::string(words[1])};
}

std::string to_string(const PbxList& list) {
    return list.pbx + " " + list.user;
}

std::string_view list_of(const std::vector<PbxList>& lists, std::string_view pbx) noexcept {
    const auto found = std::find_if(lists.begin(), lists.end(),
                                    [pbx](const PbxList& list) { return list.pbx == pbx; });
    return found == lists.end() ? std::string_view() : std::string_view(found->user);
}

const PbxAddress* pbx_named(const std::vector<PbxAddress>& pbxs, std::string_view name) noexcept {
    const auto found = std::find_if(pbxs.begin(), pbxs.end(),
                                    [name](const PbxAddress& pbx) { return pbx.name == name; });
    return found == pbxs.end() ? nullptr : &*found;
}

}  // namespace herald::server
