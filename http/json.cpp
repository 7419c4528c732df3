// http/json.cpp: our JSON values from and to POCO's events.
#include "http/json.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSON/PrintHandler.h>

#include "base/text.h"

namespace herald::http {

namespace {

/// Thrown and caught in this file: POCO's parser can be stopped in no other way, and cleans up for
/// these only.
struct DuplicateMember : std::runtime_error {
    explicit DuplicateMember(const std::string& name)
        : std::runtime_error("member \"" + name + "\" is there twice") {}
};

/// Builds the tree while the parser reads.
class Builder final : public Poco::JSON::Handler {
public:
    void reset() override {}
    void startObject() override { open(JsonObject()); }
    void endObject() override { close(); }
    void startArray() override { open(JsonArray()); }
    void endArray() override { close(); }

    void key(const std::string& name) override {
        assert(!open_.empty());
        if (open_.back().find(name) != nullptr) throw DuplicateMember(name);
        names_.back() = name;
    }

    void null() override { add(Json()); }
    void value(int number) override { add(Json(number)); }
    void value(unsigned number) override { add(Json(std::uint32_t{number})); }
    void value(Poco::Int64 number) override { add(Json(std::int64_t{number})); }
    void value(Poco::UInt64 number) override {
        if (number <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
            return add(Json(static_cast<std::int64_t>(number)));
        }
        value(static_cast<double>(number));
    }
    void value(const std::string& text) override { add(Json(text)); }
    void value(double number) override {
        Json json;
        json.value = number;
        add(std::move(json));
    }
    void value(bool truth) override { add(Json(truth)); }

    Json take() { return std::move(root_); }

private:
    template <class T>
    void open(T empty) {
        open_.emplace_back(std::move(empty));
        names_.emplace_back();
    }

    void close() {
        Json closed = std::move(open_.back());
        open_.pop_back();
        names_.pop_back();
        add(std::move(closed));
    }

    void add(Json json) {
        if (open_.empty()) {
            root_ = std::move(json);
        } else if (auto* array = std::get_if<JsonArray>(&open_.back().value)) {
            array->push_back(std::move(json));
        } else if (auto* object = std::get_if<JsonObject>(&open_.back().value)) {
            object->emplace_back(std::move(names_.back()), std::move(json));
        }
    }

    Json root_;
    std::vector<Json> open_;          ///< outermost first
    std::vector<std::string> names_;  ///< of the member being read in each of them
};

/// "line 2, column 7" of `offset`, both counted from 1; columns are bytes.
std::string place(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// How far `stream` was read, one byte back: the byte that was too much.
std::size_t offset_of(std::istream& stream, std::size_t size) {
    stream.clear();
    const auto at = stream.tellg();
    if (at <= 0) return 0;
    return std::min(static_cast<std::size_t>(at) - 1, size);
}

/// Why parsing stopped, in printable ASCII, short and starting small: it follows a place.
std::string reason(std::string text) {
    constexpr std::size_t kLongest = 120;
    if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
    const auto is_unprintable = [](char c) { return c < 0x20 || c > 0x7E; };
    std::replace_if(text.begin(), text.end(), is_unprintable, '?');
    while (!text.empty() && text.back() == '.') text.pop_back();
    if (!text.empty()) text[0] = base::to_lower(text[0]);
    return text;
}

std::string well_formed(const std::string& text) {
    if (base::is_utf8(text)) return text;
    std::string out;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x80) {
            out += c;
        } else {
            out += "\xEF\xBF\xBD";
        }
    }
    return out;
}

class Writer {
public:
    explicit Writer(std::ostream& out) : print_(out, 0) {}

    void write(const Json& json) {
        std::visit([this](const auto& value) { write_value(value); }, json.value);
    }

private:
    void write_value(std::nullptr_t) { print_.null(); }
    void write_value(bool truth) { print_.value(truth); }
    void write_value(std::int64_t number) { print_.value(Poco::Int64{number}); }
    void write_value(double number) { print_.value(number); }
    void write_value(const std::string& text) { print_.value(well_formed(text)); }
    void write_value(const JsonArray& array) {
        print_.startArray();
        for (const Json& element : array) write(element);
        print_.endArray();
    }
    void write_value(const JsonObject& object) {
        print_.startObject();
        for (const auto& [name, member] : object) {
            print_.key(well_formed(name));
            write(member);
        }
        print_.endObject();
    }

    Poco::JSON::PrintHandler print_;
};

}  // namespace

const Json* Json::find(std::string_view name) const noexcept {
    const auto* object = as<JsonObject>();
    if (object == nullptr) return nullptr;
    for (const auto& [key, member] : *object) {
        if (key == name) return &member;
    }
    return nullptr;
}

Result<Json> parse_json(std::string_view text) {
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        return Fault{FaultKind::malformed, place(text, nul) + ": a NUL byte"};
    }
    Poco::SharedPtr<Builder> builder(new Builder);
    std::istringstream stream{std::string(text)};
    std::string why;
    try {
        Poco::JSON::Parser parser(builder);
        parser.setDepth(kJsonDepth);
        parser.setAllowNullByte(false);
        parser.parse(stream);
        return builder->take();
    } catch (const Poco::Exception& error) {
        why = reason(error.message());
    } catch (const std::exception& error) {
        why = reason(error.what());
    }
    return Fault{FaultKind::malformed, place(text, offset_of(stream, text.size())) + ": " + why};
}

std::string to_text(const Json& json) {
    std::ostringstream out;
    out << std::boolalpha;
    Writer(out).write(json);
    return out.str();
}

}  // namespace herald::http
