// http/tokens.cpp: makes, reads and compares tokens.
#include "http/tokens.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"
#include "base/text.h"
#include "sip/digest.h"

namespace herald::http {

namespace {

constexpr std::array<std::string_view, 4> kTokenRoles{"open", "read", "write", "admin"};
constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestToken = 512;
/// Lets people and scanners of leaked secrets recognise one.
constexpr std::string_view kPrefix = "herald_";

Fault failure(const std::string& path) {
    return Fault{FaultKind::io, "token file " + path + ": " + std::strerror(errno)};
}

class File {
public:
    explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    bool is_open() const noexcept { return descriptor_ >= 0; }
    int get() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

bool is_bearer_character(char c) {
    return base::is_alpha(c) || base::is_digit(c) ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

Result<std::string> read_token(const File& file, const std::string& path) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return failure(path);
    if (!S_ISREG(status.st_mode))
        return Fault{FaultKind::malformed, "token file " + path + " is no file"};
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return Fault{FaultKind::forbidden,
                     "token file " + path + " belongs to user " + std::to_string(status.st_uid) +
                         ", who knows the token and may change it: chown it to the server's user"};
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return Fault{FaultKind::forbidden,
                     "token file " + path + " can be read by others: chmod 600 it"};
    }
    char bytes[kLongestToken + 2];
    const auto size = ::read(file.get(), bytes, sizeof bytes);
    if (size < 0) return failure(path);
    const auto text = base::trim({bytes, static_cast<std::size_t>(size)});
    if (text.size() < kShortestToken || text.size() > kLongestToken ||
        !std::all_of(text.begin(), text.end(), is_bearer_character)) {
        return Fault{FaultKind::malformed,
                     "token file " + path + " holds no token; remove it to get a new one"};
    }
    return std::string(text);
}

Status write_all(const File& file, std::string_view text, const std::string& path) {
    while (!text.empty()) {
        const auto written = ::write(file.get(), text.data(), text.size());
        if (written < 0) return failure(path);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.get()) != 0) return failure(path);
    return {};
}

Result<std::string> make_token(const std::string& path) {
    std::error_code error;
    const auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) return Fault{FaultKind::io, "token file " + path + ": " + error.message()};

    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                           S_IRUSR | S_IWUSR));
    if (!file.is_open()) return failure(path);
    std::string token = random_bearer_token();
    if (auto status = write_all(file, token + "\n", path); !status) {
        ::unlink(path.c_str());
        return status.fault();
    }
    return token;
}

}  // namespace

std::string_view name_of(Role role) noexcept {
    return kTokenRoles[static_cast<std::size_t>(role)];
}

std::optional<Role> role_of(std::string_view name) noexcept {
    const auto found = std::find(kTokenRoles.begin() + 1, kTokenRoles.end(), name);
    if (found == kTokenRoles.end()) return std::nullopt;
    return static_cast<Role>(std::distance(kTokenRoles.begin(), found));
}

server::HttpToken token_of_row(const store::Token& row) {
    const auto [role, limit, found] = base::split_once(row.role, ' ');
    return {row.name, row.sha256_hex, std::string(role), std::string(limit)};
}

store::Token row_of_token(const server::HttpToken& token) {
    const bool has_limit = !token.limit.empty();
    return {token.name, token.sha256_hex, has_limit ? token.role + ' ' + token.limit : token.role};
}

std::string random_bearer_token() {
    return std::string(kPrefix) + base::random_token(kTokenBytes);
}

std::string sha256_hex(std::string_view bytes) {
    return sip::digest_hash(sip::DigestAlgorithm::sha256, bytes);
}

Tokens::Tokens(const std::vector<server::HttpToken>& rows) {
    for (const server::HttpToken& row : rows) {
        const auto role = role_of(row.role);
        if (role)
            known_.push_back({base::lower(row.sha256_hex), *role, row.name, Reach(row.limit)});
    }
}

const Tokens::Known* Tokens::find(std::string_view token) const {
    if (token.empty() || token.size() > kLongestToken) return nullptr;
    const std::string hash = sha256_hex(token);
    const Known* holder = nullptr;
    // No early end: how long it takes says nothing about which token came close.
    for (const Known& known : known_) {
        const bool is_it = base::equal_in_constant_time(known.sha256_hex, hash);
        if (is_it && (!holder || known.role > holder->role)) holder = &known;
    }
    return holder;
}

std::optional<Role> Tokens::role_of_holder(std::string_view token) const {
    const auto* holder = find(token);
    return holder ? std::optional(holder->role) : std::nullopt;
}

std::string Tokens::name_of_holder(std::string_view token) const {
    const auto* holder = find(token);
    return holder ? holder->name : std::string();
}

Reach Tokens::reach_of_holder(std::string_view token) const {
    const auto* holder = find(token);
    return holder ? holder->reach : Reach();
}

std::string_view bearer_token(std::string_view authorization) noexcept {
    const auto [scheme, token, found] = base::split_once(base::trim(authorization), ' ');
    return found && base::iequals(scheme, "bearer") ? base::trim(token) : std::string_view();
}

Result<std::string> token_in(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) return failure(path);
    return read_token(file, path);
}

Result<EnsuredToken> ensure_token(const std::string& path,
                                  const std::vector<std::string>& existing) {
    if (path.empty()) return EnsuredToken{};
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.is_open()) {
        const auto token = read_token(file, path);
        if (!token) return token.fault();
        return EnsuredToken{{}, sha256_hex(*token)};
    }
    if (errno != ENOENT) return failure(path);
    if (!existing.empty()) return EnsuredToken{};
    const auto token = make_token(path);
    if (!token) return token.fault();
    return EnsuredToken{*token, sha256_hex(*token)};
}

}  // namespace herald::http
