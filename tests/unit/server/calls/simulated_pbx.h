// tests/unit/server/calls/simulated_pbx.h: calls as they are, and who publishes what of them.
//
//   proxy      one publication for each call, in which it ends, or with which it goes
//   witness    the same call from its other side; hears of it late, of its end perhaps never
//   line       one publication for all calls of somebody, whole or in part, by numbers used again
//   extension  one publication of whether somebody has a call, without Call-ID
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

namespace herald::server::testing {

inline const std::string kStates[] = {"trying", "early", "confirmed", "terminated"};
inline constexpr unsigned kEnd = 3;

/// One call as it is.
struct SimulatedCall {
    std::string name;  ///< Call-ID; empty: that of an extension
    std::string aor;
    unsigned state = 0;  ///< in kStates
    std::set<std::string> had{"terminated"};
    unsigned slot = 0;          ///< the id by which a line tells it
    bool learns_tag = false;    ///< the other side's tag comes with its answer
    bool is_over = false;       ///< the server has said that it knows of the end
    bool is_forgotten = false;  ///< who told of it knows nothing any more

    bool is_live() const { return state != kEnd; }
    void become(unsigned next) {
        state = next;
        had.insert(kStates[next]);
    }
};
using SimulatedCalls = std::map<std::string, SimulatedCall>;

/// States by names of calls.
using Known = std::map<std::string, unsigned>;

/// One PUBLISH, and what it says.
struct Telling {
    std::string body{};
    bool is_removal = false;
    Known known{};                 ///< what the server knows once it has accepted this
    std::set<std::string> over{};  ///< calls that this says are over
};

/// What is left to chance.
struct Mood {
    bool is_brief = false;     ///< nothing is said where nothing is new
    bool is_partial = false;   ///< only what is new
    bool is_explicit = false;  ///< what ended is named
};

class Teller {
public:
    enum class Kind { proxy, witness, line, extension };

    Teller(Kind its_kind, std::string its_aor) : kind(its_kind), aor(std::move(its_aor)) {}

    Kind kind;
    std::string aor;
    Known knows{};  ///< takes for true
    Known told{};   ///< has got through
    std::string entity_tag{};
    bool is_removing = false;  ///< tells the end of a call by a removal
    bool is_deaf = false;      ///< never hears of an end
    bool is_asked = false;     ///< a PUBLISH is on its way
    unsigned generation = 0;   ///< how often it was killed
    unsigned silent = 0;       ///< seconds
    unsigned brief = 0;        ///< refreshes without a body, one after the other

    bool has_news() const { return knows != told || (entity_tag.empty() && is_there()); }
    /// Whether it has anything to keep alive.
    bool is_there() const { return is_of_somebody() || !knows.empty(); }

    Telling tell(const SimulatedCalls& calls, const Mood& mood) const {
        Telling telling;
        telling.known = knows;
        const bool is_known = !entity_tag.empty();
        if (mood.is_brief && is_known && !has_news() && brief < 5) return telling;
        for (const auto& [name, state] : knows)
            if (state == kEnd) telling.over.insert(name);
        telling.is_removal = is_removing && is_known && !telling.over.empty();
        if (telling.is_removal) return telling;
        const bool is_partial = kind == Kind::line && is_known && mood.is_partial;
        std::string dialogs;
        std::set<unsigned> slots;
        for (const bool is_end : {false, true}) {
            for (const auto& [name, state] : knows) {
                if (is_end != (state == kEnd)) continue;
                if (is_partial && is_told(name, state)) continue;
                const auto& call = calls.at(key(name));
                // A number that has a call again says nothing of the one before.
                const bool is_unnamed = kind == Kind::line && !slots.insert(call.slot).second;
                const bool is_left_out =
                    is_end && kind == Kind::line && !is_partial && !mood.is_explicit;
                if (is_unnamed || is_left_out) {
                    telling.over.erase(name);
                } else {
                    dialogs += dialog(call, state);
                }
            }
        }
        telling.body =
            "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
            "state=\"" +
            std::string(is_partial ? "partial" : "full") + "\" entity=\"" + aor + "\">" + dialogs +
            "</dialog-info>";
        return telling;
    }
    void accept(const Telling& telling, const std::string& tag) {
        entity_tag = telling.is_removal ? std::string() : tag;
        told = telling.known;
        if (kind == Kind::extension) return;
        for (const auto& [name, state] : telling.known) {
            if (state != kEnd) continue;
            told.erase(name);
            knows.erase(name);
        }
    }
    void forget() {
        knows.clear();
        told.clear();
        entity_tag.clear();
        is_asked = false;
        ++generation;
        if (kind == Kind::extension) knows[""] = kEnd;
    }
    /// Of calls that are over it has nothing more to say, but others may go on.
    bool is_of_somebody() const { return kind == Kind::line || kind == Kind::extension; }
    /// In SimulatedCalls.
    std::string key(const std::string& name) const {
        return kind == Kind::extension ? "extension " + aor : name;
    }

private:
    bool is_told(const std::string& name, unsigned state) const {
        const auto found = told.find(name);
        return found != told.end() && found->second == state;
    }
    std::string dialog(const SimulatedCall& call, unsigned state) const {
        const auto text = "><state>" + kStates[state] + "</state></dialog>";
        const auto names = " call-id=\"" + call.name + "\"";
        switch (kind) {
            case Kind::witness:
                return "<dialog id=\"w" + call.name + "\"" + names +
                       " local-tag=\"r\" remote-tag=\"l\" direction=\"initiator\"" + text;
            case Kind::line:
                return "<dialog id=\"" + std::to_string(call.slot) + "\"" + names +
                       " local-tag=\"l\" remote-tag=\"r\"" + text;
            case Kind::extension:
                return "<dialog id=\"100\"" + text;
            case Kind::proxy:
                break;
        }
        const auto* tag = call.learns_tag && state == 0 ? "" : "\" remote-tag=\"r";
        return "<dialog id=\"" + call.name + "\"" + names + " local-tag=\"l" + tag +
               "\" direction=\"recipient\"" + text;
    }
};

}  // namespace herald::server::testing
