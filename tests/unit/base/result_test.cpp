// tests/unit/base/result_test.cpp: values, faults and their names.
#include "base/result.h"

#include <memory>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace herald::base::result_test {

TEST_CASE("a Result holds a value or a Fault") {
    const Result<int> value = 7;
    const Result<int> fault = Fault{FaultKind::conflict, "twice"};

    REQUIRE(value);
    CHECK(*value == 7);
    CHECK(value.value_or(1) == 7);
    REQUIRE_FALSE(fault);
    CHECK(fault.fault().kind == FaultKind::conflict);
    CHECK(fault.fault().detail == "twice");
    CHECK(fault.value_or(1) == 1);
}

TEST_CASE("a value is moved out of a Result and changed within it") {
    const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(3); };
    const std::unique_ptr<int> taken = *make();
    CHECK(*taken == 3);

    Result<std::string> text = std::string("abc");
    text->push_back('d');
    text.value() += 'e';
    CHECK(*text == "abcde");
}

TEST_CASE("a Status is fine until it holds a Fault") {
    CHECK(Status());
    const Status status = Fault{FaultKind::io, "disk"};
    REQUIRE_FALSE(status);
    CHECK(status.fault().kind == FaultKind::io);
}

TEST_CASE("every kind of Fault has a name of its own, in lower case") {
    std::set<std::string> names;
    const auto last = static_cast<unsigned>(FaultKind::invalid_configuration);
    for (unsigned kind = 0; kind <= last; ++kind) {
        const std::string name = name_of(static_cast<FaultKind>(kind));
        CHECK(name != "unknown");
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        CHECK(names.insert(name).second);
    }
    CHECK(std::string(name_of(FaultKind::interval_too_brief)) == "interval_too_brief");
}

}  // namespace herald::base::result_test
