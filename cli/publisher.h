// cli/publisher.h: keeps one publication alive (RFC 3903 4).
//
//            2xx                  refresh due
//   sending ------> published <----------------> sending
//      | refused        | remove()
//      v                v
//     ended <-------- removing
#pragma once

#include <cstdint>
#include <string>

#include "base/id.h"
#include "cli/user_agent.h"

namespace herald::cli {

class Publisher final {
public:
    struct Options {
        std::string resource;   ///< URI
        std::string publisher;  ///< URI for From
        std::string event;      ///< header value
        std::uint32_t expires = 3600;
        std::string content_type, body;
        std::string entity_tag;  ///< of a publication made earlier; empty: none yet
        bool keep = false;       ///< refresh until remove()
    };
    /// Called with what happens. Must not destroy the Publisher from within a call.
    class Listener {
    public:
        virtual ~Listener() = default;
        /// The publication stands for `expires` seconds from now. `is_refresh`: nothing else
        /// changed.
        virtual void on_published(const std::string& entity_tag, std::uint32_t expires,
                                  bool is_refresh) = 0;
        /// It could not be refreshed; it is tried again.
        virtual void on_trouble(const std::string& sentence) = 0;
        virtual void on_removed() = 0;
        /// Last call, of publish() or remove(): refused, or no answer.
        virtual void on_failed(const Reply& reply) = 0;
    };

    Publisher(UserAgent& agent, Options options, Listener& listener);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// Publishes the body; with an entity-tag it takes the place of that publication.
    void publish();
    /// Removes the publication of the entity-tag; after on_removed() or on_failed() nothing more
    /// comes.
    void remove();

    const std::string& entity_tag() const noexcept { return options_.entity_tag; }

private:
    enum class Intent : std::uint8_t { publish, refresh, remove };

    void send(Intent intent);
    void on_reply(const Reply& reply);
    void on_accepted(const Reply& reply);
    void on_removal_answered(const Reply& reply);
    void on_refresh_failed(const Reply& reply);
    void again(base::Duration after, Intent intent);

    UserAgent& agent_;
    Options options_;
    Listener& listener_;
    const std::string call_id_ = base::random_token(16);
    const std::string tag_ = base::random_token(8);
    std::uint32_t cseq_ = 0;
    Intent intent_ = Intent::publish;  ///< of the request under way
    bool is_removal_wanted_ = false;   ///< as soon as that is answered
    bool was_published_ = false;
    UserAgent::ExchangeId exchange_ = 0;
    base::TimerId timer_;
};

}  // namespace herald::cli
