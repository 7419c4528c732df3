// pidf/rlmi.cpp: resource list meta-information (RFC 4662 5).
#include "pidf/rlmi.h"

#include <optional>

#include "base/text.h"
#include "pidf/xml.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kRlmi = "urn:ietf:params:xml:ns:rlmi";
/// Bytes of a URI or a Content-ID.
constexpr std::size_t kMostName = 1024;
constexpr xml::Limits kRlmiLimits{.bytes = kMostListed * 512,
                                  .depth = 8,
                                  .elements = kMostListed * 4,
                                  .attributes = kMostListed * 8,
                                  .namespaces = 32};

bool is_rlmi(xml::Element element, std::string_view local) {
    const bool is_plain = element.uri() == kRlmi || element.ns() == xml::Ns::none;
    return is_plain && element.local() == local;
}

std::string attribute(xml::Element element, std::string_view name) {
    return std::string(base::trim(element.attribute(name).value_or("")));
}

bool is_true(std::string_view text) {
    return text == "1" || base::iequals(text, "true");
}

std::optional<ListedResource> read_resource(xml::Element element) {
    ListedResource resource{attribute(element, "uri"), {}};
    if (resource.uri.empty() || resource.uri.size() > kMostName) return std::nullopt;
    for (const auto child : element) {
        if (!is_rlmi(child, "instance")) continue;
        resource.instances.push_back({base::lower(attribute(child, "state")),
                                      base::lower(attribute(child, "reason")),
                                      attribute(child, "cid")});
    }
    return resource;
}

Fault fault_at(const xml::Tree& tree, xml::Element element, std::string_view why) {
    return {FaultKind::malformed, tree.place(element) + ": " + std::string(why)};
}

}  // namespace

Result<ResourceList> parse_resource_list(std::string_view body) {
    const auto tree = xml::parse(body, kRlmiLimits);
    if (!tree) return tree.fault();
    const auto root = tree->root();
    if (!is_rlmi(root, "list")) return fault_at(*tree, root, "the root is not list");
    ResourceList list;
    list.uri = attribute(root, "uri");
    list.version = base::to_u32_clamped(attribute(root, "version")).value_or(0);
    list.is_full = is_true(root.attribute("fullState").value_or("true"));
    for (const auto child : root) {
        if (!is_rlmi(child, "resource")) continue;
        auto resource = read_resource(child);
        if (!resource) return fault_at(*tree, child, "a resource without uri, or a long one");
        if (list.resources.size() == kMostListed) {
            return Fault{FaultKind::too_large,
                         "more than " + std::to_string(kMostListed) + " resources"};
        }
        list.resources.push_back(*std::move(resource));
    }
    return list;
}

}  // namespace herald::pidf
