// server/register/device_gruus.h: the GRUUs of registered devices, and which device a temporary one
// stands for (RFC 5627).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "packages/registration.h"
#include "server/address/gruu.h"
#include "server/core/context.h"
#include "server/core/forgetting.h"

namespace herald::server {

/// Those of one shard's users.
class DeviceGruus {
public:
    explicit DeviceGruus(Context& context) : context_(context), gruus_(context.home.lasting_key) {}

    /// Gives a binding of `aor` its GRUUs (RFC 5627 5.1).
    void name(std::string_view aor, packages::Binding& binding) const;
    /// As Gruus::read().
    std::optional<TemporaryGruu> read(const sip::Uri& uri) const { return gruus_.read(uri); }
    /// What a temporary GRUU stands for; nullptr: nothing any more.
    const packages::Binding* find(const TemporaryGruu& gruu) const;

    /// A publication is about to come to its resource, or to leave it.
    void add(std::uint32_t slot, const Publication& publication);
    void remove(std::uint32_t slot, const Publication& publication);
    void forget_some(Cell cell, Forgetting& forgetting);
    std::size_t size() const noexcept { return by_subject_.size(); }

private:
    struct Place {
        std::uint32_t slot;
        std::uint64_t id;  ///< of the publication
    };

    std::uint64_t subject_of(std::uint32_t slot, const packages::Binding& binding) const;

    Context& context_;
    Gruus gruus_;
    /// Devices temporary GRUUs may stand for.
    std::unordered_multimap<std::uint64_t, Place> by_subject_;
};

}  // namespace herald::server
