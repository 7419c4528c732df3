// store/dump.cpp: a store written out to be read.
#include "store/dump.h"

#include <string>
#include <type_traits>
#include <vector>

#include "base/text.h"
#include "store/columns.h"
#include "store/open.h"
#include "store/rows.h"

namespace herald::store {
namespace {

/// A string of JSON (RFC 8259 7).
void append_text(std::string& out, std::string_view text) {
    const bool is_utf8 = base::is_utf8(text);
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7F || (!is_utf8 && byte >= 0x80)) {
            out += "\\u00" + base::to_hex({&c, 1});
        } else {
            out += c;
        }
    }
    out += '"';
}

/// Media types of rows that hold passwords end with it.
constexpr std::string_view kLoginSuffix = "-login";

bool is_secret(std::string_view column) {
    return column.starts_with("ha1_") || column == "sha256_hex";
}

/// A table's each() writes with it.
class LineWriter {
public:
    explicit LineWriter(std::string_view table)
        : line_("{\"table\":\"" + std::string(table) + '"') {}

    void operator()(std::string_view name, const std::string& value) {
        if (!is_secret(name)) append_text(member(name), value);
    }
    void operator()(std::string_view name, const base::WallTime& value) {
        if (value == base::WallTime{}) {
            member(name) += "null";
        } else {
            append_text(member(name), base::to_rfc3339(value.time_since_epoch().count()));
        }
    }
    template <class Text>
    void operator()(std::string_view name, const Bytes<Text>& value) {
        append_text(member(name), value.text);
    }
    template <class Text>
    void operator()(std::string_view name, const Unless<Text>& value) {
        append_text(member(name), value.text);
    }
    /// As if each had a column.
    template <class Part, class Row>
    void operator()(std::string_view, const Packed<Part, Row>& values) {
        values.each(*this);
    }
    template <class Number>
    void operator()(std::string_view name, const RowId<Number>& id) {
        member(name) += std::to_string(id.value);
    }
    template <class Value>
    void operator()(std::string_view name, const Value& value) {
        if constexpr (std::is_same_v<Value, bool>) {
            member(name) += value ? "true" : "false";
        } else {
            member(name) += std::to_string(static_cast<std::uint64_t>(value));
        }
    }
    std::string take() { return std::move(line_) + '}'; }

private:
    std::string& member(std::string_view name) {
        line_ += ",\"" + std::string(name) + "\":";
        return line_;
    }

    std::string line_;
};

class Dump final : public RecoverySink {
public:
    explicit Dump(const std::function<void(std::string_view)>& line) : line_(line) {}

    void on_alias(Alias row) override { write<tables::Aliases>(row); }
    void on_account(Account row) override {
        if (const auto encoded = encode(row)) write<tables::Accounts>(*encoded);
    }
    void on_policy(Policy row) override { write<tables::Policies>(row); }
    void on_audit(AuditEntry row) override { write<tables::Audit>(row); }
    void on_publication(Publication row) override {
        if (row.is_removed) return write<tables::PublicationMarks>(row);
        if (row.type.ends_with(kLoginSuffix)) row.body.clear();
        write<tables::Publications>(row);
    }
    void on_subscription(const Subscription& row) override {
        const bool is_mark = row.state == Subscription::State::terminated;
        if (is_mark) return write<tables::SubscriptionMarks>(row);
        write<tables::Subscriptions>(row);
    }
    bool on_confirmation(Confirmation row) override {
        write<tables::Confirmations>(ConfirmationRow{0, std::move(row)});
        return true;
    }
    void on_message(Message row) override { messages_.push_back(row.id); }

    template <class Table>
    void write(const typename Table::Record& row) {
        LineWriter writer(Table::name);
        Table::each(row, writer);
        line_(writer.take());
    }
    const std::vector<std::uint64_t>& messages() const noexcept { return messages_; }

private:
    const std::function<void(std::string_view)>& line_;
    std::vector<std::uint64_t> messages_;
};

}  // namespace

Status dump_store(std::string_view url, const StoreOptions& options, const base::Clock& clock,
                  const std::function<void(std::string_view)>& line) {
    base::Metrics metrics;
    auto store = open_ledger(url, options, metrics, clock);
    if (!store) return store.fault();
    Dump dump(line);
    if (auto done = store->ledger->recover(dump); !done) return done;
    for (const std::uint64_t id : dump.messages()) {
        const auto message = store->ledger->message(id);
        if (!message) return message.fault();
        dump.write<tables::Messages>(*message);
    }
    const auto tokens = store->ledger->tokens();
    if (!tokens) return tokens.fault();
    for (const Token& token : *tokens) dump.write<tables::Tokens>(token);
    return {};
}

}  // namespace herald::store
