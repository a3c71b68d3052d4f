# What can be chosen when the project is built, and mc_compile(), which gives a target the project's way of compiling.

# PROJECT_IS_TOP_LEVEL comes only with CMake 3.21.
if(CMAKE_SOURCE_DIR STREQUAL PROJECT_SOURCE_DIR)
    set(MC_TOP_LEVEL ON)
else()
    set(MC_TOP_LEVEL OFF)
endif()

option(MC_BUILD_TESTS "Build the tests; needs libevent and check" ${MC_TOP_LEVEL})
option(MC_BUILD_EXAMPLES "Build the examples" ${MC_TOP_LEVEL})
option(MC_BUILD_SERVER "Build mcserver, the bundled server; needs libevent" ${MC_TOP_LEVEL})
option(MC_BUILD_TOOLS "Build mc, the library on the command line" ${MC_TOP_LEVEL})
option(MC_INSTALL "Have `cmake --install` install the library" ${MC_TOP_LEVEL})
option(MC_WERROR "Treat warnings as errors" OFF)
option(MC_LTO "Optimize the shared library as a whole, in builds that optimize" ON)
option(MC_COVERAGE "Count executed lines and branches with gcov" OFF)
set(MC_SANITIZE "" CACHE STRING "Sanitizers for everything that is built: address,undefined or thread")

if(MC_BUILD_TESTS)
    set(MC_BUILD_SERVER ON)
    set(MC_BUILD_TOOLS ON)
endif()

if(MC_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# A call goes through several rooms whose functions are short: seen as a whole, much of the way between them falls away, an
# eighth of a get's instructions. The archive stays one of plain objects, which any compiler can link, so the sources are
# compiled a second time for that. Where instructions are watched or counted, they stay as they are written.
set(MC_LTO_CONFIGS Release RelWithDebInfo MinSizeRel)
set(MC_USE_LTO OFF)
if(MC_LTO AND NOT MC_SANITIZE AND NOT MC_COVERAGE AND (CMAKE_CONFIGURATION_TYPES OR CMAKE_BUILD_TYPE IN_LIST MC_LTO_CONFIGS))
    include(CheckIPOSupported)
    check_ipo_supported(RESULT MC_USE_LTO LANGUAGES C)
endif()

# Everything in the build must agree on these, so they are not set target by target.
if(MC_SANITIZE)
    add_compile_options(-fsanitize=${MC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${MC_SANITIZE})
    if(CMAKE_C_COMPILER_ID MATCHES "Clang") # which does not say so by gcc's macros
        if(MC_SANITIZE MATCHES "thread")
            add_compile_definitions(__SANITIZE_THREAD__=1)
        elseif(MC_SANITIZE MATCHES "address")
            add_compile_definitions(__SANITIZE_ADDRESS__=1)
        endif()
    endif()
endif()
if(MC_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()

# C11 with the GNU interfaces of libc, warnings, hidden symbols, hardening. For the library, the server and the tests alike.
function(mc_compile target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11
        C_STANDARD_REQUIRED ON
        C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden
    )
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
        $<$<BOOL:${MC_WERROR}>:-Werror>
        -fstack-protector-strong
    )
    if(NOT MC_SANITIZE)
        target_compile_options(${target} PRIVATE
            "$<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>"
        )
    endif()
    target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now)
endfunction()
