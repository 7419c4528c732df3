# cmake/HeraldTargets.cmake: herald_library() makes a folder's library, herald_embed() puts files into it, herald_unite()
# has the compiler take a folder's files together.

# herald_unite(target): the files of each folder are compiled together, up to twelve at once (HERALD_UNITY). What many
# of them instantiate is then compiled once, in a third of the time. Names in unnamed namespaces have to differ within a
# folder; in tests each file has a namespace of its own for that.
function(herald_unite target)
    if(NOT HERALD_UNITY)
        return()
    endif()
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "\\.cpp$")
    list(SORT sources)
    set(folders "")
    foreach(source IN LISTS sources)
        cmake_path(GET source PARENT_PATH folder)
        cmake_path(ABSOLUTE_PATH folder)
        cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
        string(MAKE_C_IDENTIFIER "files_${folder}" key)
        list(APPEND folders ${key})
        list(APPEND ${key} ${source})
    endforeach()
    list(REMOVE_DUPLICATES folders)
    foreach(key IN LISTS folders)
        list(LENGTH ${key} count)
        # As many batches as needed, of the same size.
        math(EXPR batches "(${count} + 11) / 12")
        math(EXPR size "(${count} + ${batches} - 1) / ${batches}")
        set(index 0)
        foreach(source IN LISTS ${key})
            math(EXPR batch "${index} / ${size}")
            set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${key}_${batch})
            math(EXPR index "${index} + 1")
        endforeach()
    endforeach()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # What a file keeps to itself looks to this compiler like a header's.
        target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endif()
endfunction()

# herald_library(base PUBLIC <libraries> PRIVATE <libraries>): the static library herald_base from the
# .cpp files of the current folder and those below, except those named after EXCEPT. PUBLIC are the folders
# that headers include, PRIVATE what only .cpp files use, PCH the list that is precompiled. New files and folders need no edit.
function(herald_library folder)
    cmake_parse_arguments(arg "" "PCH" "PUBLIC;PRIVATE;EXCEPT" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    foreach(name IN LISTS arg_EXCEPT)
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${name})
    endforeach()

    if(sources)
        add_library(herald_${folder} STATIC ${sources})
        target_include_directories(herald_${folder} PUBLIC ${PROJECT_SOURCE_DIR})
        target_link_libraries(herald_${folder} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
        herald_precompile(herald_${folder} ${arg_PCH})
        herald_unite(herald_${folder})
    else()
        add_library(herald_${folder} INTERFACE)
        target_include_directories(herald_${folder} INTERFACE ${PROJECT_SOURCE_DIR})
        target_link_libraries(herald_${folder} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
    endif()
endfunction()

# Every header that is made, for what only reads the sources (clang-tidy).
add_custom_target(generated)

# herald_embed(store migrations kMigrations <files>): writes the header "store/migrations.embedded.h"
# in the build directory, which defines
#     namespace herald::store { inline constexpr EmbeddedFile kMigrations[] = {{"name", "text"}, ...}; }
# sorted by name, names relative to the folder given as ROOT. The files must be text.
function(herald_embed folder name variable)
    cmake_parse_arguments(arg "" "ROOT" "FILES" ${ARGN})
    set(header ${PROJECT_BINARY_DIR}/generated/${folder}/${name}.embedded.h)
    list(SORT arg_FILES)
    add_custom_command(
        OUTPUT ${header}
        COMMAND ${CMAKE_COMMAND}
            -D header=${header} -D folder=${folder} -D variable=${variable}
            -D root=${arg_ROOT} "-D files=${arg_FILES}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${arg_FILES} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "Embedding ${name} into herald_${folder}"
        VERBATIM)
    add_custom_target(generated_${name} DEPENDS ${header})
    add_dependencies(generated generated_${name})
    get_target_property(type herald_${folder} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
        target_sources(herald_${folder} PRIVATE ${header})
        target_include_directories(herald_${folder} PRIVATE ${PROJECT_BINARY_DIR}/generated)
    endif()
endfunction()
