// http/health.cpp: is it alive, is it ready, and what it counts.
#include "http/exposition.h"
#include "http/problem.h"
#include "http/routes.h"

namespace herald::http {

namespace {

Answer text_answer(std::string text) {
    return {200, "text/plain; charset=utf-8", std::move(text), {}};
}

}  // namespace

Result<Answer> get_health(const Call&) {
    return text_answer("alive\n");
}

Result<Answer> get_readiness(const Call& call) {
    const auto health = call.context.admin.health();
    if (health.is_ready) return text_answer("ready\n");
    return problem(503, "not_ready", health.why_not, call.path);
}

Result<Answer> get_metrics(const Call& call) {
    auto samples = process_samples(call.context.version);
    for (auto& sample : call.context.metrics.collect()) samples.push_back(std::move(sample));
    return Answer{200, std::string(kExpositionType), to_exposition(samples), {}};
}

}  // namespace herald::http
