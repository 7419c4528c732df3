// server/publish/settled_publication.cpp: changes of publications whose outcome the store may not
// know.
#include "server/publish/settled_publication.h"

#include <utility>

#include "server/core/settled_commit.h"

namespace herald::server {

void commit_until_known(Context& context, Publications& publications, std::uint32_t slot,
                        store::Change change, base::Task<void(store::Outcome)> apply) {
    const auto commit = [&publications, slot](store::Change again,
                                              base::Task<void(store::Outcome)> settled) {
        publications.commit(slot, std::move(again), std::move(settled));
    };
    commit_until_known(context.loop, commit, std::move(change),
                       [&context, slot, apply = std::move(apply)](store::Outcome outcome) mutable {
                           // Until the next try nothing else may begin.
                           if (outcome == store::Outcome::unknown)
                               context.resources[slot].is_changing = true;
                           apply(outcome);
                       });
}

}  // namespace herald::server
