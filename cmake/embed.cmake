# cmake/embed.cmake: run by herald_embed(): writes text files into a C++ header as string views.

set(entries "")
foreach(file IN LISTS files)
    file(READ "${file}" text)
    file(RELATIVE_PATH path "${root}" "${file}")
    # g++ caps nothing, but a raw literal of 16,000 characters stays portable: adjacent ones are joined.
    set(literals "")
    string(LENGTH "${text}" length)
    set(from 0)
    while(from LESS length)
        string(SUBSTRING "${text}" ${from} 8000 piece)
        string(APPEND literals "R\"~embed~(${piece})~embed~\"\n")
        math(EXPR from "${from} + 8000")
    endwhile()
    if(literals STREQUAL "")
        set(literals "\"\"")
    endif()
    string(APPEND entries "    {\"${path}\", ${literals}},\n")
endforeach()

file(WRITE "${header}" "\
// ${folder}: files embedded by cmake/embed.cmake; do not edit.
#pragma once

#include \"base/embedded.h\"

namespace herald::${folder} {

inline constexpr base::EmbeddedFile ${variable}[] = {
${entries}};

}  // namespace herald::${folder}
")
