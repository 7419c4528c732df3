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
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
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
        if (open_.back().find(name) != nullptr) {
            throw Refused("member \"" + name + "\" is given twice");
        }
        const auto* object = open_.back().as<JsonObject>();
        if (object != nullptr && object->size() == kJsonMembers) {
            throw Refused("more than " + std::to_string(kJsonMembers) + " members in one object");
        }
        names_.back() = name;
    }

    /// Where the parser is: `near "voice.new"`. Only member names, no values.
    std::string place() const {
        if (open_.empty()) return is_done_ ? "after its end" : "at its beginning";
        std::string path;
        for (std::size_t i = 0; i < open_.size(); ++i) {
            if (const auto* array = open_[i].as<JsonArray>()) {
                path += "[" + std::to_string(array->size()) + "]";
            } else if (!names_[i].empty()) {
                path += (path.empty() ? "" : ".") + names_[i];
            }
        }
        return path.empty() ? "at its beginning" : "near \"" + path + "\"";
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
    // Without the sign of a zero, which no reader wants.
    void value(double number) override { add(Json(number == 0 ? 0.0 : number)); }
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
            is_done_ = true;
        } else if (auto* array = std::get_if<JsonArray>(&open_.back().value)) {
            array->push_back(std::move(json));
        } else if (auto* object = std::get_if<JsonObject>(&open_.back().value)) {
            object->emplace_back(names_.back(), std::move(json));
        }
    }

    Json root_;
    bool is_done_ = false;
    std::vector<Json> open_;          ///< outermost first
    std::vector<std::string> names_;  ///< of the latest member of each of them
};

/// `text` in printable ASCII, and short.
std::string shown(std::string text) {
    constexpr std::size_t kLongest = 100;
    if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
    const auto is_unprintable = [](char c) { return c < 0x20 || c > 0x7E; };
    std::replace_if(text.begin(), text.end(), is_unprintable, '?');
    return text;
}

/// Why parsing stopped, starting small: it follows a place.
std::string reason(std::string text) {
    text = shown(std::move(text));
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

Json::Json() noexcept = default;
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

const Json* Json::find(std::string_view name) const noexcept {
    const auto* object = as<JsonObject>();
    if (object == nullptr) return nullptr;
    for (const auto& [key, member] : *object) {
        if (key == name) return &member;
    }
    return nullptr;
}

Result<Json> parse_json(std::string_view text) {
    Poco::SharedPtr<Builder> builder(new Builder);
    std::string why;
    try {
        Poco::JSON::Parser parser(builder);
        parser.setDepth(kJsonDepth);
        parser.setAllowNullByte(false);
        parser.parse(std::string(text));
        return builder->take();
    } catch (const Poco::Exception& error) {
        why = reason(error.message());
    } catch (const std::exception& error) {
        why = reason(error.what());
    }
    return Fault{FaultKind::malformed, shown(builder->place()) + ": " + why};
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json() : Json(text);
}

std::string to_text(const Json& json) {
    std::ostringstream out;
    out << std::boolalpha;
    Writer(out).write(json);
    return out.str();
}

}  // namespace herald::http
