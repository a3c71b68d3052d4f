# What `cpack` makes, run in the build folder: the Debian packages libmcclient1, libmcclient-dev and mcclient-tools, one for
# each component of install.cmake. What stands in them besides what is installed lies in packaging/.

set(MC_PACKAGE_REVISION 1)
set(MC_PACKAGE_CONTACT "The libmcclient authors <libmcclient@example.org>" CACHE STRING
    "Who answers for the packages: a name and an address")

set(MC_PACKAGE_RUNTIME libmcclient${PROJECT_VERSION_MAJOR})
set(MC_PACKAGE_DEVELOPMENT libmcclient-dev)
set(MC_PACKAGE_TOOLS mcclient-tools)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mcclient)
set(CPACK_PACKAGE_VENDOR "The libmcclient authors")
set(CPACK_PACKAGE_CONTACT "${MC_PACKAGE_CONTACT}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL runtime development tools)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${MC_PACKAGE_REVISION})
set(CPACK_DEBIAN_PACKAGE_SOURCE mcclient)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
# Each package has a first line of its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")

# The packages do not hold what this folder has built, which may be for another prefix, without optimisation or with
# sanitizers in it, but what a folder within it builds as a distribution would.
set(MC_PACKAGE_BUILD ${PROJECT_BINARY_DIR}/packages)
configure_file(cmake/package_build.cmake.in package_build.cmake @ONLY)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/package_build.cmake)
set(CPACK_INSTALL_CMAKE_PROJECTS ${MC_PACKAGE_BUILD} mcclient ALL /)
configure_file(cmake/package_contents.cmake.in package_contents.cmake @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_BINARY_DIR}/package_contents.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_finish.cmake)

# The version of CMake that this project asks for has no variable for this field, so it rides behind another.
set(multiarch_same "optional\nMulti-Arch: same")
set(multiarch_foreign "optional\nMulti-Arch: foreign")
set(exactly "(= ${PROJECT_VERSION}-${MC_PACKAGE_REVISION})")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${MC_PACKAGE_RUNTIME})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_PRIORITY "${multiarch_same}")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
    ${PROJECT_BINARY_DIR}/package_control/shlibs
    ${PROJECT_BINARY_DIR}/package_control/symbols
    ${PROJECT_SOURCE_DIR}/packaging/triggers
)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "client for a cluster of memcached servers - shared library
libmcclient is a C library for programs that keep their hot data in a cluster
of memcached servers. It finds keys where python-memcached, pylibmc,
php-memcached and libmemcached put them, asks all servers at once for many
keys, holds one deadline for a whole call, and says for each key what has
become of it. One client serves any number of threads.
.
This package holds what programs that use the library run with.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME ${MC_PACKAGE_DEVELOPMENT})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_PRIORITY "${multiarch_same}")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
# pkg-config asks for the .pc files of zlib and nettle, and who links libmcclient.a for their archives.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${MC_PACKAGE_RUNTIME} ${exactly}, nettle-dev, zlib1g-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "client for a cluster of memcached servers - development files
libmcclient is a C library for programs that keep their hot data in a cluster
of memcached servers. It finds keys where python-memcached, pylibmc,
php-memcached and libmemcached put them, asks all servers at once for many
keys, holds one deadline for a whole call, and says for each key what has
become of it. One client serves any number of threads.
.
This package holds what programs that use the library are built with: the
header, the static library, and what pkg-config and CMake find it by.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME ${MC_PACKAGE_TOOLS})
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TOOLS_PACKAGE_PRIORITY "${multiarch_foreign}")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${MC_PACKAGE_BUILD})
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${MC_PACKAGE_RUNTIME} (>= ${PROJECT_VERSION})")
# Midnight Commander's program is /usr/bin/mc as well.
set(CPACK_DEBIAN_TOOLS_PACKAGE_CONFLICTS mc)
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "client for a cluster of memcached servers - programs
libmcclient is a C library for programs that keep their hot data in a cluster
of memcached servers. It finds keys where python-memcached, pylibmc,
php-memcached and libmemcached put them.
.
This package holds mc, the library on the command line, with a load generator
(mc bench), and mcserver, a memcached server for tests and development.
Midnight Commander is called mc as well, so only one of the two can be
installed.")

set(CPACK_SOURCE_GENERATOR TXZ)
set(CPACK_SOURCE_IGNORE_FILES "/\\\\.git/" "^${PROJECT_BINARY_DIR}/" "^${PROJECT_SOURCE_DIR}/build")

include(CPack)
