// cli/json_pages.cpp: answers as the server sends them, and lists with all of their pages.
#include "cli/json_pages.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace herald::cli {

std::string member_text(const Poco::JSON::Object& object, const std::string& name) {
    return printable(object.optValue<std::string>(name, ""));
}

int print_json_pages(const ApiClient& api, std::string_view command,
                     const std::function<std::string(const std::string& after)>& path_of) {
    std::string after;
    do {
        const Result<std::string> answer = api.call("GET", path_of(after));
        if (!answer) return report_api_fault(command, answer.fault());
        print_line(base::trim(*answer));
        try {
            const auto page =
                Poco::JSON::Parser().parse(*answer).extract<Poco::JSON::Object::Ptr>();
            after = page->isNull("next") ? std::string() : page->optValue<std::string>("next", "");
        } catch (const Poco::Exception& exception) {
            return report_api_fault(command, {FaultKind::malformed, "cannot read the answer: " +
                                                                        exception.displayText()});
        }
    } while (!after.empty());
    return kOk;
}

int print_json(std::string_view command, const Result<std::string>& answer) {
    if (!answer) return report_api_fault(command, answer.fault());
    print_line(base::trim(*answer));
    return kOk;
}

}  // namespace herald::cli
