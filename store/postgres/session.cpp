// store/postgres/session.cpp: one connection to PostgreSQL and what it answers.
#include "store/postgres/session.h"

#include <libpq-fe.h>

#include "base/text.h"

namespace herald::store {
namespace {

/// Messages of the server come in several lines.
std::string in_one_line(const char* message) {
    std::string line;
    for (const char c : base::trim(message != nullptr ? message : "")) {
        if (c == '\n' || c == '\t') {
            line += line.empty() || line.back() == ' ' ? "" : " ";
        } else {
            line += c;
        }
    }
    return line.empty() ? "the connection was lost" : line;
}

}  // namespace

Trouble trouble_of(std::string_view sqlstate) {
    if (sqlstate == "40001" || sqlstate == "40P01") return Trouble::again;
    if (sqlstate == "HF001") return Trouble::fenced;
    const auto kind = sqlstate.substr(0, 2);
    if (kind == "22" || kind == "23" || kind == "54") return Trouble::culprit;
    return Trouble::unavailable;
}

void Answer::Clear::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

bool Answer::is_good() const {
    const auto status = PQresultStatus(result_.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT ||
           status == PGRES_SINGLE_TUPLE;
}

std::string Answer::sqlstate() const {
    const char* state = PQresultErrorField(result_.get(), PG_DIAG_SQLSTATE);
    return state != nullptr ? state : "";
}

std::string Answer::reason() const {
    const char* primary = PQresultErrorField(result_.get(), PG_DIAG_MESSAGE_PRIMARY);
    return in_one_line(primary != nullptr ? primary : PQresultErrorMessage(result_.get()));
}

std::size_t Answer::rows() const {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::string Answer::text(std::size_t row, int column) const {
    return PQgetvalue(result_.get(), static_cast<int>(row), column);
}

std::uint64_t Answer::number(std::size_t row, int column) const {
    const std::string value = text(row, column);
    if (!value.empty() && value.front() == '-') {
        return 0 - base::to_u64(std::string_view(value).substr(1)).value_or(0);
    }
    return base::to_u64(value).value_or(0);
}

std::uint64_t Answer::touched() const {
    return base::to_u64(PQcmdTuples(result_.get())).value_or(0);
}

void Session::Finish::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

Result<Session> Session::open(const PostgresAddress& address) {
    std::vector<const char*> keywords, values;
    for (const auto& [keyword, value] : address.parameters) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    Session session(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (session.is_lost()) return Fault{FaultKind::io, session.reason()};
    PQsetNoticeProcessor(
        session.get(), [](void*, const char*) {}, nullptr);
    return session;
}

Answer Session::query(const char* sql, std::span<const std::string> parameters) {
    std::vector<const char*> values;
    for (const std::string& value : parameters) values.push_back(value.c_str());
    return Answer(PQexecParams(get(), sql, static_cast<int>(values.size()), nullptr, values.data(),
                               nullptr, nullptr, 0));
}

Status Session::execute(const std::string& sql) {
    const Answer answer(PQexec(get(), sql.c_str()));
    return answer.is_good() ? Status() : Status(fault_of(answer));
}

Result<std::uint64_t> Session::number(const std::string& sql,
                                      std::span<const std::string> parameters) {
    const Answer answer = query(sql, parameters);
    if (!answer.is_good()) return fault_of(answer);
    if (answer.rows() != 1) return Fault{FaultKind::io, "no answer to " + sql};
    return answer.number(0, 0);
}

bool Session::is_lost() const {
    return PQstatus(get()) != CONNECTION_OK;
}

std::uint64_t Session::backend() const {
    return static_cast<std::uint64_t>(PQbackendPID(get()));
}

std::string Session::reason() const {
    return in_one_line(PQerrorMessage(get()));
}

Fault fault_of(const Answer& answer) {
    const std::string state = answer.sqlstate();
    if (state == "42501" || state == "3F000") {
        return {FaultKind::invalid_configuration,
                answer.reason() +
                    ": let the role own its database, or GRANT USAGE, CREATE ON SCHEMA to it"};
    }
    if (state == "25006") {
        return {FaultKind::io,
                answer.reason() + ": this server can only be read; name the primary in store.url"};
    }
    return {FaultKind::io, answer.reason()};
}

}  // namespace herald::store
