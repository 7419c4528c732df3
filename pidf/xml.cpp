// pidf/xml.cpp: parses into a flat tree with namespaces resolved. The only file that knows pugixml.
#include "pidf/xml.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <pugixml.hpp>

#include "base/text.h"
#include "pidf/wellformed.h"

namespace herald::pidf::xml {
namespace {

/// What a presence document has; more is allocated when it comes.
constexpr std::size_t kUsualNodes = 30;
constexpr std::size_t kUsualAttributes = 16;
constexpr std::size_t kUsualNamespaces = 8;

constexpr std::string_view kXmlUri = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kXmlnsUri = "http://www.w3.org/2000/xmlns/";

/// pugixml takes 32 KiB for every document it reads, and gives them back a moment later: more than
/// malloc() has ready. Each thread keeps the last such block.
class Spare {
public:
    static void* take(std::size_t size) {
        size += kHead;
        if (size <= kRoom && size > kRoom / 2) {
            if (auto* kept = std::exchange(mine_.block_, nullptr)) return kept + kHead;
            size = kRoom;
        }
        auto* block = static_cast<char*>(std::malloc(size));
        if (block == nullptr) return nullptr;
        std::memcpy(block, &size, sizeof size);
        return block + kHead;
    }
    static void give_back(void* memory) {
        auto* block = static_cast<char*>(memory) - kHead;
        std::size_t size = 0;
        std::memcpy(&size, block, sizeof size);
        if (size == kRoom && mine_.block_ == nullptr) {
            mine_.block_ = block;
        } else {
            std::free(block);
        }
    }

    Spare() = default;
    ~Spare() { std::free(block_); }
    Spare(const Spare&) = delete;
    Spare& operator=(const Spare&) = delete;

private:
    /// Before each block: its size, and what alignment needs.
    static constexpr std::size_t kHead = alignof(std::max_align_t);
    static constexpr std::size_t kRoom = std::size_t{36} * 1024;
    static thread_local Spare mine_;

    char* block_ = nullptr;
};

thread_local Spare Spare::mine_;

// NOLINTNEXTLINE(cert-err58-cpp): nothing here throws
const bool is_spare_used = []() noexcept {
    pugi::set_memory_management_functions(&Spare::take, &Spare::give_back);
    return true;
}();

/// Other spellings of the PIDF namespace: the trailing colon of RFC 3863 4.1.1, and its draft.
constexpr std::array<std::string_view, 3> kPidfAliases{
    "urn:ietf:params:xml:ns:pidf:",
    "urn:ietf:params:xml:ns:cpim-pidf:",
    "urn:ietf:params:xml:ns:cpim-pidf",
};

Ns namespace_of(std::string_view uri) noexcept {
    if (uri.empty()) return Ns::none;
    for (unsigned i = static_cast<unsigned>(Ns::xml); i < static_cast<unsigned>(Ns::foreign); ++i) {
        if (uri == uri_of(static_cast<Ns>(i))) return static_cast<Ns>(i);
    }
    const bool is_alias =
        std::find(kPidfAliases.begin(), kPidfAliases.end(), uri) != kPidfAliases.end();
    return is_alias ? Ns::pidf : Ns::foreign;
}

/// Lines and characters, both from 1.
std::string place_of(std::string_view source, std::size_t at) {
    const std::string_view before = source.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n') + 1;
    const auto columns = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start),
                                       before.end(), [](char c) { return (c & 0xC0) != 0x80; });
    return "line " + std::to_string(lines + 1) + ", column " + std::to_string(columns + 1);
}

Fault malformed(std::string_view source, const Flaw& flaw) {
    return {FaultKind::malformed, place_of(source, flaw.at) + ": " + flaw.why};
}

bool is_blank(std::string_view text) noexcept {
    return base::trim(text).empty();
}

}  // namespace

/// Copies pugixml's tree into a Tree, resolving prefixes on the way.
class Flattener {
public:
    Flattener(Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {
        tree_.bindings_.reserve(kUsualNamespaces);
        scope_.reserve(kUsualNamespaces);
        tree_.bindings_.push_back({{}, {}, Ns::none});
        tree_.bindings_.push_back({"xml", kXmlUri, Ns::xml});
    }

    std::optional<Flaw> run(pugi::xml_node root) {
        element(root, 1);
        return std::move(flaw_);
    }

private:
    void fail(const char* where, std::string why) {
        if (!flaw_)
            flaw_ = Flaw{static_cast<std::size_t>(where - tree_.buffer_.get()), std::move(why)};
    }

    void element(pugi::xml_node node, std::size_t depth) {
        if (depth > limits_.depth) return fail(node.name(), "nested too deep");
        const std::size_t outer_scope = scope_.size();
        declare(node);
        if (flaw_) return;

        const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
        const Qualified name = resolve(node.name(), 0);
        tree_.nodes_.push_back({name.local, 0, static_cast<std::uint32_t>(tree_.attributes_.size()),
                                0, name.binding, true});
        attributes(node, index);
        children(node, depth);
        tree_.nodes_[index].end = static_cast<std::uint32_t>(tree_.nodes_.size());
        scope_.resize(outer_scope);
    }

    /// Blanks between elements say nothing; in text, and alone in an element, they stay.
    void children(pugi::xml_node node, std::size_t depth) {
        bool has_elements = false;
        bool has_text = false;
        for (const pugi::xml_node child : node) {
            has_elements |= child.type() == pugi::node_element;
            has_text |= child.type() != pugi::node_element && !is_blank(child.value());
        }
        for (const pugi::xml_node child : node) {
            if (flaw_) return;
            if (child.type() == pugi::node_element) {
                element(child, depth + 1);
            } else if ((has_text || !has_elements) && *child.value() != '\0') {
                const auto next = static_cast<std::uint32_t>(tree_.nodes_.size() + 1);
                tree_.nodes_.push_back({child.value(), next, 0, 0, 0, false});
            }
        }
    }

    void declare(pugi::xml_node node) {
        for (const pugi::xml_attribute attribute : node.attributes()) {
            const std::string_view name = attribute.name();
            if (name != "xmlns" && !name.starts_with("xmlns:")) continue;
            const std::string_view prefix = name.substr(std::min<std::size_t>(name.size(), 6));
            const std::string_view uri = attribute.value();
            if (name != "xmlns" && (uri.empty() || !is_ncname(prefix))) {
                return fail(attribute.name(), "a namespace prefix that cannot be declared");
            }
            if (prefix == "xmlns" || (prefix == "xml") != (uri == kXmlUri) || uri == kXmlnsUri) {
                return fail(attribute.name(), "a reserved namespace");
            }
            if (uri.size() > limits_.namespace_uri) {
                return fail(attribute.name(), "a namespace URI that is too long");
            }
            scope_.push_back(intern(prefix, uri));
            if (scope_.size() > limits_.namespaces || tree_.bindings_.size() > limits_.namespaces) {
                return fail(attribute.name(),
                            "more than " + std::to_string(limits_.namespaces) + " namespaces");
            }
        }
    }

    std::uint16_t intern(std::string_view prefix, std::string_view uri) {
        for (std::size_t i = 0; i < tree_.bindings_.size(); ++i) {
            if (tree_.bindings_[i].prefix == prefix && tree_.bindings_[i].uri == uri) {
                return static_cast<std::uint16_t>(i);
            }
        }
        tree_.bindings_.push_back({prefix, uri, namespace_of(uri)});
        return static_cast<std::uint16_t>(tree_.bindings_.size() - 1);
    }

    struct Qualified {
        std::string_view local;
        std::uint16_t binding;
    };

    /// `unprefixed` is the answer for a name without colon when no default namespace applies to it.
    Qualified resolve(const char* name, std::uint16_t unprefixed, bool is_attribute = false) {
        const base::Split split = base::split_once(name, ':');
        const std::string_view prefix = split.found ? split.before : std::string_view{};
        const std::string_view local = split.found ? split.after : split.before;
        if (!is_ncname(local) || (split.found && !is_ncname(prefix))) {
            fail(name, "a name that is not one");
            return {local, unprefixed};
        }
        if (prefix == "xml") return {local, 1};
        if (!split.found && is_attribute) return {local, unprefixed};
        for (std::size_t i = scope_.size(); i-- > 0;) {
            if (tree_.bindings_[scope_[i]].prefix == prefix) return {local, scope_[i]};
        }
        if (split.found) fail(name, "the prefix " + std::string(prefix) + " is not declared");
        return {local, unprefixed};
    }

    void attributes(pugi::xml_node node, std::uint32_t index) {
        const std::size_t first = tree_.attributes_.size();
        for (const pugi::xml_attribute attribute : node.attributes()) {
            const std::string_view name = attribute.name();
            if (name == "xmlns" || name.starts_with("xmlns:")) {
                refuse_repeated(node, attribute);
                continue;
            }
            const Qualified qualified = resolve(attribute.name(), 0, true);
            for (std::size_t i = first; i < tree_.attributes_.size(); ++i) {
                if (tree_.attributes_[i].local == qualified.local &&
                    is_same_namespace(tree_.attributes_[i].binding, qualified.binding)) {
                    fail(attribute.name(), "an attribute given twice");
                }
            }
            if (flaw_) return;
            tree_.attributes_.push_back({qualified.local, attribute.value(), qualified.binding});
        }
        tree_.nodes_[index].attribute_count =
            static_cast<std::uint16_t>(tree_.attributes_.size() - first);
    }

    /// Not by URI alone: PIDF has several spellings, and becomes one on output.
    bool is_same_namespace(std::uint16_t a, std::uint16_t b) const noexcept {
        const Tree::Binding& left = tree_.bindings_[a];
        const Tree::Binding& right = tree_.bindings_[b];
        return left.ns == right.ns && (left.ns != Ns::foreign || left.uri == right.uri);
    }

    void refuse_repeated(pugi::xml_node node, pugi::xml_attribute attribute) {
        const pugi::xml_attribute earliest = node.attribute(attribute.name());
        if (earliest != attribute) fail(attribute.name(), "a namespace prefix declared twice");
    }

    Tree& tree_;
    const Limits& limits_;
    std::vector<std::uint16_t> scope_;  ///< bindings in scope, innermost last
    std::optional<Flaw> flaw_;
};

Result<Tree> parse(std::string_view bytes, const Limits& limits) {
    if (bytes.size() > limits.bytes) {
        return Fault{FaultKind::too_large, "more than " + std::to_string(limits.bytes) + " bytes"};
    }
    std::string_view text = bytes;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty() && is_blank(text.substr(0, 1))) text.remove_prefix(1);
    const std::size_t skipped = bytes.size() - text.size();
    if (auto flaw = find_flaw(text, limits)) {
        flaw->at += skipped;
        return malformed(bytes, *flaw);
    }

    Tree tree;
    tree.source_ = bytes;
    tree.skipped_ = skipped;
    tree.buffer_.reset(new char[text.size() + 1]);
    std::memcpy(tree.buffer_.get(), text.data(), text.size());
    tree.buffer_[text.size()] = '\0';

    pugi::xml_document document;
    constexpr unsigned kHow = pugi::parse_minimal | pugi::parse_escapes | pugi::parse_eol |
                              pugi::parse_cdata | pugi::parse_wconv_attribute |
                              pugi::parse_ws_pcdata;
    const pugi::xml_parse_result parsed =
        document.load_buffer_inplace(tree.buffer_.get(), text.size(), kHow, pugi::encoding_utf8);
    if (!parsed) {
        const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0));
        return malformed(bytes, {skipped + std::min(at, text.size()), parsed.description()});
    }
    tree.nodes_.reserve(kUsualNodes);
    tree.attributes_.reserve(kUsualAttributes);
    if (auto flaw = Flattener(tree, limits).run(document.document_element())) {
        flaw->at += skipped;
        return malformed(bytes, *flaw);
    }
    return tree;
}

Element Tree::root() const noexcept {
    return {this, 0};
}

void Tree::take_unqualified_for_pidf() noexcept {
    // Attributes without a namespace share binding 0 and must keep it: only elements move.
    bindings_.push_back({{}, uri_of(Ns::pidf), Ns::pidf});
    const auto pidf = static_cast<std::uint16_t>(bindings_.size() - 1);
    for (Node& node : nodes_) {
        if (node.is_element && bindings_[node.binding].ns == Ns::none) node.binding = pidf;
    }
}

std::string Tree::place(Element element) const {
    const auto at = static_cast<std::size_t>(element.local().data() - buffer_.get());
    const std::size_t tag = source_.substr(0, skipped_ + at).rfind('<');
    return place_of(source_, tag == std::string_view::npos ? skipped_ + at : tag);
}

Fault Tree::fault_at(Element element, std::string_view why) const {
    return {FaultKind::malformed, place(element) + ": " + std::string(why)};
}

std::optional<std::string_view> Element::attribute(std::string_view name, Ns of) const noexcept {
    for (std::size_t i = 0; i < node().attribute_count; ++i) {
        const Tree::Attribute& candidate = tree_->attributes_[node().first_attribute + i];
        if (candidate.local == name && tree_->bindings_[candidate.binding].ns == of)
            return candidate.value;
    }
    return std::nullopt;
}

std::string Element::text() const {
    std::string all;
    for (std::uint32_t i = index_ + 1; i < node().end; i = tree_->nodes_[i].end) {
        if (!tree_->nodes_[i].is_element) all += tree_->nodes_[i].text;
    }
    return all;
}

}  // namespace herald::pidf::xml
