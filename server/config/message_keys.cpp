// server/config/message_keys.cpp: the keys of [message].
#include "server/config/message_keys.h"

#include "server/config/config_readers.h"
#include "server/config/config_rows.h"
#include "server/config/config_values.h"
#include "server/config/config_words.h"

namespace herald::server {

namespace {

using namespace rows;

using C = Config;

constexpr ConfigKey kMessageKeys[] = {
    flag<&C::message_store>(
        {"message", "store",
         "true: a MESSAGE for a user who is not there is kept and answered 202; "
         "false: it is answered 480.",
         true}),
    number<&C::message_keep>(
        {"message", "keep",
         "A message is kept this long at most, or shorter where its Expires says so.", true},
        {60, 365 * kDay, "s"}),
    number<&C::message_per_user>(
        {"message", "per_user", "Most messages kept for one user; more are answered 480.", true},
        {1, 100000}),
    number<&C::message_per_user_bytes>(
        {"message", "per_user_bytes", "Most bytes kept for one user; more is answered 480.", true},
        {1024, 1073741824, "bytes"}),
    number<&C::message_total>(
        {"message", "total", "Most messages kept in all; more are answered 480.", true},
        {1, 100000000}),
    budget<&C::message_total_bytes>(
        {"message", "total_bytes", "Most bytes of messages kept in all; likewise.", true}, 1048576,
        Filled::in_store),
    number<&C::message_per_sender_bytes>(
        {"message", "per_sender_bytes",
         "Of these from one sender, who is an account, or an address where nobody has to prove who "
         "he is.",
         true},
        {1024, kMostStored, "bytes"}),
    budget<&C::message_in_flight>({"message", "in_flight",
                                   "Memory for messages on their way to devices; with more, a new "
                                   "one is treated as if nobody "
                                   "was there.",
                                   true},
                                  1048576, Filled::by_users),
    number<&C::message_in_flight_per_sender>(
        {"message", "in_flight_per_sender", "Of it for one sender.", true},
        {65536, kMostMemory, "bytes"}),
    number<&C::message_max_body>(
        {"message", "max_body", "Longest body of a MESSAGE; more is answered 413.", true},
        {1024, 16777216, "bytes"}),
    list<&C::message_types>({"message", "types",
                             "Media types a MESSAGE may have, such as \"text/plain\" or "
                             "\"text/*\"; others are answered "
                             "415. Empty: any."},
                            read_message_type,
                            [](const Config& c) { return toml_list(c.message_types); }),
    number<&C::message_patience>(
        {"message", "patience",
         "A device that does not answer within this time counts as not there. Senders wait 32 s "
         "at most.",
         true},
        {1, 30, "s"}),
    number<&C::message_rate>(
        {"message", "rate",
         "Messages one sender may send in a second, in the long run; more are answered 480 with "
         "Retry-After. 0: any number. A sender is an account, or an address where nobody has to "
         "prove who he is.",
         true},
        {0, 1000000}),
    number<&C::message_burst>(
        {"message", "burst", "Messages one sender may send at once before `rate` counts.", true},
        {1, 1000000}),
    flag<&C::message_large_on_udp>({"message", "large_on_udp",
                                    "Send what is over 1300 bytes by UDP to devices that take no "
                                    "TCP, though RFC 3428 8 forbids "
                                    "it; false: such a message fails with 513.",
                                    true}),
    flag<&C::message_stored_is_200>(
        {"message", "stored_is_200",
         "Answer 200 rather than 202 for a message that was kept: for clients that take 202 for a "
         "failure.",
         true}),
    flag<&C::message_foreign>(
        {"message", "foreign",
         "Users with an account may write to other domains; false: that is answered 404.", true}),
};

}  // namespace

std::span<const ConfigKey> message_keys() noexcept {
    return kMessageKeys;
}

}  // namespace herald::server
