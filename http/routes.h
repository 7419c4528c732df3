// http/routes.h: what the API consists of: one table, from which requests are routed and its
// description is made.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"
#include "http/json.h"
#include "http/token_book.h"
#include "http/tokens.h"
#include "server/admin/admin.h"
#include "server/config/reload.h"

namespace herald::http {

/// What handlers work on. Outlives them all.
struct Context {
    server::Admin& admin;
    base::Metrics& metrics;
    std::string realm;                               ///< of accounts that name none
    std::string version;                             ///< of the program
    TokenBook* tokens = nullptr;                     ///< of the API that asks
    std::function<server::ReloadReport()> reload{};  ///< reads the configuration again, and waits
};

/// One request that was routed, let in, and read.
struct Call {
    Context& context;
    std::string path;                   ///< as sent
    std::vector<std::string> captured;  ///< for each {...} of the pattern, decoded
    std::vector<std::pair<std::string, std::string>> query;  ///< only names the route knows
    Json body;                                               ///< null where the route takes none
    const Request& request;                                  ///< its head
    std::string document;  ///< the body as it came, where the route takes more than JSON
    std::string actor{};   ///< name of the token; empty: none was asked for
    Reach reach{};         ///< whom the token is good for
    /// Of a request that may come twice: takes what it would have been answered, where that is only
    /// known after it was answered 504. Any thread. Empty: nobody wants to know.
    std::function<void(const Result<Answer>& answer)> late{};

    /// Empty where it is not there.
    std::string_view parameter(std::string_view name) const noexcept;
};

/// A Fault becomes a problem document.
using Handler = Result<Answer> (*)(const Call&);

struct QueryParameter {
    std::string_view name;
    std::string_view help;
};

struct Route {
    std::string_view method;
    std::string_view pattern;  ///< "/v1/accounts/{aor}": each {...} is one segment
    Role role;
    Handler handle;
    std::string_view summary;
    std::span<const QueryParameter> query{};
    std::string_view
        request_schema{};  ///< a JSON body is wanted, of this schema of the OpenAPI document
    std::string_view response_schema{};  ///< empty: no JSON comes back
    /// What PUT takes, and GET gives, is a document of any media type as it is.
    bool is_document = false;
    /// Of what comes back, where it is not JSON.
    std::string_view response_type{};
    /// What JSON may be instead, where it is taken or given: "text/csv".
    std::string_view other_type{};
    /// Its handler looks at If-Match and If-None-Match of a change itself.
    bool has_own_conditions = false;
    /// What it answers is shown once and kept nowhere.
    bool has_secret_answer = false;
    /// Waits for nobody: answered even while every thread is taken.
    bool is_instant = false;

    bool takes_json() const noexcept { return !request_schema.empty(); }
    bool takes_body() const noexcept { return takes_json() || (is_document && method == "PUT"); }
};

std::span<const Route> routes() noexcept;

/// 200 with `json`, or another status.
Answer json_answer(const Json& json, int status = 200);

// The handlers, by file.
Result<Answer> get_health(const Call& call);  // health.cpp
Result<Answer> get_readiness(const Call& call);
Result<Answer> get_metrics(const Call& call);
Result<Answer> get_openapi(const Call& call);         // openapi.cpp
Result<Answer> get_events(const Call& call);          // events.cpp
Result<Answer> list_subscriptions(const Call& call);  // resources.cpp
Result<Answer> list_resources(const Call& call);
Result<Answer> get_resource(const Call& call);
Result<Answer> get_hard_state(const Call& call);  // hard_state.cpp
Result<Answer> put_hard_state(const Call& call);
Result<Answer> delete_hard_state(const Call& call);
Result<Answer> list_presence(const Call& call);  // presence.cpp
Result<Answer> get_presence(const Call& call);
Result<Answer> put_presence(const Call& call);
Result<Answer> delete_presence(const Call& call);
Result<Answer> list_packages(const Call& call);  // packages.cpp
Result<Answer> list_dialogs(const Call& call);   // dialogs.cpp
Result<Answer> get_dialogs(const Call& call);
Result<Answer> put_dialog(const Call& call);
Result<Answer> delete_dialogs(const Call& call);
Result<Answer> get_dialog_keeper(const Call& call);
Result<Answer> put_dialog_keeper(const Call& call);
Result<Answer> delete_dialog_keeper(const Call& call);
Result<Answer> get_mailbox(const Call& call);  // mailboxes.cpp
Result<Answer> put_mailbox(const Call& call);
Result<Answer> delete_mailbox(const Call& call);
Result<Answer> get_mailbox_settings(const Call& call);
Result<Answer> put_mailbox_settings(const Call& call);
Result<Answer> delete_mailbox_settings(const Call& call);
Result<Answer> get_mailbox_source(const Call& call);
Result<Answer> ask_mailbox_source(const Call& call);
Result<Answer> list_registrations(const Call& call);  // registrations.cpp
Result<Answer> get_registrations(const Call& call);
Result<Answer> put_registration(const Call& call);
Result<Answer> delete_registration(const Call& call);
Result<Answer> list_aliases(const Call& call);  // aliases.cpp
Result<Answer> get_alias(const Call& call);
Result<Answer> put_alias(const Call& call);
Result<Answer> delete_alias(const Call& call);
Result<Answer> list_watchers(const Call& call);  // watchers.cpp
Result<Answer> decide_watcher(const Call& call);
Result<Answer> explain(const Call& call);
Result<Answer> get_list(const Call& call);  // lists.cpp
Result<Answer> put_list(const Call& call);
Result<Answer> delete_list(const Call& call);
Result<Answer> add_entry(const Call& call);
Result<Answer> remove_entry(const Call& call);
Result<Answer> import_lists(const Call& call);
Result<Answer> export_lists(const Call& call);
Result<Answer> get_rules(const Call& call);  // rules.cpp
Result<Answer> put_rules(const Call& call);
Result<Answer> delete_rules(const Call& call);
Result<Answer> try_rules(const Call& call);
Result<Answer> list_audit(const Call& call);
Result<Answer> send_message(const Call& call);  // messages.cpp
Result<Answer> list_messages(const Call& call);
Result<Answer> get_message(const Call& call);
Result<Answer> delete_messages(const Call& call);
Result<Answer> list_devices(const Call& call);  // devices.cpp
Result<Answer> start_job(const Call& call);     // provisioning.cpp
Result<Answer> list_jobs(const Call& call);
Result<Answer> get_job(const Call& call);
Result<Answer> get_job_csv(const Call& call);
Result<Answer> pause_job(const Call& call);
Result<Answer> resume_job(const Call& call);
Result<Answer> cancel_job(const Call& call);
Result<Answer> list_profiles(const Call& call);  // profiles.cpp
Result<Answer> get_profile(const Call& call);
Result<Answer> put_profile(const Call& call);
Result<Answer> delete_profile(const Call& call);
Result<Answer> get_profile_body(const Call& call);
Result<Answer> put_profile_body(const Call& call);
Result<Answer> get_profile_file(const Call& call);
Result<Answer> put_profile_file(const Call& call);
Result<Answer> delete_profile_file(const Call& call);
Result<Answer> preview_profile(const Call& call);
Result<Answer> explain_profile(const Call& call);
Result<Answer> list_tokens(const Call& call);  // access_tokens.cpp
Result<Answer> make_token(const Call& call);
Result<Answer> revoke_token(const Call& call);
Result<Answer> list_traces(const Call& call);  // traces.cpp
Result<Answer> start_trace(const Call& call);
Result<Answer> read_trace(const Call& call);
Result<Answer> stop_trace(const Call& call);
Result<Answer> reload_configuration(const Call& call);  // reload.cpp
Result<Answer> give_cell(const Call& call);             // cells.cpp
Result<Answer> list_accounts(const Call& call);         // accounts.cpp
Result<Answer> import_accounts(const Call& call);
Result<Answer> get_account(const Call& call);
Result<Answer> put_account(const Call& call);
Result<Answer> delete_account(const Call& call);

}  // namespace herald::http
