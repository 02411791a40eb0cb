# SPDX-License-Identifier: MIT
# Debian packages, one for each component: cmake --preset package && cmake --build --preset package &&
# (cd build/package && cpack -G DEB). dpkg-shlibdeps finds what they depend on.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME thumbs)
set(CPACK_PACKAGE_VENDOR "the thumbs authors")
set(CPACK_PACKAGE_CONTACT
    "The thumbs authors <thumbs@example.org>"
    CACHE STRING "Maintainer of the packages: a name and an address")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
set(library libthumbs${PROJECT_VERSION_MAJOR})
set(exact "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")

# The program holds the library; what it loads when a picture needs it lies with the library.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME thumbs)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "${library} (= ${exact})")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "Thumbnails of a tree of pictures on all cores, in worker processes that\nare locked up, so that one bad file costs that file alone.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS thumbs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/debian/shlibs ${CMAKE_BINARY_DIR}/debian/triggers)
# Up to 1.0 a minor version may break programs, under the same SOVERSION.
set(programs_need "${library} (>= ${PROJECT_VERSION})")
if(PROJECT_VERSION_MAJOR EQUAL 0)
  math(EXPR next_minor "${PROJECT_VERSION_MINOR} + 1")
  string(APPEND programs_need ", ${library} (<< 0.${next_minor}~)")
endif()
file(WRITE ${CMAKE_BINARY_DIR}/debian/shlibs "libthumbs ${PROJECT_VERSION_MAJOR} ${programs_need}\n")
file(WRITE ${CMAKE_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
    "The library behind the program thumbs, and the modules that it loads when\na picture needs them.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libthumbs-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library} (= ${exact})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "The header, and what pkg-config and CMake need to find the library.")

# What Debian's policy wants in each package's folder of documents.
if(THUMBS_DEB)
  find_program(GZIP gzip REQUIRED)
  set(documents ${CMAKE_BINARY_DIR}/debian)
  file(READ LICENSE licence)
  string(REGEX REPLACE "\n\n" "\n .\n" licence "${licence}")
  string(REGEX REPLACE "\n([^ ])" "\n \\1" licence "${licence}")
  configure_file(cmake/copyright.in ${documents}/copyright @ONLY)
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${documents}/changelog.Debian
       "thumbs (${exact}) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  configure_file(CHANGELOG.md ${documents}/changelog COPYONLY)
  execute_process(COMMAND ${GZIP} --best --no-name --force ${documents}/changelog ${documents}/changelog.Debian)
  foreach(component program library development)
    string(TOUPPER ${component} upper)
    install(FILES ${documents}/copyright ${documents}/changelog.gz ${documents}/changelog.Debian.gz
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME} COMPONENT ${component})
  endforeach()
endif()
include(CPack)
