// server/core/peers.h: the shards of one process as their parts reach each other: work is posted to
// the shard that owns an address-of-record, and meets that shard's part of the kind it names.
//
//   context.peers.post<Mailboxes>(member, [](Mailboxes& owner) { ... });
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/loop.h"
#include "base/task.h"
#include "server/core/bucket.h"
#include "server/core/cell_rest.h"

namespace herald::server {

/// Filled before any loop runs, read-only after: any shard's thread may post.
class Peers {
public:
    /// `bucket_key` as in store::Home.
    Peers(const base::HashKey& bucket_key, std::size_t shards)
        : bucket_key_(bucket_key), peers_(shards) {}

    void join(unsigned shard, base::Loop& loop) { peers_.at(shard).loop = &loop; }
    /// Which cells are at rest there; whoever joins without one has none.
    void share(unsigned shard, CellRest& rest) { peers_.at(shard).rest = &rest; }
    /// Makes `part` known to the other shards; of each kind there is one a shard. It lives as long
    /// as its loop runs.
    template <class Part>
    void offer(unsigned shard, Part& part) {
        peers_.at(shard).parts.emplace_back(typeid(Part), &part);
    }

    /// The shard that owns what is kept for a canonical AOR.
    unsigned owner_of(std::string_view aor) const noexcept {
        return shard_of_aor(bucket_key_, aor, peers_.size());
    }
    /// Runs `work(Part&)` on the thread of the shard that owns `aor`, never within this call; where
    /// its cell is on its way, once that is served again.
    template <class Part, class Work>
    void post(std::string_view aor, Work work) const {
        const auto bucket = bucket_of(bucket_key_, aor);
        peers_[shard_of_bucket(bucket, peers_.size())].template post_about<Part>(cell_of(bucket),
                                                                                 std::move(work));
    }
    /// Runs a copy of `work(Part&)` on the thread of every shard but `shard`.
    template <class Part, class Work>
    void post_to_others(unsigned shard, const Work& work) const {
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            if (i != shard) peers_[i].template post<Part>(Work(work));
        }
    }

    /// ... and once all of them have, `then` on that of `shard`: at once where there is no other.
    template <class Part, class Work>
    void post_to_others(unsigned shard, const Work& work, base::Task<void()> then) const {
        if (peers_.size() == 1) return then();
        struct Rest {
            std::atomic<std::size_t> shards;
            base::Task<void()> then;
        };
        std::shared_ptr<Rest> rest(new Rest{peers_.size() - 1, std::move(then)});
        auto& home = *peers_.at(shard).loop;
        post_to_others<Part>(shard, [work, rest = std::move(rest), &home](Part& part) {
            work(part);
            if (rest->shards.fetch_sub(1) == 1) home.post([rest] { rest->then(); });
        });
    }

    /// Runs a copy of `work(Part&)` on the thread of each shard whose part `is_concerned(const
    /// Part&)`, which is asked on this thread.
    template <class Part, class Ask, class Work>
    void post_where(const Ask& is_concerned, const Work& work) const {
        for (const Peer& peer : peers_) {
            if (is_concerned(std::as_const(peer.template part<Part>())))
                peer.template post<Part>(Work(work));
        }
    }

private:
    struct Peer {
        base::Loop* loop = nullptr;
        CellRest* rest = nullptr;
        std::vector<std::pair<std::type_index, void*>> parts;

        template <class Part>
        Part& part() const noexcept {
            for (const auto& [kind, part] : parts) {
                if (kind == typeid(Part)) return *static_cast<Part*>(part);
            }
            std::abort();  // every shard offers the same kinds
        }
        template <class Part, class Work>
        void post(Work work) const {
            loop->post([&to = part<Part>(), work = std::move(work)]() mutable { work(to); });
        }
        template <class Part, class Work>
        void post_about(Cell cell, Work work) const {
            if (!rest) return post<Part>(std::move(work));
            auto& to = part<Part>();
            loop->post([rest = rest, cell, &to, work = std::move(work)]() mutable {
                if (!rest->is_at_rest(cell)) return work(to);
                rest->run(cell, [&to, work = std::move(work)]() mutable { work(to); });
            });
        }
    };

    const base::HashKey bucket_key_;
    std::vector<Peer> peers_;
};

}  // namespace herald::server
