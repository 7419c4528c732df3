// cli/registration.h: one contact of a user at a registrar (RFC 3261 10.2): set, listed, removed,
// kept alive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/timers.h"
#include "cli/user_agent.h"

namespace herald::cli {

/// A binding as the registrar lists it.
struct ListedContact {
    std::string uri;
    std::uint32_t expires = 0;  ///< seconds left
};
/// Those in the 2xx to a REGISTER, in its order.
std::vector<ListedContact> listed_contacts(const sip::Message& response);

class Registration {
public:
    struct Options {
        std::string aor;         ///< URI
        std::string sender;      ///< URI for From
        std::string contact;     ///< URI; empty: where this program is reached itself
        std::string user_agent;  ///< what it says it is; empty: this program
        std::uint32_t expires = 3600;
        bool keep = false;  ///< refresh it until remove()
    };
    class Listener {
    public:
        virtual ~Listener() = default;
        /// `granted` seconds for the contact that was set; 0: none was.
        virtual void on_listed(const std::vector<ListedContact>& contacts, std::uint32_t granted,
                               bool is_refresh) = 0;
        /// A refresh failed; it is tried again by itself.
        virtual void on_trouble(const std::string& sentence) = 0;
        /// `contacts` are those that are left. Last call.
        virtual void on_removed(const std::vector<ListedContact>& contacts) = 0;
        /// Last call.
        virtual void on_failed(const Reply& reply) = 0;
    };

    /// All references must outlive this.
    Registration(UserAgent& agent, Options options, Listener& listener);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

    /// Sets the contact.
    void set();
    /// Asks for the contacts that are registered.
    void fetch();
    /// Removes the contact.
    void remove();
    /// Removes every contact of the user (RFC 3261 10.2.2).
    void remove_all();

private:
    enum class Intent : std::uint8_t { set, fetch, remove, remove_all };

    void send(Intent intent);
    void on_reply(const Reply& reply);
    void on_accepted(const Reply& reply);
    void on_refused(const Reply& reply);
    std::uint32_t granted_of(const std::vector<ListedContact>& contacts,
                             const std::string& own) const;
    void again(base::Duration after);

    UserAgent& agent_;
    Options options_;
    Listener& listener_;
    const std::string call_id_ = base::random_token(15);
    const std::string tag_ = base::random_token(8);
    std::uint32_t cseq_ = 0;
    Intent intent_ = Intent::fetch;
    UserAgent::ExchangeId exchange_ = 0;
    bool is_set_ = false;
    bool is_removal_wanted_ = false;
    base::TimerId timer_;
};

}  // namespace herald::cli
