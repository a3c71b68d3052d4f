# The reference, made from the comments of the public header: manual pages, and as the target `docs` the same in HTML.

find_program(MC_AWK NAMES awk mawk gawk DOC "What makes the manual pages: any awk")
set(MC_MAN_FOLDER ${PROJECT_BINARY_DIR}/man)
set(MC_HEADER ${PROJECT_SOURCE_DIR}/include/mcclient/mcclient.h)

set(MC_PAGES
    libmcclient.7
    mc_client_new.3
    mc_client_view.3
    mc_delete.3
    mc_get.3
    mc_get_multi.3
    mc_library_version.3
    mc_options.3
    mc_set.3
    mc_set_int.3
    mc_slice.3
    mc_stats.3
    mc_status.3
    mc_update.3
)
list(TRANSFORM MC_PAGES PREPEND ${PROJECT_SOURCE_DIR}/docs/man/)
list(TRANSFORM MC_PAGES APPEND .in)

set(MC_MANUAL_PROGRAMS client delete first get multi options servers set slice status typed update version view)
list(TRANSFORM MC_MANUAL_PROGRAMS PREPEND ${PROJECT_SOURCE_DIR}/docs/examples/)
list(TRANSFORM MC_MANUAL_PROGRAMS APPEND .out OUTPUT_VARIABLE MC_MANUAL_OUTPUTS)
list(TRANSFORM MC_MANUAL_PROGRAMS APPEND .c)

if(MC_AWK)
    add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/man.made
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${MC_MAN_FOLDER}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${MC_MAN_FOLDER}/man3 ${MC_MAN_FOLDER}/man7
        COMMAND ${MC_AWK} -v header=${MC_HEADER} -v examples=${PROJECT_SOURCE_DIR}/docs/examples -v out=${MC_MAN_FOLDER}
            -f ${PROJECT_SOURCE_DIR}/docs/man/pages.awk ${MC_PAGES}
        COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/man.made
        DEPENDS ${MC_HEADER} docs/man/pages.awk ${MC_PAGES} ${MC_MANUAL_PROGRAMS} ${MC_MANUAL_OUTPUTS}
        COMMENT "Making the manual pages"
        VERBATIM
    )
    add_custom_target(mcclient_man ALL DEPENDS ${PROJECT_BINARY_DIR}/man.made)
    if(MC_INSTALL)
        install(DIRECTORY ${MC_MAN_FOLDER}/ DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT development)
    endif()
else()
    message(WARNING "There is no awk: the manual pages are not made")
endif()

if(MC_INSTALL AND MC_BUILD_TOOLS)
    install(FILES docs/man/mc.1 docs/man/mc-bench.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
endif()
if(MC_INSTALL AND MC_BUILD_SERVER)
    install(FILES docs/man/mcserver.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
endif()

find_program(MC_DOXYGEN doxygen DOC "What makes the HTML of the reference")
if(MC_TOP_LEVEL AND MC_DOXYGEN AND MC_AWK)
    configure_file(docs/html/Doxyfile.in Doxyfile @ONLY)
    add_custom_target(docs
        COMMAND ${MC_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
        COMMAND ${CMAKE_COMMAND} -E echo "The reference begins at ${PROJECT_BINARY_DIR}/html/index.html"
        VERBATIM
    )
endif()
