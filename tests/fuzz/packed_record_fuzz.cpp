// tests/fuzz/packed_record_fuzz.cpp: any bytes as what a store may hold in its packed columns.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/packed_record.h"

namespace {

using namespace herald::store;

void require(bool holds) {
    if (!holds) std::abort();
}

/// What is read is what would be written: there is one way to say it, but for what is usual.
template <class Part, class Row>
void read(std::string_view bytes, Row& row) {
    if (!unpack(bytes, packed<Part>(row))) return;
    const auto written = pack(packed<Part>(row));
    require(written.size() <= bytes.size());
    Row again = row;
    require(unpack(written, packed<Part>(again)));
    require(pack(packed<Part>(again)) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Subscription subscription;
    subscription.aor = "sip:a@b";
    read<parts::SubscriptionRecord>(bytes, subscription);
    read<parts::Cseqs>(bytes, subscription);
    read<parts::Mark>(bytes, subscription.mark);
    Publication publication;
    publication.aor = "sip:a@b";
    read<parts::PublicationRecord>(bytes, publication);
    return 0;
}
