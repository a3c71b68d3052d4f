# Clients that Debian does not have: client_bench measures them where a folder is named.

set(MC_BENCH_MCMC "" CACHE PATH "client_bench measures mcmc, too: the folder of mcmc.c and mcmc.h")
set(MC_BENCH_LIBMC "" CACHE PATH "client_bench measures libmc, too: the folder of its source, in which it has been built")

# mcmc has no build of its own. It is compiled with its own warnings, which are none of ours.
if(MC_BENCH_MCMC)
    foreach(file mcmc.c mcmc.h)
        if(NOT EXISTS ${MC_BENCH_MCMC}/${file})
            message(FATAL_ERROR "MC_BENCH_MCMC: there is no ${file} in ${MC_BENCH_MCMC}")
        endif()
    endforeach()
    add_library(mc_bench_mcmc OBJECT ${MC_BENCH_MCMC}/mcmc.c)
    target_compile_definitions(mc_bench_mcmc PRIVATE _GNU_SOURCE)
    target_compile_options(mc_bench_mcmc PRIVATE -w)
    target_sources(client_bench PRIVATE bench/mcmc.c)
    target_compile_definitions(client_bench PRIVATE MC_BENCH_MCMC)
    target_include_directories(client_bench SYSTEM PRIVATE ${MC_BENCH_MCMC})
    target_link_libraries(client_bench PRIVATE mc_bench_mcmc)
    # It parsed by a connection's state once; since then it parses by the text alone.
    file(STRINGS ${MC_BENCH_MCMC}/mcmc.h parses_by_connection REGEX "mcmc_parse_buf\\(void")
    if(parses_by_connection)
        target_compile_definitions(client_bench PRIVATE MC_BENCH_MCMC_PARSES_BY_CONNECTION)
    endif()
endif()

# libmc is C++ behind functions for C.
if(MC_BENCH_LIBMC)
    unset(MC_BENCH_LIBMC_LIBRARY CACHE)
    find_library(MC_BENCH_LIBMC_LIBRARY mc
        PATHS ${MC_BENCH_LIBMC}
        PATH_SUFFIXES build build/src build/lib src lib .
        NO_DEFAULT_PATH
    )
    mark_as_advanced(MC_BENCH_LIBMC_LIBRARY)
    if(NOT EXISTS ${MC_BENCH_LIBMC}/include/c_client.h)
        message(FATAL_ERROR "MC_BENCH_LIBMC: there is no include/c_client.h in ${MC_BENCH_LIBMC}")
    endif()
    if(NOT MC_BENCH_LIBMC_LIBRARY)
        message(FATAL_ERROR
            "MC_BENCH_LIBMC: there is neither libmc.so nor libmc.a in ${MC_BENCH_LIBMC}, nor in its folders build, build/src, "
            "build/lib, src and lib: libmc has to be built first, for one with \"cmake -S . -B build && cmake --build build\""
        )
    endif()
    if(NOT CMAKE_CXX_COMPILER)
        message(FATAL_ERROR "MC_BENCH_LIBMC: what is written in C++ is linked by a C++ compiler, and there is none")
    endif()
    target_sources(client_bench PRIVATE bench/libmc.c)
    target_compile_definitions(client_bench PRIVATE MC_BENCH_LIBMC)
    target_include_directories(client_bench SYSTEM PRIVATE ${MC_BENCH_LIBMC}/include)
    target_link_libraries(client_bench PRIVATE ${MC_BENCH_LIBMC_LIBRARY})
    set_target_properties(client_bench PROPERTIES LINKER_LANGUAGE CXX)
endif()
