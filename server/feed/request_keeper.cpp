// server/feed/request_keeper.cpp: requests of programs that may come twice, as rows of the store.
#include "server/feed/request_keeper.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "server/publish/publications.h"

namespace herald::server {

const std::string_view kRequestAddress = "sip:requests@requests.invalid";

namespace {

constexpr std::string_view kType = "application/vnd.herald.request";

/// The hash of the request, and an answer as HTTP/1.1 would write it: status, fields, a blank line,
/// the body.
std::string text_of(const KeptRequest& request) {
    std::string text = request.body + '\n';
    if (!request.answer) return text;
    const auto& answer = *request.answer;
    text += std::to_string(answer.status) + '\n' + answer.type + '\n';
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + '\n';
    return text + '\n' + answer.body;
}

std::string_view next_line(std::string_view& rest) {
    const auto [line, after, found] = base::split_once(rest, '\n');
    rest = after;
    return line;
}

/// Of what text_of() wrote; what cannot be read is an answer that is not known.
std::optional<GivenAnswer> answer_in(std::string_view rest) {
    const auto status = base::to_u64(next_line(rest));
    if (!status) return std::nullopt;
    GivenAnswer answer;
    answer.status = static_cast<int>(*status);
    answer.type = next_line(rest);
    for (auto line = next_line(rest); !line.empty(); line = next_line(rest)) {
        const auto [name, value, found] = base::split_once(line, ':');
        answer.headers.emplace_back(name, base::trim(value));
    }
    answer.body = rest;
    return answer;
}

store::PutPublication row_of(const KeptRequest& request) {
    store::Publication row;
    row.id = request.row;
    row.package = "requests";
    row.aor = kRequestAddress;
    row.entity_tag = "request " + std::to_string(request.row);
    row.source = request.name;
    row.arrived = request.at;
    row.type = kType;
    row.body = text_of(request);
    return {std::move(row), {}};
}

}  // namespace

RequestKeeper::RequestKeeper(Context& context)
    : context_(context),
      kept_(context.config.http_idempotency_memory),
      gauge_(context.metrics.gauge("herald_http_idempotency_bytes",
                                   "Bytes kept for who repeats a request with an Idempotency-Key "
                                   "(http.idempotency_memory)")) {}

void RequestKeeper::show() {
    gauge_.set(kept_.bytes());
}

/// Alone: that one is not there refuses no other change.
void RequestKeeper::drop_rows(const std::vector<std::uint64_t>& rows) {
    for (const auto row : rows) {
        if (row != 0) context_.port.commit(store::RemovePublication{row, {}, {}, {}}, nullptr);
    }
}

void RequestKeeper::begin(const std::string& name, const std::string& body, Begun done) {
    const auto now = context_.wall();
    auto standing = kept_.standing(name, body, now);
    if (standing.kind != RequestStanding::Kind::fresh) return done(std::move(standing));
    if (context_.port.is_full()) return done(Fault{FaultKind::unavailable, "Busy; try again"});
    KeptRequest request{
        .row = context_.new_row(kRequestAddress), .name = name, .body = body, .at = now};
    request.is_under_way = true;
    const auto room = kept_.make_room(KeptRequests::bytes_of(request), now);
    drop_rows(room.gone);
    if (!room.is_enough) {
        return done(
            Fault{FaultKind::limit_reached,
                  "http.idempotency_memory is taken by requests whose outcome is not known"});
    }
    drop_rows({kept_.add(request)});
    show();
    auto settled = [this, name, row = request.row,
                    done = std::move(done)](store::Outcome outcome) mutable {
        if (outcome == store::Outcome::committed) return done(RequestStanding{});
        // It is not carried out, whatever became of the row: that goes where it is there.
        const auto* mine = kept_.find(name);
        if (mine != nullptr && mine->row == row) kept_.remove(name);
        drop_rows({row});
        show();
        done(Fault{FaultKind::unavailable, "The store cannot be written; nothing was done"});
    };
    context_.port.commit(row_of(request), std::move(settled));
}

void RequestKeeper::settle(const std::string& name, Outcome outcome, Done done) {
    const auto* known = kept_.find(name);
    if (known == nullptr) return done({});
    auto told = [done = std::move(done)](store::Outcome written) mutable {
        done(status_of(written));
    };
    if (!outcome.answer) {
        const auto row = kept_.remove(name);
        show();
        return context_.port.commit(store::RemovePublication{row, {}, {}, {}}, std::move(told));
    }
    kept_.set_answer(name, *std::move(outcome.answer));
    show();
    auto written = *kept_.find(name);
    if (outcome.is_secret) written.answer.reset();
    context_.port.commit(row_of(written), std::move(told));
}

void RequestKeeper::leave(const std::string& name) {
    kept_.leave(name);
}

bool RequestKeeper::takes(const store::Publication& row) const {
    return row.aor == kRequestAddress;
}

void RequestKeeper::recover(store::Publication row, base::WallTime /*not_before*/) {
    if (row.is_removed) return;
    std::string_view rest = row.body;
    KeptRequest request{.row = row.id, .name = row.source};
    request.body = next_line(rest);
    request.at = row.arrived;
    request.answer = answer_in(rest);
    kept_.add(std::move(request));
    show();
}

void RequestKeeper::forget_some(Cell cell, Forgetting& forgetting) {
    if (context_.cell_of(kRequestAddress) != cell) return;
    kept_.forget_some(forgetting);
    show();
}

}  // namespace herald::server
