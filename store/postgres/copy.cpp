// store/postgres/copy.cpp: rows streamed out of PostgreSQL in its binary form, read by their
// columns.
//
// The form: "PGCOPY\n\377\r\n\0", 32 bits of flags, 32 bits of length and as many bytes to skip;
// then for each row the number of its fields (16 bits), each with its size (-1 for NULL) and bytes;
// at the end -1 in place of the number.
#include "store/postgres/copy.h"

#include <memory>

#include <libpq-fe.h>

namespace herald::store {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeader = kSignature.size() + 8;
constexpr std::uint64_t kEnd = 0xFFFF, kNull = 0xFFFF'FFFF;

Fault cut() {
    return {FaultKind::malformed, "rows from PostgreSQL come in a form that is not known"};
}

/// Reads what the server sends piece by piece, each of whole rows.
class Rows {
public:
    explicit Rows(const std::function<Status(const Fields&)>& take) : take_(take) {}

    Status read(std::string_view piece) {
        if (!has_begun_) {
            if (piece.size() < kHeader || !piece.starts_with(kSignature)) return cut();
            const auto skipped = read_big_endian(piece.substr(kHeader - 4, 4));
            if (piece.size() < kHeader + skipped) return cut();
            piece.remove_prefix(kHeader + skipped);
            has_begun_ = true;
        }
        while (!piece.empty() && !has_ended_) {
            if (auto done = read_row(piece); !done) return done;
        }
        return {};
    }
    bool has_ended() const noexcept { return has_ended_; }

private:
    Status read_row(std::string_view& piece) {
        if (piece.size() < 2) return cut();
        const auto count = read_big_endian(piece.substr(0, 2));
        piece.remove_prefix(2);
        if (count == kEnd) {
            has_ended_ = true;
            return {};
        }
        fields_.clear();
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!read_field(piece)) return cut();
        }
        return take_(fields_);
    }
    bool read_field(std::string_view& piece) {
        if (piece.size() < 4) return false;
        const auto size = read_big_endian(piece.substr(0, 4));
        piece.remove_prefix(4);
        if (size == kNull) {
            fields_.push_back({.bytes = {}, .is_null = true});
            return true;
        }
        if (size > piece.size()) return false;
        fields_.push_back({.bytes = piece.substr(0, size)});
        piece.remove_prefix(size);
        return true;
    }

    const std::function<Status(const Fields&)>& take_;
    Fields fields_;
    bool has_begun_ = false;
    bool has_ended_ = false;
};

/// Lets go of what still comes, so that the session can be used again.
Status finish(Session& session) {
    Status status;
    while (PGresult* result = PQgetResult(session.get())) {
        const Answer answer(result);
        if (!answer.is_good() && status) status = fault_of(answer);
        if (PQresultStatus(result) != PGRES_COPY_OUT) continue;
        char* piece = nullptr;
        while (PQgetCopyData(session.get(), &piece, 0) > 0) PQfreemem(piece);
    }
    return status;
}

}  // namespace

Status copy_out(Session& session, const std::string& select,
                const std::function<Status(const Fields&)>& take) {
    const auto begun = session.query("COPY (" + select + ") TO STDOUT (FORMAT binary)");
    if (!begun.is_good()) return fault_of(begun);
    Rows rows(take);
    Status status;
    char* buffer = nullptr;
    int size = 0;
    while (status && (size = PQgetCopyData(session.get(), &buffer, 0)) > 0) {
        const std::unique_ptr<char, decltype(&PQfreemem)> piece(buffer, &PQfreemem);
        status = rows.read({piece.get(), static_cast<std::size_t>(size)});
    }
    auto finished = finish(session);
    if (!status) return status;
    if (!finished) return finished;
    return rows.has_ended() ? Status() : Status(cut());
}

}  // namespace herald::store
