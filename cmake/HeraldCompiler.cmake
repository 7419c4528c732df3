# cmake/HeraldCompiler.cmake: language, warnings, build types, sanitizers, ccache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Development builds keep assert(). Lines are enough for stack traces, and take a third of the compiler's time less than
# what a debugger wants: for that, configure with -DHERALD_DEBUG_INFO=2.
set(HERALD_DEBUG_INFO 1 CACHE STRING "Debug information in development builds: 1 lines, 2 variables too")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g${HERALD_DEBUG_INFO}")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g${HERALD_DEBUG_INFO}")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")

add_compile_options(
    -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    -Wno-missing-field-initializers
    -fdiagnostics-color=auto)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees overlaps in its own std::string (GCC bug 105651), and sizes below zero where that was precompiled.
    add_compile_options(-Wno-restrict)
    if(HERALD_PCH)
        add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND HERALD_UNITY)
    # The larger a file, the less of it this one inlines. Up to twelve of a folder together are to be granted twelve times
    # what one is; here, as what is precompiled decides for all that use it.
    add_compile_options(--param=large-unit-insns=120000 --param=ipa-cp-large-unit-insns=192000)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND HERALD_SANITIZE)
    # The sanitizers' own branches confuse this one; the other builds still have it.
    add_compile_options(-Wno-maybe-uninitialized)
endif()
if(HERALD_WERROR)
    add_compile_options(-Werror)
endif()

# Paths in debug information and in assert() are relative to the clone, so builds are reproducible.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

# Hardening that costs next to nothing.
add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    add_link_options(-Wl,-z,relro,-z,now)
endif()

if(HERALD_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "HERALD_FUZZ needs clang: use cmake --preset test")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    if(NOT HERALD_SANITIZE)
        set(HERALD_SANITIZE address)
    endif()
    # Fuzzers are guided by what of the libraries ran; to count in what no fuzzer reaches only takes the compiler's time.
    set(herald_uncounted
        -fno-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table,stack-depth)
endif()

# What is tested is optimised, what tests it need not be: that halves the compiler's time.
set(herald_test_options -O0 ${herald_uncounted})

if(HERALD_SANITIZE STREQUAL "address")
    set(herald_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(HERALD_SANITIZE STREQUAL "thread")
    set(herald_sanitizers -fsanitize=thread)
elseif(HERALD_SANITIZE)
    message(FATAL_ERROR "HERALD_SANITIZE is '${HERALD_SANITIZE}', want address, thread or nothing")
endif()
if(herald_sanitizers)
    add_compile_options(${herald_sanitizers} -fno-omit-frame-pointer)
    add_link_options(${herald_sanitizers})
endif()

if(HERALD_LTO)
    include(CheckIPOSupported)
    check_ipo_supported(RESULT herald_lto_works OUTPUT herald_lto_reason LANGUAGES CXX)
    if(herald_lto_works)
        set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    else()
        message(WARNING "Link-time optimisation does not work here: ${herald_lto_reason}")
    endif()
endif()

# Instrumented programs are large and many; this linker takes a fifth of the other's time.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    find_program(HERALD_LLD NAMES ld.lld-14 ld.lld)
    mark_as_advanced(HERALD_LLD)
    if(HERALD_LLD)
        add_link_options(--ld-path=${HERALD_LLD})
    endif()
endif()

find_program(HERALD_CCACHE ccache)
mark_as_advanced(HERALD_CCACHE)
if(HERALD_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${HERALD_CCACHE})
endif()
