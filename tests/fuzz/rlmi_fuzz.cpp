// tests/fuzz/rlmi_fuzz.cpp: any bytes as what a NOTIFY of a list says (RFC 4662): a multipart, the
// list in it, and documents of calls.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "packages/package.h"
#include "pidf/rlmi.h"
#include "server/subscriber/told_list.h"
#include "sip/message.h"

namespace {

using namespace herald;

void require(bool holds) {
    if (!holds) std::abort();
}

void read_notify(std::string_view body) {
    static const packages::Package& dialog = *packages::find("dialog");
    std::string text =
        "NOTIFY sip:herald@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
        "From: <sip:l@192.0.2.9>;tag=a\r\nTo: <sip:h@192.0.2.1>;tag=b\r\nCall-ID: c\r\n"
        "CSeq: 1 NOTIFY\r\nContent-Type: multipart/related;boundary=b\r\nContent-Length: ";
    text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    const auto parsed = sip::parse(std::span<char>(text), sip::Framing::datagram);
    const auto read = server::read_list(dialog, parsed.message, nullptr);
    const auto* told = std::get_if<server::ToldList>(&read);
    if (!told) return;
    require(told->members.size() <= pidf::kMostListed);
    for (const auto& member : told->members) require(told->of(member.user) != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto list = pidf::parse_resource_list(bytes))
        require(list->resources.size() <= pidf::kMostListed);
    read_notify(bytes);
    return 0;
}
