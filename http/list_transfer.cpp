// http/list_transfer.cpp: lists of many owners and domains at once, as JSON or as a table: all of
// them are taken, or none, with the line of each mistake.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/csv.h"
#include "http/import_mistakes.h"
#include "http/lists.h"
#include "http/negotiation.h"
#include "http/paging.h"

namespace herald::http {

namespace {

using server::ListRow;

constexpr std::size_t kMostImportedRows = 100000;
constexpr std::string_view kHeading = "scope,list,watcher,package";

/// One row as it was written.
struct WrittenRow {
    std::size_t line;
    std::string scope, list, watcher, package;
};

/// Lines of the objects in the array of a document like {"rows": [{...}, {...}]}.
std::vector<std::size_t> lines_of_objects(std::string_view json) {
    std::vector<std::size_t> lines;
    std::size_t line = 1, depth = 0;
    bool is_text = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        if (is_text && c == '\\') ++at;
        if (c == '"') is_text = !is_text;
        if (c == '\n') ++line;
        if (is_text) continue;
        if (c == '{' && depth == 2) lines.push_back(line);
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && depth > 0) --depth;
    }
    return lines;
}

WrittenRow read_object(const Json& json, std::size_t line, ImportMistakes& mistakes) {
    Fields fields(json);
    WrittenRow row{line, fields.text("scope").value_or(""), fields.text("list").value_or(""),
                   fields.text("watcher").value_or(""),
                   fields.text("package").value_or("presence")};
    if (auto status = fields.status(); !status) mistakes.add(line, status.fault().detail);
    return row;
}

Result<std::vector<WrittenRow>> rows_of_json(const Call& call, ImportMistakes& mistakes) {
    const auto* rows = call.body.find("rows");
    const auto* array = rows != nullptr ? rows->as<JsonArray>() : nullptr;
    const auto* body = call.body.as<JsonObject>();
    if (array == nullptr || body->size() != 1)
        return Fault{FaultKind::malformed, "expected {\"rows\": [...]} and nothing else"};
    const auto lines = lines_of_objects(call.document);
    std::vector<WrittenRow> read;
    std::size_t objects = 0;
    for (const auto& each : *array) {
        const bool is_object = each.as<JsonObject>() != nullptr;
        const auto line = objects < lines.size() ? lines[objects] : 1;
        read.push_back(read_object(each, line, mistakes));
        objects += is_object ? 1 : 0;
    }
    return read;
}

Result<std::vector<WrittenRow>> rows_of_table(const Call& call, ImportMistakes& mistakes) {
    auto table = parse_csv(call.document);
    if (!table) return table.fault();
    const auto is_heading = [](const CsvRow& row) {
        std::string text;
        for (const auto& cell : row.cells) text += (text.empty() ? "" : ",") + cell;
        return text == kHeading;
    };
    if (table->empty() || !is_heading(table->front())) {
        return Fault{FaultKind::malformed, "line 1: expected the heading " + std::string(kHeading)};
    }
    table->erase(table->begin());
    std::vector<WrittenRow> read;
    for (auto& row : *table) {
        if (row.cells.size() < 3 || row.cells.size() > 4)
            mistakes.add(row.line, "expected " + std::string(kHeading));
        row.cells.resize(4);
        if (row.cells[3].empty()) row.cells[3] = "presence";
        read.push_back({row.line, row.cells[0], row.cells[1], row.cells[2], row.cells[3]});
    }
    return read;
}

/// Appends the row, or what is wrong with it.
void take(const Call& call, const WrittenRow& written, std::vector<ListRow>& rows,
          ImportMistakes& mistakes) {
    const auto list = pidf::handling_named(written.list);
    const auto watcher = server::list_pattern(written.watcher);
    const auto scope = call.context.admin.policies().scope_of(written.scope);
    const auto refuse = [&](std::string why) { mistakes.add(written.line, std::move(why)); };
    if (!list) refuse("list: expected allow, block, polite-block or confirm");
    if (!watcher) refuse("watcher: " + watcher.fault().detail);
    if (!scope) refuse("scope: " + scope.fault().detail);
    if (!is_ruled_package(written.package)) refuse("package: expected an event package or *");
    if (list && watcher && scope && is_ruled_package(written.package))
        rows.push_back({*scope, {*list, *watcher, written.package}});
}

bool has_table(const Call& call) {
    return media_type(call.request.content_type) == kCsvType;
}

std::vector<ListRow> rows_of(const server::ScopePolicy& policy) {
    std::vector<ListRow> rows;
    for (const auto& entry : policy.entries()) rows.push_back({policy.row().scope, entry});
    return rows;
}

Answer table_of(const std::vector<ListRow>& rows) {
    std::string out = std::string(kHeading) + "\r\n";
    for (const auto& [scope, entry] : rows) {
        append_cell(out, scope, ',');
        append_cell(out, pidf::name_of(entry.list), ',');
        append_cell(out, entry.pattern, ',');
        append_cell(out, entry.package, '\r');
        out += '\n';
    }
    return {200, std::string(kCsvType) + "; charset=utf-8", std::move(out), {}};
}

Answer json_of(const std::vector<ListRow>& rows, const std::string& next) {
    JsonArray array;
    for (const auto& [scope, entry] : rows) {
        array.push_back(JsonObject{{"scope", scope},
                                   {"list", std::string(pidf::name_of(entry.list))},
                                   {"watcher", entry.pattern},
                                   {"package", entry.package}});
    }
    return json_answer(JsonObject{{"rows", std::move(array)}, {"next", text_or_null(next)}});
}

}  // namespace

Result<Answer> import_lists(const Call& call) {
    const bool is_json = media_type(call.request.content_type) == "application/json";
    if (!is_json && !has_table(call))
        return Fault{FaultKind::unsupported_media, "Send application/json or text/csv."};
    ImportMistakes mistakes;
    const auto written =
        has_table(call) ? rows_of_table(call, mistakes) : rows_of_json(call, mistakes);
    if (!written) return written.fault();
    if (written->size() > kMostImportedRows)
        return Fault{FaultKind::malformed, "more than 100000 rows; send them in parts"};
    std::vector<ListRow> rows;
    const bool is_readable = mistakes.is_empty();
    for (const auto& row : *written) {
        if (is_readable) take(call, row, rows, mistakes);
    }
    if (!mistakes.is_empty()) return mistakes.refusal(call.path);
    if (auto done = call.context.admin.policies().import(rows, call.actor); !done)
        return done.fault();
    return json_answer(JsonObject{{"rows", rows.size()}});
}

Result<Answer> export_lists(const Call& call) {
    const auto limit = limit_of(call);
    if (!limit) return limit.fault();
    const auto policies =
        call.context.admin.policies().page(std::string(call.parameter("after")), *limit + 1);
    if (!policies) return policies.fault();
    std::vector<ListRow> rows;
    const bool has_more = policies->size() > *limit;
    const auto count = std::min(policies->size(), *limit);
    for (std::size_t i = 0; i < count; ++i) {
        for (auto& row : rows_of(*(*policies)[i])) rows.push_back(std::move(row));
    }
    const auto next = has_more ? (*policies)[count - 1]->row().scope : std::string();
    auto answer = prefers(call.request.accept, kCsvType, "application/json") ? table_of(rows)
                                                                             : json_of(rows, next);
    if (!next.empty())
        answer.headers.emplace_back("Link", '<' + next_page(call, next) + ">; rel=\"next\"");
    return answer;
}

}  // namespace herald::http
