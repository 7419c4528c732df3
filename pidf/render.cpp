// pidf/render.cpp: a Composition as application/pidf+xml, in the order the schemas ask for.
#include "base/text.h"
#include "pidf/compose.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

xml::NamespaceSet namespaces_of(const Composition& composition) noexcept {
    xml::NamespaceSet used;
    for (const Chosen& chosen : composition.pieces) used.add(chosen.piece->namespaces);
    for (const Chosen& chosen : composition.notes) used.add(chosen.piece->namespaces);
    for (const Chosen& chosen : composition.extensions) used.add(chosen.piece->namespaces);
    for (const auto* kind : {&composition.tuples, &composition.persons, &composition.devices}) {
        for (const Part& part : *kind) used.add(part.component->attribute_namespaces);
    }
    if (!composition.persons.empty() || !composition.devices.empty()) used.add(xml::Ns::data_model);
    return used;
}

class Renderer {
public:
    explicit Renderer(const Composition& composition) : composition_(composition) {}

    Rendered run(std::string_view entity, std::string_view aor) {
        open_root(entity);
        for (const Part& tuple : composition_.tuples) part("tuple", tuple);
        if (composition_.is_empty() && !composition_.has_no_default) closed_tuple(aor);
        for (const Chosen& note : composition_.notes) append(note);
        for (const Part& person : composition_.persons) part("dm:person", person);
        for (const Part& device : composition_.devices) part("dm:device", device);
        for (const Chosen& extension : composition_.extensions) append(extension);
        out_.body += "</presence>\n";
        return std::move(out_);
    }

private:
    void open_root(std::string_view entity) {
        std::size_t size = 512 + entity.size();
        for (const Chosen& chosen : composition_.pieces) size += chosen.piece->text.size;
        out_.body.reserve(size + 64 * composition_.tuples.size());
        out_.body += kDeclaration;
        out_.body += "<presence";
        xml::append_declarations(out_.body, namespaces_of(composition_));
        out_.body += " entity=\"";
        xml::append_escaped_attribute(out_.body, entity);
        out_.body += "\">";
        mix(stable_hash(entity));
    }

    void mix(std::uint64_t value) noexcept {
        out_.fingerprint = (out_.fingerprint ^ value) * 0x9E3779B97F4A7C15ULL;
        out_.fingerprint ^= out_.fingerprint >> 32;
    }

    void append(const Chosen& chosen) {
        out_.body += chosen.text();
        mix(chosen.hash());
    }

    void part(std::string_view name, const Part& part) {
        const std::size_t start = out_.body.size();
        out_.body += '<';
        out_.body += name;
        out_.body += " id=\"";
        out_.body += part.id;
        out_.body += '"';
        out_.body += part.presence->view(part.component->attributes);
        mix(stable_hash(std::string_view(out_.body).substr(start)));
        const std::size_t opened = out_.body.size();
        out_.body += '>';
        bool has_timestamp = false;
        for (const Chosen& chosen : composition_.pieces_of(part)) {
            if (chosen.piece->section != Section::timestamp) {
                append(chosen);
            } else {
                has_timestamp = true;
                out_.body += chosen.text();
            }
        }
        // RFC 3863 4.1.7: every tuple should have one.
        if (!has_timestamp && &part >= composition_.tuples.data() &&
            &part < composition_.tuples.data() + composition_.tuples.size()) {
            timestamp(part.effective);
        }
        if (out_.body.size() == opened + 1) {
            out_.body.insert(opened, 1, '/');
            return;
        }
        out_.body += "</";
        out_.body += name;
        out_.body += '>';
    }

    void timestamp(base::WallTime when) {
        out_.body += "<timestamp>";
        out_.body += base::to_rfc3339(when.time_since_epoch().count());
        out_.body += "</timestamp>";
    }

    void closed_tuple(std::string_view aor) {
        const std::size_t start = out_.body.size();
        out_.body += "<tuple id=\"closed\"><status><basic>closed</basic></status><contact>";
        xml::append_escaped_text(out_.body, aor);
        out_.body += "</contact></tuple>";
        mix(stable_hash(std::string_view(out_.body).substr(start)));
    }

    const Composition& composition_;
    Rendered out_;
};

}  // namespace

Rendered render_pidf(const Composition& composition, std::string_view entity,
                     std::string_view aor) {
    return Renderer(composition).run(entity, aor);
}

}  // namespace herald::pidf
