# SPDX-License-Identifier: MIT
# Program, library, modules, header, licence, pkg-config file and CMake package, in three components:
# program, library, development.
include(CMakePackageConfigHelpers)

install(TARGETS thumbs_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(
  TARGETS thumbs
  EXPORT thumbs
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          COMPONENT library
          NAMELINK_COMPONENT development)
get_property(modules GLOBAL PROPERTY THUMBS_MODULES)
install(TARGETS ${modules} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/thumbs COMPONENT library)
install(FILES include/thumbs/thumbs.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/thumbs COMPONENT development)

# What is to be read, of the program.
function(thumbs_install_page folder)
  install(FILES ${ARGN} DESTINATION ${folder} COMPONENT program)
endfunction()
set(THUMBS_ZSH_DIR share/zsh/site-functions CACHE STRING "Where zsh looks for completions, below the prefix")
set(pages ${CMAKE_BINARY_DIR}/pages)
thumbs_install_page(${CMAKE_INSTALL_DATADIR}/thumbs share/thumbs/report.schema.json share/thumbs/manifest.schema.json)
thumbs_install_page(${CMAKE_INSTALL_DOCDIR} docs/REPORT.md docs/MANIFEST.md THIRD_PARTY.md)
thumbs_install_page(${CMAKE_INSTALL_DATADIR}/bash-completion/completions ${pages}/bash/thumbs)
thumbs_install_page(${THUMBS_ZSH_DIR} ${pages}/zsh/_thumbs)
thumbs_install_page(${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d ${pages}/fish/thumbs.fish)
if(THUMBS_DEB) # wants a compressed manual page, and has its licence in a file of its own
  add_custom_command(
    OUTPUT ${pages}/man/thumbs.1.gz
    COMMAND gzip --best --no-name --force --keep ${pages}/man/thumbs.1
    DEPENDS ${pages}/man/thumbs.1)
  add_custom_target(thumbs_manual_packed ALL DEPENDS ${pages}/man/thumbs.1.gz)
  add_dependencies(thumbs_manual_packed thumbs_manual)
  thumbs_install_page(${CMAKE_INSTALL_MANDIR}/man1 ${pages}/man/thumbs.1.gz)
else()
  thumbs_install_page(${CMAKE_INSTALL_MANDIR}/man1 ${pages}/man/thumbs.1)
  thumbs_install_page(${CMAKE_INSTALL_DOCDIR} LICENSE)
endif()

# Relative, so that the whole prefix can be moved.
file(RELATIVE_PATH thumbs_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/thumbs.pc.in thumbs.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/thumbs.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/thumbs)
install(
  EXPORT thumbs
  FILE thumbsTargets.cmake
  NAMESPACE thumbs::
  DESTINATION ${package_dir}
  COMPONENT development)
configure_package_config_file(cmake/thumbsConfig.cmake.in thumbsConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(thumbsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/thumbsConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/thumbsConfigVersion.cmake
        DESTINATION ${package_dir}
        COMPONENT development)

include(cmake/packages.cmake)
