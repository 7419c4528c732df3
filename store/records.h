// store/records.h: what is kept, as plain rows, and the changes made to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "store/row_number.h"

namespace herald::store {

/// The request that made the last change, so that its repetition after a crash gets the same answer
/// unapplied.
struct RequestMark {
    std::string call_id;
    std::uint32_t cseq = 0;
    std::uint64_t branch_hash = 0;
};

/// One piece of event state. `id` is chosen by the server, unique for ever within the store.
struct Publication {
    std::uint64_t id = 0;
    std::string package;
    std::string aor;
    std::string entity_tag;
    std::string source;        ///< stable over modifications: distinguishes inputs of one resource
    std::string publisher;     ///< AOR of who published; empty: the HTTP API
    std::uint8_t rank = 0;     ///< packages::Rank
    base::WallTime arrived{};  ///< of the last change that carried a body
    base::WallTime expires_at{};  ///< zero: never (hard state)
    std::uint32_t granted = 0;    ///< seconds answered in the last 200
    RequestMark mark;
    std::string type;
    std::string body;
    bool is_removed =
        false;  ///< a tombstone: kept until expires_at for repetitions of the removing request
};

/// One watcher's dialog usage.
struct Subscription {
    /// From `deactivated` to `giveup`: ended for this reason, and the watcher has not heard of it
    /// yet. `waiting`: it ended before the owner decided, who may still want to know; of the dialog
    /// nothing is left. `let_in`, `put_off`: active because the owner decided so about this
    /// subscription alone; who is put off sees what he would of who is never there.
    enum class State : std::uint8_t {
        pending,
        active,
        terminated,
        deactivated,
        rejected,
        noresource,
        giveup,
        waiting,
        let_in,
        put_off
    };
    std::uint64_t id = 0;
    std::string package;  ///< as registered
    std::string aor;      ///< of the resource
    std::string watcher;  ///< AOR the watcher was authenticated as (open mode: of From)
    State state = State::pending;
    base::WallTime expires_at{};
    std::uint32_t granted = 0;
    std::uint64_t change = 0;  ///< rises with every durable change; see Confirmation
    std::string call_id;
    std::string local_tag;  ///< ours
    std::string remote_tag;
    std::string local_uri;   ///< To of the SUBSCRIBE without its tag: our From
    std::string remote_uri;  ///< From of the SUBSCRIBE without its tag: our To
    std::string remote_target;
    std::string route_set;  ///< ready Route value, empty for none
    std::string event;      ///< Event value to echo (type and id)
    std::string accept;     ///< media type chosen from the latest Accept
    std::string entity;     ///< URI the watcher asked for
    std::string instance;   ///< +sip.instance, else empty
    std::string flow;       ///< opaque to the store
    std::uint32_t remote_cseq = 0;
    std::uint32_t cseq_base = 0;  ///< first local CSeq of the block that belongs to `epoch`
    std::uint32_t epoch = 0;      ///< of the process that wrote cseq_base
    RequestMark mark;
};

/// Which document every watcher of a resource is known to have: written lazily, void before
/// anything else is told.
struct Confirmation {
    std::string package;
    std::string aor;
    std::uint64_t fingerprint = 0;
    std::uint64_t through = 0;  ///< subscriptions with `change` up to this one have it
};

struct Delegation {
    std::string aor;      ///< the delegate
    std::string package;  ///< "*" for all
};

/// A message kept for somebody who was not there (RFC 3428 7).
struct Message {
    std::uint64_t id = 0;         ///< rises in order of arrival
    std::string recipient;        ///< AOR
    std::string sender;           ///< AOR as far as it was proved; empty: unknown
    std::string from;             ///< From without its tag
    std::string to;               ///< To without its tag
    base::WallTime date{};        ///< when it was written, else when it came
    base::WallTime expires_at{};  ///< as its sender wants; zero: never
    base::WallTime keep_until{};  ///< dropped then in any case
    RequestMark mark;
    std::uint64_t size = 0;  ///< bytes of headers and body
    std::string headers;     ///< complete lines that go along with the body
    std::string body;
    bool is_done = false;  ///< without headers and body: kept for repetitions of the request
};

/// How far a cell has come: written whenever it is taken.
struct CellState {
    Cell cell{};
    std::uint32_t epoch = 0;  ///< of the rows that are written from then on; rises
    bool is_clean = false;    ///< all that is known of its watchers was written when it was given
    base::WallTime since{};
};

/// Somebody who may authenticate.
struct Account {
    enum class Role : std::uint8_t { user, publisher, monitor, admin };
    std::string aor;
    std::string username;  ///< digest username; default: the user part of the AOR
    std::string realm;
    std::string ha1[3];  ///< by sip::DigestAlgorithm (MD5, SHA-256, SHA-512-256); empty: none
    Role role = Role::user;
    std::vector<std::string>
        resources;  ///< publisher: AORs it may publish for, "*@domain" for a whole domain
    std::vector<std::string> packages;   ///< publisher: which packages, "*" for all
    std::vector<Delegation> delegates;   ///< who may act for this AOR
    bool wants_partial_dialogs = false;  ///< as a watcher: told what changed (RFC 4235 3.3)
};

/// An address-of-record that stands for another one; both canonical.
struct Alias {
    std::string aor;
    std::string resource;  ///< no alias itself
};

/// Who may see what, as an owner says it, or a domain for those of its owners who say nothing.
struct Policy {
    std::string scope;           ///< canonical AOR, or a domain
    std::uint64_t revision = 0;  ///< unique for ever: another one after each change
    std::string lists;           ///< a line each: the list, a blank, the entry
    std::string document;        ///< application/auth-policy+xml as it was put; empty: none
};

/// Who changed what, from what to what.
struct AuditEntry {
    std::uint64_t id = 0;  ///< rises with time
    base::WallTime at{};
    std::string actor;     ///< name of an HTTP token
    std::string resource;  ///< what was changed: a scope, an AOR
    std::string action;    ///< "allow.add", "rules.put"
    std::string before, after;
};

/// An HTTP token: only its SHA-256 is kept.
struct Token {
    std::string name;
    std::string sha256_hex;
    std::string role;  ///< read, write, admin; behind a blank whom it is good for; empty: revoked
};

// Changes. Each names one row; a failed condition refuses its own change only.

/// Inserts; the tombstone or earlier row of the same id is overwritten.
struct PutPublication {
    Publication row;
    std::string
        expected_tag;  ///< non-empty: replaces the row of this id, only if it still has this tag
};
/// Only the tag, expiry, granted seconds and mark change. Refused unless the row has
/// `expected_tag`.
struct RefreshPublication {
    std::uint64_t id = 0;
    std::string expected_tag;
    std::string entity_tag;
    base::WallTime expires_at{};
    std::uint32_t granted = 0;
    RequestMark mark;
};
/// Deletes, or with a mark turns into a tombstone until `keep_until`. Refused unless the row has
/// `expected_tag` (empty: any).
struct RemovePublication {
    std::uint64_t id = 0;
    std::string expected_tag;
    base::WallTime keep_until{};  ///< zero: delete at once
    RequestMark mark;
};
/// Changes of publications that are made all or none: the contacts of one REGISTER (RFC 3261 10.3
/// step 7). Refused where one of them is.
struct ChangePublications {
    std::vector<std::variant<PutPublication, RefreshPublication, RemovePublication>> changes;
};
/// Inserts a subscription, deleting the rows it replaces (a rebooted device) in the same commit.
struct PutSubscription {
    Subscription row;
    std::vector<std::uint64_t> replaces;
};
/// Rewrites what a refresh may change: everything but identity of the dialog. Refused if the row is
/// gone.
struct UpdateSubscription {
    Subscription row;
};
/// What a refresh that changed nothing else rewrites: the cheap way. Refused if the row is gone.
struct TouchSubscription {
    std::uint64_t id = 0;
    std::uint64_t change = 0;
    base::WallTime expires_at{};
    std::uint32_t granted = 0;
    std::uint32_t remote_cseq = 0;
    std::uint32_t cseq_base = 0;
    std::uint32_t epoch = 0;
    Subscription::State state = Subscription::State::active;
    RequestMark mark;
    bool keeps_mark = false;  ///< the mark stays as it is
};
/// Deletes, or with keep_until keeps a terminated row for repetitions of the ending request.
struct RemoveSubscription {
    std::uint64_t id = 0;
    base::WallTime keep_until{};
    RequestMark mark;
};
/// Inserts or overwrites; `through` 0 deletes.
struct PutConfirmation {
    Confirmation row;
};
/// Inserts.
struct PutMessage {
    Message row;
};
/// Deletes, or with keep_until leaves what a repetition of the request is recognised by.
struct RemoveMessage {
    std::uint64_t id = 0;
    base::WallTime keep_until{};
};
struct PutAccount {
    Account row;
};
struct RemoveAccount {
    std::string aor;
};
/// Accounts, and what is kept beside them, as one: all of it or none. As many as the caller has
/// memory for; none may be named twice.
struct ChangeAccounts {
    std::vector<std::variant<PutAccount, RemoveAccount>> accounts;
    std::vector<Publication> kept;         ///< put beside them, whatever was there
    std::vector<std::uint64_t> forgotten;  ///< ids of such rows; gone already is as good
};
struct PutAlias {
    Alias row;
};
struct RemoveAlias {
    std::string aor;
};
/// All or none. A policy without lists and document is deleted; so are audit entries with an id
/// below `forget_before`.
struct ChangePolicies {
    std::vector<Policy> policies;
    std::vector<AuditEntry> audit;
    std::uint64_t forget_before = 0;
};
struct PutToken {
    Token row;
};
/// Inserts or overwrites.
struct PutCell {
    CellState row;
};

/// One change of what is stored. A class and no mere alias, so that copying and ending so many
/// kinds of rows is compiled once, not in every file that hands one on.
struct Change
    : std::variant<PutPublication, RefreshPublication, RemovePublication, ChangePublications,
                   PutSubscription, UpdateSubscription, TouchSubscription, RemoveSubscription,
                   PutConfirmation, PutMessage, RemoveMessage, PutAccount, RemoveAccount,
                   ChangeAccounts, PutAlias, RemoveAlias, ChangePolicies, PutToken, PutCell> {
    /// Of any of these kinds of rows.
    template <class Row>
    Change(Row row);
    Change(const Change& other);
    Change(Change&& other) noexcept;
    Change& operator=(const Change& other);
    Change& operator=(Change&& other) noexcept;
    ~Change();
};

/// What became of a Change. Unknown is never answered to a client.
enum class Outcome : std::uint8_t {
    committed,
    refused,      ///< its condition failed; nothing was changed
    unavailable,  ///< known not applied
    unknown,      ///< may or may not have been applied
};

}  // namespace herald::store
