// pidf/watcherinfo.cpp: watcher information documents: who watches a resource (RFC 3858).
#include "pidf/watcherinfo.h"

#include "pidf/xml.h"

namespace herald::pidf {
namespace {

constexpr std::string_view kWatcherinfo = "urn:ietf:params:xml:ns:watcherinfo";
/// Of who did not say who he is (RFC 3323 4.1.1.3).
constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("=\"");
    xml::append_escaped_attribute(out, value);
    out += '"';
}

void append_seconds(std::string& out, std::string_view name,
                    const std::optional<std::uint32_t>& seconds) {
    if (seconds) append_attribute(out, name, std::to_string(*seconds));
}

void append_watcher(std::string& out, const WatcherElement& watcher) {
    out += "<watcher";
    append_attribute(out, "id", "w" + std::to_string(watcher.id));
    append_attribute(out, "status", watcher.status);
    append_attribute(out, "event", watcher.event);
    append_seconds(out, "duration-subscribed", watcher.duration_subscribed);
    append_seconds(out, "expiration", watcher.expiration);
    out += '>';
    xml::append_escaped_text(out, watcher.uri.empty() ? kAnonymous : watcher.uri);
    out += "</watcher>";
}

}  // namespace

WatcherinfoText to_text(const Watcherinfo& watcherinfo) {
    WatcherinfoText result;
    std::string& out = result.text;
    out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<watcherinfo xmlns=\"";
    out.append(kWatcherinfo).append("\" version=\"");
    result.version_at = out.size();
    out += watcherinfo.is_full ? "\" state=\"full\">" : "\" state=\"partial\">";
    out += "<watcher-list";
    append_attribute(out, "resource", watcherinfo.resource);
    append_attribute(out, "package", watcherinfo.package);
    if (watcherinfo.watchers.empty()) {
        out += "/></watcherinfo>\r\n";
        return result;
    }
    out += '>';
    for (const auto& watcher : watcherinfo.watchers) append_watcher(out, watcher);
    out += "</watcher-list></watcherinfo>\r\n";
    return result;
}

}  // namespace herald::pidf
