// tests/unit/packages/vectors_test.cpp: tests/vectors/composition: what many publications become,
// to the byte.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "packages/presence.h"
#include "tests/support/places.h"
#include "tests/unit/packages/sample.h"

namespace herald::packages::vectors_test {
namespace {

std::string path_of(const std::string& file) {
    return testing::in_clone("tests/vectors/composition/" + file);
}

std::string content_of(const std::string& file) {
    std::ifstream in(path_of(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

SettingsPtr settings_of(const std::string& policy) {
    const auto& package = *find("presence");
    Values values(package.keys());
    for (std::size_t i = 0; i < package.keys().size(); ++i) {
        if (package.keys()[i].name == "composition") values[i] = policy;
    }
    return *package.settings(values);
}

/// "phone.xml@5"
void publish(Sample& sample, const std::string& written) {
    const auto at = written.find('@');
    REQUIRE(at != std::string::npos);
    const auto file = written.substr(0, at);
    sample.publish(file, content_of(file), std::stoi(written.substr(at + 1)));
}

}  // namespace

TEST_CASE("published vectors of composition, each document to the byte") {
    std::ifstream cases(path_of("cases.txt"));
    std::string line;
    std::size_t count = 0;
    while (std::getline(cases, line)) {
        CAPTURE(line);
        std::istringstream words(line);
        std::string policy, expected, publication;
        int minute = 0;
        words >> policy >> minute >> expected;
        Sample owner("presence", "sip:o@x");
        owner.settings = settings_of(policy);
        while (words >> publication) publish(owner, publication);
        const auto body = owner.body(minute);
        if (std::getenv("HERALD_UPDATE_VECTORS"))
            std::ofstream(path_of(expected), std::ios::binary) << body;
        CHECK(body == content_of(expected));
        ++count;
    }
    CHECK(count >= 11);
}

}  // namespace herald::packages::vectors_test
