// pidf/xml.h: XML with namespaces and limits: bytes in, a flat tree to read, canonical text out.
//
// Canonical text is what documents are spliced from. It assumes a root that makes PIDF the default
// namespace and declares the fixed prefixes of the NamespaceSet returned beside it; namespaces
// without a fixed prefix are declared in the text itself, so a fragment stands wherever such a root
// does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace herald::pidf::xml {

/// What a document may contain at most; more is Fault malformed, more bytes too_large.
struct Limits {
    std::size_t bytes = 65536;
    std::size_t depth = 32;
    std::size_t elements = 2048;
    std::size_t attributes = 4096;
    std::size_t attributes_per_element = 64;
    std::size_t namespaces =
        64;  ///< different (prefix, URI) pairs, and declarations in scope at once
    /// Bytes of a namespace URI: canonical text may repeat it with every element.
    std::size_t namespace_uri = 256;
};

/// The namespaces with a prefix of their own; every other one is `foreign`.
enum class Ns : std::uint8_t {
    none,
    xml,
    pidf,
    data_model,
    rpid,
    location_type,
    timed_status,
    cipid,
    caps,
    geopriv,
    civic_address,
    basic_policy,
    gml,
    oma,
    oma_extension,
    status_rpid,  ///< before RFC 4480; old Cisco phones
    linphone,     ///< Linphone's "online" mark
    ag_projects,  ///< sipsimple's extended status
    foreign,
};

/// URI and prefix of a namespace; both empty for none and foreign.
std::string_view uri_of(Ns ns) noexcept;
std::string_view prefix_of(Ns ns) noexcept;

/// Namespaces whose fixed prefix a piece of canonical text uses.
class NamespaceSet {
public:
    void add(Ns ns) noexcept { bits_ |= 1U << static_cast<unsigned>(ns); }
    void add(NamespaceSet other) noexcept { bits_ |= other.bits_; }
    bool has(Ns ns) const noexcept { return (bits_ >> static_cast<unsigned>(ns) & 1U) != 0; }
    std::uint32_t bits() const noexcept { return bits_; }

private:
    std::uint32_t bits_ = 0;
};

/// ` xmlns="…pidf" xmlns:dm="…"` for a root element: PIDF as default and the prefixes of `used`.
void append_declarations(std::string& out, NamespaceSet used);

/// The prefixes alone, for a root whose default namespace is another one.
void append_prefixes(std::string& out, NamespaceSet used);

/// What XML does not allow, or is not UTF-8, becomes U+FFFD.
void append_escaped_text(std::string& out, std::string_view text);
/// For between double quotes.
void append_escaped_attribute(std::string& out, std::string_view value);

/// ` name="value"`; nothing for an empty value.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

class Element;

/// A parsed document. Transient: read it, write the text that is to stay, let it go. Movable;
/// Elements refer to it and become invalid when it moves.
class Tree {
public:
    Element root() const noexcept;

    /// Takes elements without a namespace for PIDF: old firmware that declares none at all.
    void take_unqualified_for_pidf() noexcept;

    /// "line 3, column 14" of the start of `element` in the parsed bytes.
    std::string place(Element element) const;
    /// Fault malformed, with that place before `why`.
    Fault fault_at(Element element, std::string_view why) const;

private:
    friend class Element;
    friend class Flattener;
    friend class Serialiser;
    friend Result<Tree> parse(std::string_view bytes, const Limits& limits);

    struct Binding {
        std::string_view prefix;
        std::string_view uri;
        Ns ns;
    };
    struct Attribute {
        std::string_view local;
        std::string_view value;
        std::uint16_t binding;
    };
    /// In document order; the subtree of node i is [i, end), its first child i + 1.
    struct Node {
        std::string_view text;  ///< local name, or character data
        std::uint32_t end;
        std::uint32_t first_attribute;
        std::uint16_t attribute_count;
        std::uint16_t binding;
        bool is_element;
    };

    std::string_view source_;         ///< the bytes given to parse(), for place()
    std::unique_ptr<char[]> buffer_;  ///< what every view below points into
    std::size_t skipped_ = 0;         ///< bytes of source_ before the buffer's first
    std::vector<Binding> bindings_;   ///< 0 is no namespace
    std::vector<Node> nodes_;
    std::vector<Attribute> attributes_;
};

/// Parses UTF-8 XML 1.0. A byte order mark and blanks before the declaration are forgiven (old
/// clients); comments and processing instructions are dropped, so are blanks between elements.
/// `bytes` must outlive the tree. Faults: too_large; malformed, detail "line L, column C: why", for
/// anything not well-formed, a prefix without declaration, a document type declaration, any entity
/// but the five of XML, or a limit.
Result<Tree> parse(std::string_view bytes, const Limits& limits = {});

/// One element of a Tree; a handle, cheap to copy.
class Element {
public:
    Ns ns() const noexcept { return tree_->bindings_[node().binding].ns; }
    std::string_view uri() const noexcept { return tree_->bindings_[node().binding].uri; }
    std::string_view local() const noexcept { return node().text; }
    bool is(Ns ns_wanted, std::string_view local_wanted) const noexcept {
        return ns() == ns_wanted && local() == local_wanted;
    }

    /// Value of the attribute `name`; those of RFC 3863 and its extensions are in no namespace.
    std::optional<std::string_view> attribute(std::string_view name,
                                              Ns of = Ns::none) const noexcept;
    /// Character data of this element itself, without that of its children.
    std::string text() const;
    /// No element and no text in it.
    bool is_empty() const noexcept { return node().end == index_ + 1; }

    class Iterator {
    public:
        Iterator(const Tree* tree, std::uint32_t index, std::uint32_t end)
            : tree_(tree), index_(index), end_(end) {
            skip_text();
        }
        Element operator*() const noexcept { return {tree_, index_}; }
        Iterator& operator++() noexcept {
            index_ = tree_->nodes_[index_].end;
            skip_text();
            return *this;
        }
        bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

    private:
        void skip_text() noexcept {
            while (index_ < end_ && !tree_->nodes_[index_].is_element)
                index_ = tree_->nodes_[index_].end;
        }
        const Tree* tree_;
        std::uint32_t index_;
        std::uint32_t end_;
    };
    /// Child elements, in order.
    Iterator begin() const noexcept { return {tree_, index_ + 1, node().end}; }
    Iterator end() const noexcept { return {tree_, node().end, node().end}; }

private:
    friend class Tree;
    friend class Serialiser;
    Element(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    const Tree::Node& node() const noexcept { return tree_->nodes_[index_]; }

    const Tree* tree_;
    std::uint32_t index_;
};

/// Appends the canonical text of `element` with all that is in it, and returns the prefixes it
/// relies on. Notes in it that name no language get `language`, which they had by inheritance.
/// `outer` is the namespace of names without a prefix around it: Ns::foreign in documents that are
/// no PIDF.
NamespaceSet append_canonical(std::string& out, Element element, std::string_view language = {},
                              Ns outer = Ns::pidf);
/// Appends the attributes of `element` except the unqualified `omitted`, each after a blank.
NamespaceSet append_attributes(std::string& out, Element element, std::string_view omitted);

}  // namespace herald::pidf::xml
