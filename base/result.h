// base/result.h: Result<T>, a value or the Fault that stands in its place.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace herald::base {

/// What went wrong, in words common to SIP and HTTP; each protocol maps them in one table of its
/// own.
enum class FaultKind : unsigned char {
    malformed,            ///< syntax, or a mandatory part missing
    too_large,            ///< a body or message over its limit
    unsupported_media,    ///< a body type or encoding not understood
    not_acceptable,       ///< nothing we can produce is accepted by the peer
    unknown_event,        ///< no such event package
    unauthenticated,      ///< credentials wanted
    forbidden,            ///< authenticated, not allowed
    not_found,            ///< no such resource
    precondition_failed,  ///< the entity-tag is not the current one
    interval_too_brief,   ///< an expiry below the minimum
    conflict,             ///< somebody else changed it first
    limit_reached,        ///< a quota or queue is full
    unavailable,          ///< known not applied; try again later
    unknown_outcome,      ///< may or may not have been applied
    timeout,              ///< no answer in time
    unreachable,          ///< nothing could be sent
    io,                   ///< the operating system refused
    invalid_configuration,
};

/// Lower-case name of `kind`, for logs and metrics.
const char* name_of(FaultKind kind) noexcept;

struct Fault {
    FaultKind kind;
    std::string
        detail;  ///< one helpful clause, fit for a reason phrase or problem detail; no secrets
};

/// A value, or the Fault that stands in its place.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Fault fault) : state_(std::in_place_index<1>, std::move(fault)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & { return assert(has_value()), *std::get_if<0>(&state_); }
    const T& value() const& { return assert(has_value()), *std::get_if<0>(&state_); }
    T&& value() && { return assert(has_value()), std::move(*std::get_if<0>(&state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T value_or(T otherwise) const { return has_value() ? value() : std::move(otherwise); }

    const Fault& fault() const { return assert(!has_value()), std::get<1>(state_); }

private:
    std::variant<T, Fault> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Fault fault) : fault_(std::move(fault)), failed_(true) {}

    bool has_value() const noexcept { return !failed_; }
    explicit operator bool() const noexcept { return has_value(); }
    const Fault& fault() const { return assert(failed_), fault_; }

private:
    Fault fault_{FaultKind::malformed, {}};
    bool failed_ = false;
};

using Status = Result<void>;

}  // namespace herald::base

namespace herald {
using base::Fault;
using base::FaultKind;
using base::Result;
using base::Status;
}  // namespace herald
