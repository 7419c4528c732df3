// tests/support/cutting_proxy.cpp: a TCP proxy on loopback that cuts a connection where it is told
// to.
#include "tests/support/cutting_proxy.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace herald::testing {
namespace {

constexpr int kLookMs = 20;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// BackendKeyData: 'K', its length, the number of the process.
void change_process(char* bytes, std::size_t size) {
    constexpr std::string_view kHead("K\0\0\0\x0C", 5);
    const auto at = std::string_view(bytes, size).find(kHead);
    if (at != std::string_view::npos && at + kHead.size() < size) bytes[at + kHead.size()] ^= 0x10;
}

bool send_all(int socket, const char* bytes, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace

struct CuttingProxy::Pair {
    int client = -1, server = -1;
    ~Pair() {
        ::close(client);
        ::close(server);
    }
};

CuttingProxy::CuttingProxy(std::uint16_t port) : server_(port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* bare = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, bare, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, bare, &size) != 0) {
        std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
    is_over_ = true;
    thread_.join();
    ::close(listener_);
}

void CuttingProxy::accept() {
    auto pair = std::make_unique<Pair>();
    pair->client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    pair->server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(server_);
    if (is_away_) return;
    if (::connect(pair->server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    pairs_.push_back(std::move(pair));
}

bool CuttingProxy::carry(Pair& pair, bool is_from_client) {
    std::array<char, 65536> bytes;
    const auto got =
        ::recv(is_from_client ? pair.client : pair.server, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    auto size = static_cast<std::size_t>(got);
    if (is_from_client && until_work_ > 0 && --until_work_ == 0) work_();
    if (!is_from_client && is_swallowing_.exchange(false)) {
        ++cuts_;
        return false;
    }
    if (!is_from_client && is_lying_) change_process(bytes.data(), size);
    const bool is_cut = is_from_client && requests_ >= 0 && requests_ < got;
    if (is_cut) size = static_cast<std::size_t>(requests_.exchange(-1));
    if (is_from_client && requests_ >= 0) requests_ -= got;
    if (!send_all(is_from_client ? pair.server : pair.client, bytes.data(), size)) return false;
    cuts_ += is_cut ? 1 : 0;
    return !is_cut;
}

void CuttingProxy::run() {
    while (!is_over_) {
        std::vector<pollfd> sockets{{listener_, POLLIN, 0}};
        for (const auto& pair : pairs_) {
            sockets.push_back({pair->client, POLLIN, 0});
            sockets.push_back({pair->server, POLLIN, 0});
        }
        if (::poll(sockets.data(), sockets.size(), kLookMs) < 0) continue;
        std::vector<std::unique_ptr<Pair>> kept;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            bool is_open = !is_away_;
            if (is_open && sockets[2 * i + 1].revents != 0) is_open = carry(*pairs_[i], true);
            if (is_open && sockets[2 * i + 2].revents != 0) is_open = carry(*pairs_[i], false);
            if (is_open) kept.push_back(std::move(pairs_[i]));
        }
        pairs_ = std::move(kept);
        if (sockets[0].revents != 0) accept();
    }
}

}  // namespace herald::testing
