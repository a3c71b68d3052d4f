# What `cmake --install` puts where: the libraries, the header, the pkg-config file and the CMake package; and `uninstall`.
#
# Every rule belongs to a component, which is a package of its own in packages.cmake: "runtime" is what programs run with,
# "development" what they are built with, "tools" the programs.

install(TARGETS mcclient EXPORT mcclient_targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
)
install(TARGETS mcclient_static EXPORT mcclient_static_targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
)
install(DIRECTORY include/mcclient
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    FILES_MATCHING PATTERN "*.h"
)
if(MC_BUILD_SERVER)
    install(TARGETS mcserver RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
endif()
if(MC_BUILD_TOOLS)
    # Wherever it is installed, it finds the library beside it.
    file(RELATIVE_PATH library_from_programs "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
    if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_BINDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
        set_target_properties(mc PROPERTIES INSTALL_RPATH "\$ORIGIN/${library_from_programs}")
    endif()
    install(TARGETS mc RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
endif()

# The pkg-config file finds the prefix from where it lies itself, so an installed tree may be moved. Folders outside the
# prefix stand in it as they are. pkg-config itself escapes the spaces in ${pcfiledir}, and those only.
function(mc_from_pkgconfig_folder result folder)
    if(IS_ABSOLUTE "${folder}")
        string(REPLACE " " "\\ " folder "${folder}")
        set(${result} "${folder}" PARENT_SCOPE)
    else()
        set(${result} "\${prefix}/${folder}" PARENT_SCOPE)
    endif()
endfunction()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    string(REPLACE " " "\\ " PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(PC_PREFIX "\${pcfiledir}/${up}")
endif()
mc_from_pkgconfig_folder(PC_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
mc_from_pkgconfig_folder(PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
configure_file(libmcclient.pc.in libmcclient.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libmcclient.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development
)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/mcclient)
configure_package_config_file(cmake/mcclient-config.cmake.in mcclient-config.cmake
    INSTALL_DESTINATION ${package_folder}
    NO_SET_AND_CHECK_MACRO
)
write_basic_package_version_file(mcclient-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/mcclient-config.cmake
    ${PROJECT_BINARY_DIR}/mcclient-config-version.cmake
    DESTINATION ${package_folder} COMPONENT development
)
install(EXPORT mcclient_targets NAMESPACE mcclient:: FILE mcclient-targets.cmake
    DESTINATION ${package_folder} COMPONENT development
)
# Apart, for it names zlib and nettle, which only those who link the archive need to have.
install(EXPORT mcclient_static_targets NAMESPACE mcclient:: FILE mcclient-static-targets.cmake
    DESTINATION ${package_folder} COMPONENT development
)

if(MC_TOP_LEVEL)
    add_custom_target(uninstall
        COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
            -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake
        VERBATIM
    )
    include(cmake/packages.cmake)
endif()
