// server/publish/hard_state.cpp: under which condition an operator's event state is changed (RFC
// 9110 13.1).
#include "server/publish/hard_state.h"

#include <algorithm>

namespace herald::server {

namespace {

bool names(const std::vector<std::string>& tags, const std::string& tag) {
    return std::any_of(tags.begin(), tags.end(),
                       [&](const auto& each) { return each == "*" || each == tag; });
}

}  // namespace

bool is_any_of(const HardCondition& condition, const std::string* entity_tag) {
    return condition.any_of.empty() || (entity_tag && names(condition.any_of, *entity_tag));
}

bool is_none_of(const HardCondition& condition, const std::string* entity_tag) {
    return !entity_tag || !names(condition.none_of, *entity_tag);
}

}  // namespace herald::server
