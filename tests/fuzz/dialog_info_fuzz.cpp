// tests/fuzz/dialog_info_fuzz.cpp: any bytes as a dialog information document: what is read is
// written back readable, and composed from, beside itself and alone.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "packages/package.h"
#include "pidf/dialog_info.h"

namespace {

using namespace herald;
using packages::Rank;

void require(bool holds) {
    if (!holds) std::abort();
}

void read_and_write(const pidf::DialogInfo& info) {
    const auto written = pidf::to_text(info);
    const auto again = pidf::parse_dialog_info(written);
    // What was read may be longer when it is escaped.
    if (!again) return require(again.fault().kind == FaultKind::too_large);
    require(again->dialogs.size() == info.dialogs.size());
    require(pidf::to_text(*again) == written);
}

void compose(const packages::Admitted& told, std::string_view body) {
    static const packages::Package& dialog = *packages::find("dialog");
    const packages::Input inputs[] = {
        {"p1", Rank::published, {}, &told, {}, 2},
        {"p2", Rank::hard, {}, &told, "sip:pbx@example.com", 3},
        {"p3", Rank::remembered, {}, &told, {}, 4},
    };
    const packages::EventState state{"sip:alice@example.com", inputs, base::WallTime{}};
    for (const std::uint64_t since : {0, 2}) {
        const auto composed = dialog.compose(state, {pidf::kDialogInfoType, state.aor, since});
        require(composed.version_at < composed.document.body.size());
    }
    const packages::EventState none{"sip:alice@example.com", {}, base::WallTime{}};
    const packages::View whole{pidf::kDialogInfoType, state.aor, 0, nullptr, "partial"};
    const auto before = dialog.compose(none, whole);
    packages::View changed = whole;
    changed.since = 1;
    changed.known = before.listing.get();
    const auto changes = dialog.compose(state, changed);
    require(changes.version_at < changes.document.body.size());
    const auto now = dialog.compose(state, whole);
    changed.known = now.listing.get();
    const auto vanished = dialog.compose(none, changed);
    require(vanished.document.body.find("confirmed<") == std::string::npos);
    const auto kept = dialog.reconcile(told, state, "p1");
    if (kept && *kept) {
        const auto admitted = dialog.admit(**kept);
        require(admitted || body.size() > 1000);
    }
    // All that it ended, beside what says otherwise, and what has its id now.
    static const auto other = dialog.admit(
        {std::string(pidf::kDialogInfoType),
         "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
         "entity=\"x\"><dialog id=\"1\" "
         "call-id=\"c\"><state>early</state></dialog></dialog-info>"});
    if (const auto later = dialog.reconcile(**other, state, "p1"); later && *later) {
        const auto admitted = dialog.admit(**later);
        require(admitted || body.size() > 1000);
    }
    dialog.is_contradicted(told, state);
    if (const auto remains = dialog.remains(told, packages::Cause::expired, state))
        require(dialog.admit(*remains).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto info = pidf::parse_dialog_info(bytes);
    if (!info) return 0;
    read_and_write(*info);
    const auto admitted =
        packages::find("dialog")->admit({std::string(pidf::kDialogInfoType), std::string(bytes)});
    require(admitted.has_value());
    compose(**admitted, bytes);
    return 0;
}
