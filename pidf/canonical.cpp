// pidf/canonical.cpp: elements back to text, with prefixes that do not depend on the publisher's.
#include <array>

#include "pidf/wellformed.h"
#include "pidf/xml.h"

namespace herald::pidf::xml {
namespace {

struct Known {
    std::string_view prefix;
    std::string_view uri;
};

/// By Ns. The prefixes are the ones of the RFCs' examples: some watchers look for them, not for the
/// URI.
constexpr std::array<Known, static_cast<std::size_t>(Ns::foreign) + 1> kKnown{{
    {"", ""},
    {"xml", "http://www.w3.org/XML/1998/namespace"},
    {"pidf", "urn:ietf:params:xml:ns:pidf"},
    {"dm", "urn:ietf:params:xml:ns:pidf:data-model"},
    {"rpid", "urn:ietf:params:xml:ns:pidf:rpid"},
    {"lt", "urn:ietf:params:xml:ns:location-type"},
    {"ts", "urn:ietf:params:xml:ns:pidf:timed-status"},
    {"ci", "urn:ietf:params:xml:ns:pidf:cipid"},
    {"caps", "urn:ietf:params:xml:ns:pidf:caps"},
    {"gp", "urn:ietf:params:xml:ns:pidf:geopriv10"},
    {"ca", "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"},
    {"gbp", "urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy"},
    {"gml", "http://www.opengis.net/gml"},
    {"op", "urn:oma:xml:prs:pidf:oma-pres"},
    {"pde", "urn:oma:xml:pde:pidf:ext"},
    {"e", "urn:ietf:params:xml:ns:pidf:status:rpid"},
    {"pidfonline", "http://www.linphone.org/xsds/pidfonline.xsd"},
    {"agp-pidf", "urn:ag-projects:xml:ns:pidf"},
    {"", ""},
}};

bool is_fixed_prefix(std::string_view prefix) noexcept {
    for (const Known& known : kKnown) {
        if (prefix == known.prefix) return true;
    }
    return prefix.starts_with("xml");
}

/// Which bytes must be escaped.
using Specials = std::array<bool, 256>;
constexpr Specials specials_in(std::string_view bytes) noexcept {
    Specials specials{};
    for (const char c : bytes) specials[static_cast<unsigned char>(c)] = true;
    return specials;
}

constexpr Specials kInText = specials_in("&<>\r");
constexpr Specials kInAttribute = specials_in("&<>\"\t\n\r");

/// The next byte of `text` from `at` that must be escaped, or npos.
std::size_t find_special(std::string_view text, std::size_t at, const Specials& specials) noexcept {
    while (at < text.size() && !specials[static_cast<unsigned char>(text[at])]) ++at;
    return at < text.size() ? at : std::string_view::npos;
}

/// `text` is made of characters XML allows.
void append_escaped(std::string& out, std::string_view text, const Specials& specials) {
    std::size_t at = 0;
    while (true) {
        const std::size_t next = find_special(text, at, specials);
        out += text.substr(at, next - at);
        if (next == std::string_view::npos) return;
        switch (text[next]) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\t':
                out += "&#9;";
                break;
            case '\n':
                out += "&#10;";
                break;
            default:
                out += "&#13;";
                break;
        }
        at = next + 1;
    }
}

}  // namespace

std::string_view uri_of(Ns ns) noexcept {
    return kKnown[static_cast<std::size_t>(ns)].uri;
}
std::string_view prefix_of(Ns ns) noexcept {
    return kKnown[static_cast<std::size_t>(ns)].prefix;
}

void append_escaped_text(std::string& out, std::string_view text) {
    if (is_text(text)) return append_escaped(out, text, kInText);
    append_escaped(out, with_replacements(text), kInText);
}

void append_escaped_attribute(std::string& out, std::string_view value) {
    if (is_text(value)) return append_escaped(out, value, kInAttribute);
    append_escaped(out, with_replacements(value), kInAttribute);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.append(" ").append(name).append("=\"");
    append_escaped_attribute(out, value);
    out += '"';
}

void append_declarations(std::string& out, NamespaceSet used) {
    out += " xmlns=\"";
    out += uri_of(Ns::pidf);
    out += '"';
    append_prefixes(out, used);
}

void append_prefixes(std::string& out, NamespaceSet used) {
    for (unsigned i = static_cast<unsigned>(Ns::pidf); i < static_cast<unsigned>(Ns::foreign);
         ++i) {
        if (!used.has(static_cast<Ns>(i))) continue;
        out += " xmlns:";
        out += kKnown[i].prefix;
        out += "=\"";
        out += kKnown[i].uri;
        out += '"';
    }
}

/// Writes one fragment. Keeps the publisher's prefix for a namespace we do not know, where that is
/// free.
class Serialiser {
public:
    Serialiser(std::string& out, Element from)
        : out_(out), tree_(*from.tree_), index_(from.index_) {}

    NamespaceSet whole(std::string_view language, Ns outer) {
        element(index_, outer, language);
        return used_;
    }

    NamespaceSet attributes_only(std::string_view omitted) {
        attributes(tree_.nodes_[index_], omitted);
        return used_;
    }

private:
    struct Declared {
        std::string prefix;
        std::string_view uri;
    };

    /// `language` is what holds around the element and is not written anywhere.
    void element(std::uint32_t index, Ns default_namespace, std::string_view language) {
        const Tree::Node& node = tree_.nodes_[index];
        const Tree::Binding& name = tree_.bindings_[node.binding];
        const std::size_t outer_declared = declared_.size();

        const bool is_unprefixed = name.ns == Ns::none || name.ns == Ns::pidf;
        const std::string prefix = is_unprefixed ? std::string() : prefix_for(name);
        const std::size_t tag = out_.size();
        out_ += '<';
        append_name(prefix, node.text);
        const std::string opened = out_.substr(tag + 1);
        if (is_unprefixed && name.ns != default_namespace) {
            default_namespace = name.ns;
            declare("", uri_of(name.ns));
        }
        if (declared_.size() > outer_declared)
            declare(declared_.back().prefix, declared_.back().uri);
        attributes(node, {});
        language = language_inside(node, name.ns, language);

        if (node.end == index + 1) {
            out_ += "/>";
        } else {
            out_ += '>';
            content(index, default_namespace, language);
            out_ += "</";
            out_ += opened;
            out_ += '>';
        }
        declared_.resize(outer_declared);
    }

    /// Writes the language a note inherits. Returns what is still unwritten inside.
    std::string_view language_inside(const Tree::Node& node, Ns ns, std::string_view language) {
        if (language.empty() || has_language(node)) return {};
        const bool is_note =
            node.text == "note" && (ns == Ns::pidf || ns == Ns::data_model || ns == Ns::rpid);
        if (!is_note) return language;
        out_ += " xml:lang=\"";
        append_escaped(out_, language, kInAttribute);
        out_ += '"';
        return {};
    }

    bool has_language(const Tree::Node& node) const noexcept {
        for (std::size_t i = 0; i < node.attribute_count; ++i) {
            const Tree::Attribute& attribute = tree_.attributes_[node.first_attribute + i];
            if (attribute.local == "lang" && tree_.bindings_[attribute.binding].ns == Ns::xml)
                return true;
        }
        return false;
    }

    void attributes(const Tree::Node& node, std::string_view omitted) {
        for (std::size_t i = 0; i < node.attribute_count; ++i) {
            const Tree::Attribute& attribute = tree_.attributes_[node.first_attribute + i];
            const Tree::Binding& name = tree_.bindings_[attribute.binding];
            if (name.ns == Ns::none && attribute.local == omitted) continue;
            const std::size_t before = declared_.size();
            const std::string prefix = name.ns == Ns::none ? std::string() : prefix_for(name);
            if (declared_.size() > before) declare(prefix, name.uri);
            out_ += ' ';
            append_name(prefix, attribute.local);
            out_ += "=\"";
            append_escaped(out_, attribute.value, kInAttribute);
            out_ += '"';
        }
    }

    void content(std::uint32_t index, Ns default_namespace, std::string_view language) {
        for (std::uint32_t i = index + 1; i < tree_.nodes_[index].end; i = tree_.nodes_[i].end) {
            if (tree_.nodes_[i].is_element) {
                element(i, default_namespace, language);
            } else {
                append_escaped(out_, tree_.nodes_[i].text, kInText);
            }
        }
    }

    void append_name(std::string_view prefix, std::string_view local) {
        if (!prefix.empty()) {
            out_ += prefix;
            out_ += ':';
        }
        out_ += local;
    }

    void declare(std::string_view prefix, std::string_view uri) {
        out_ += prefix.empty() ? " xmlns" : " xmlns:";
        out_ += prefix;
        out_ += "=\"";
        append_escaped(out_, uri, kInAttribute);
        out_ += '"';
    }

    /// The prefix for `name`; a foreign one not in scope yet is added to declared_, and the caller
    /// declares it.
    std::string prefix_for(const Tree::Binding& name) {
        if (name.ns != Ns::foreign) {
            if (name.ns != Ns::xml) used_.add(name.ns);
            return std::string(prefix_of(name.ns));
        }
        for (const Declared& known : declared_) {
            if (known.uri == name.uri) return known.prefix;
        }
        std::string prefix(name.prefix);
        for (unsigned n = 1; is_fixed_prefix(prefix) || is_declared(prefix); ++n) {
            prefix = "ns" + std::to_string(n);
        }
        declared_.push_back({prefix, name.uri});
        return prefix;
    }

    bool is_declared(std::string_view prefix) const noexcept {
        for (const Declared& known : declared_) {
            if (known.prefix == prefix) return true;
        }
        return false;
    }

    std::string& out_;
    const Tree& tree_;
    std::uint32_t index_;
    std::vector<Declared> declared_;  ///< foreign namespaces in scope in the fragment
    NamespaceSet used_;
};

NamespaceSet append_canonical(std::string& out, Element element, std::string_view language,
                              Ns outer) {
    return Serialiser(out, element).whole(language, outer);
}

NamespaceSet append_attributes(std::string& out, Element element, std::string_view omitted) {
    return Serialiser(out, element).attributes_only(omitted);
}

}  // namespace herald::pidf::xml
