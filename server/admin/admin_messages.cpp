// server/admin/admin_messages.cpp: messages an operator sends, and those kept for users who are not
// there.
#include "server/admin/admin_messages.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/text.h"
#include "server/admin/admin_page.h"
#include "server/message/message_text.h"
#include "server/message/messaging.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

MessageInfo message_info(store::Message&& message, bool with_body) {
    MessageInfo info;
    info.id = std::to_string(store::counter_of(message.id));
    info.aor = std::move(message.recipient);
    info.from = std::move(message.from);
    info.subject = line_value(message.headers, "Subject");
    info.type = line_value(message.headers, "Content-Type");
    info.size = message.body.size();
    info.date = message.date;
    info.kept_until = message.keep_until;
    if (with_body) info.body = std::move(message.body);
    return info;
}

store::Message message_of(const MessageOrder& order, const std::string& from, const std::string& to,
                          const Context& context) {
    store::Message message;
    message.recipient = to;
    message.sender = from;
    message.from = "<" + from + ">";
    message.to = "<" + to + ">";
    message.date = context.wall();
    message.keep_until = message.date + std::chrono::seconds(context.config.message_keep);
    if (order.expires != 0) {
        message.expires_at = message.date + std::chrono::seconds(order.expires);
        message.keep_until = std::min(message.keep_until, message.expires_at);
    }
    message.headers = "Content-Type: " + order.type + "\r\n";
    if (!order.subject.empty()) message.headers += "Subject: " + order.subject + "\r\n";
    message.body = order.body;
    message.size = size_of(message);
    return message;
}

/// A page of one shard, its rows still on their way from the store.
struct Gathering {
    MessagePage page;
    std::size_t missing = 0;
};

/// Rows on their way out of the store.
struct Removal {
    std::size_t missing = 0;
    bool is_safe = true;
};

template <class Answer>
void gather(Context& context, const std::vector<std::uint64_t>& ids, MessagePage page,
            bool with_bodies, Answer answer) {
    auto gathering = std::make_shared<Gathering>(Gathering{std::move(page), ids.size()});
    if (ids.empty()) return answer(std::move(gathering->page));
    for (const auto id : ids) {
        context.port.load(id, [gathering, with_bodies, answer](Result<store::Message> row) {
            // One that went meanwhile is left out.
            if (row) gathering->page.rows.push_back(message_info(*std::move(row), with_bodies));
            if (--gathering->missing == 0) answer(std::move(gathering->page));
        });
    }
}

/// `row` 0: all of them.
template <class Answer>
void remove_from(StoredMessages& stored, const std::string& aor, std::uint64_t row, Answer answer) {
    std::vector<std::uint64_t> ids{row};
    if (row == 0) ids = stored.queues().ids(aor);
    auto removal = std::make_shared<Removal>();
    for (const auto each : ids) {
        const bool is_there = stored.remove(aor, each, [removal, answer](auto outcome) {
            removal->is_safe = removal->is_safe && outcome == store::Outcome::committed;
            if (--removal->missing > 0) return;
            if (removal->is_safe) return answer(Status{});
            answer(Fault{FaultKind::unknown_outcome, "They are gone once the store is available"});
        });
        removal->missing += is_there ? 1 : 0;
    }
    if (removal->missing == 0) answer(Fault{FaultKind::not_found, "No such message is kept"});
}

class ShardMessages final : public MessageAdmin {
public:
    explicit ShardMessages(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<int> send(const MessageOrder& order, Late late) override;
    Result<MessagePage> page(std::string_view aor, std::string_view after, std::size_t limit,
                             bool with_bodies) override;
    Status remove(std::string_view aor, std::string_view id) override;

private:
    const AdminCarrier& carrier_;
};

Result<int> ShardMessages::send(const MessageOrder& order, Late late) {
    auto from = carrier_.our_aor(order.from);
    if (!from) return from.fault();
    const auto named = carrier_.domains().aor(order.to);
    if (!named) return Fault{FaultKind::malformed, "This is no SIP address: " + order.to};
    const auto to = carrier_.resource_of(*named);
    if (!to) return to.fault();
    if (!is_one_line(order.subject) || !is_one_line(order.type) ||
        !sip::parse_media_type(order.type))
        return Fault{FaultKind::malformed, "type is a media type, and subject is one line"};
    return carrier_.ask<int>(
        carrier_.owner_of(*to),
        [order, from = *from, to = *to](Shard& shard, auto answer) {
            auto& context = shard.context();
            if (order.body.size() > context.config.message_max_body)
                return answer(Fault{FaultKind::too_large, "The body is too long"});
            shard.messaging().own().submit(message_of(order, from, to, context), answer);
        },
        std::move(late));
}

Result<MessagePage> ShardMessages::page(std::string_view aor, std::string_view after,
                                        std::size_t limit, bool with_bodies) {
    const auto from = row_id(after);
    if (!from) return from.fault();
    std::string canonical;
    if (!aor.empty()) {
        auto ours = carrier_.our_resource(aor);
        if (!ours) return ours.fault();
        canonical = *std::move(ours);
    }
    limit = page_size(limit);
    return page_of_all<MessagePage>(
        carrier_, limit, [canonical, from = *from, limit, with_bodies](Shard& owner, auto answer) {
            auto ids = owner.messaging().stored().queues().ids(canonical);
            MessagePage rows;
            rows.total = ids.size();
            std::erase_if(ids, [from](auto id) { return store::counter_of(id) <= from; });
            ids.resize(std::min(ids.size(), limit + 1));
            gather(owner.context(), ids, std::move(rows), with_bodies, answer);
        });
}

Status ShardMessages::remove(std::string_view aor, std::string_view id) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    const auto number = id.empty() ? std::optional<std::uint64_t>(0) : base::to_u64(id);
    if (!number || *number > store::kCounterMask)
        return Fault{FaultKind::malformed, "this is no id of a message"};
    return carrier_.order(
        carrier_.owner_of(*ours), [aor = *ours, id = *number](Shard& shard, auto answer) {
            const auto& key = shard.context().home.bucket_key;
            const auto row = id == 0 ? 0 : store::row_number(bucket_of(key, aor), id);
            remove_from(shard.messaging().stored(), aor, row, answer);
        });
}

}  // namespace

std::unique_ptr<MessageAdmin> message_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardMessages>(carrier);
}

}  // namespace herald::server
