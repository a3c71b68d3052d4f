# Run by cpack when the packages are made. cpack puts scripts that call ldconfig into each package with a library; Debian's
# packages have a trigger for that (packaging/triggers), with which ldconfig runs once for all that are installed together.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
    if(NOT package MATCHES "/libmcclient[0-9]+_.*\\.deb$")
        continue()
    endif()
    set(unpacked "${package}.unpacked")
    file(REMOVE_RECURSE "${unpacked}")
    execute_process(COMMAND dpkg-deb --raw-extract "${package}" "${unpacked}" COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE "${unpacked}/DEBIAN/postinst" "${unpacked}/DEBIAN/postrm")
    execute_process(COMMAND dpkg-deb --root-owner-group -Zxz --build "${unpacked}" "${package}"
        OUTPUT_QUIET
        COMMAND_ERROR_IS_FATAL ANY
    )
    file(REMOVE_RECURSE "${unpacked}")
endforeach()
