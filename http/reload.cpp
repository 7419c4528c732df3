// http/reload.cpp: reads the configuration again, and says what became of it.
#include "http/problem.h"
#include "http/routes.h"

namespace herald::http {

namespace {

Answer refused(const Call& call, const server::ReloadReport& report) {
    JsonArray rows;
    for (const auto& mistake : report.mistakes)
        rows.push_back(JsonObject{{"line", mistake.line}, {"why", mistake.text}});
    return problem(409, "conflict",
                   "The configuration has mistakes; nothing of it was taken over. The first: " +
                       report.mistakes.front().text,
                   call.path, {{"mistakes", std::move(rows)}});
}

}  // namespace

Result<Answer> reload_configuration(const Call& call) {
    if (!call.context.reload)
        return Fault{FaultKind::unavailable, "This server has no configuration to read again"};
    const auto report = call.context.reload();
    if (!report.failure.empty()) return Fault{FaultKind::unavailable, report.failure};
    if (!report.mistakes.empty()) return refused(call, report);
    return json_answer(JsonObject{{"applied", texts_of(report.applied)},
                                  {"needs_restart", texts_of(report.needs_restart)}});
}

}  // namespace herald::http
