# cmake/HeraldPrecompiled.cmake: headers that are read once for many files (HERALD_PCH).
#
# Reading and instantiating headers is two thirds of the compiler's work here, a third where it optimises. Every file
# still includes what it needs: "scripts/test tidy" reads each without these lists, and so finds the one that does not.
#
#   standard   what the lower folders mostly include
#   floors     that and the headers of the lower folders: for what stands on them
#   poco       the same for what uses Poco, whose definitions change system headers
#   tests      that and the test framework, without optimisation
#   http_tests that and what nearly every test of http/ begins with

set(herald_pch_standard
    <algorithm> <array> <cassert> <charconv> <chrono> <cstdint> <cstring> <deque> <functional> <map> <memory>
    <optional> <span> <string> <string_view> <utility> <variant> <vector>)
set(herald_pch_floors ${herald_pch_standard}
    <atomic> <mutex> <unordered_map> <unordered_set>
    ${PROJECT_SOURCE_DIR}/base/log.h ${PROJECT_SOURCE_DIR}/base/loop.h ${PROJECT_SOURCE_DIR}/base/metrics.h
    ${PROJECT_SOURCE_DIR}/base/text.h
    ${PROJECT_SOURCE_DIR}/sip/fields.h ${PROJECT_SOURCE_DIR}/sip/stack.h
    ${PROJECT_SOURCE_DIR}/store/store.h ${PROJECT_SOURCE_DIR}/packages/package.h)
set(herald_pch_poco ${herald_pch_floors})
set(herald_pch_tests ${herald_pch_floors}
    <set> <sstream> <doctest/doctest.h>)
set(herald_pch_http_tests ${herald_pch_tests}
    ${PROJECT_SOURCE_DIR}/tests/unit/http/bench.h)

# What ccache asks for: the headers' names stay in the preprocessed text, and their dates do not count.
function(herald_precompile_options target)
    if(HERALD_CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fpch-preprocess)
    elseif(HERALD_CCACHE)
        target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
endfunction()

# herald_precompiled_set(floors OPTIONS ... LINK ...): the target that compiles a list.
function(herald_precompiled_set list)
    cmake_parse_arguments(arg "" "" "OPTIONS;LINK" ${ARGN})
    add_library(herald_pch_${list} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
    target_include_directories(herald_pch_${list} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(herald_pch_${list} PRIVATE ${arg_OPTIONS})
    target_link_libraries(herald_pch_${list} PRIVATE ${arg_LINK})
    target_precompile_headers(herald_pch_${list} PRIVATE ${herald_pch_${list}})
    herald_precompile_options(herald_pch_${list})
endfunction()

if(HERALD_PCH)
    herald_precompiled_set(standard)
    herald_precompiled_set(floors)
    herald_precompiled_set(poco LINK Poco::Net Poco::JSON Poco::Util Poco::Foundation)
    herald_precompiled_set(tests OPTIONS ${herald_test_options})
    if(HERALD_TESTS)
        herald_precompiled_set(http_tests OPTIONS ${herald_test_options})
    endif()
endif()

# herald_precompile(herald_server floors): compiles the target's files after that list.
function(herald_precompile target list)
    if(HERALD_PCH)
        target_precompile_headers(${target} REUSE_FROM herald_pch_${list})
        herald_precompile_options(${target})
    endif()
endfunction()
