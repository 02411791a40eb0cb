# SPDX-License-Identifier: MIT
# Program, library, module, header, licence, pkg-config file and CMake package.
include(CMakePackageConfigHelpers)

install(TARGETS thumbs_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(
  TARGETS thumbs
  EXPORT thumbs
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(THUMBS_WITH_VIPS)
  install(TARGETS thumbs-vips LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/thumbs)
endif()
if(THUMBS_WITH_HEIF)
  install(TARGETS thumbs-heif LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/thumbs)
endif()
foreach(codec avif jxl raw)
  if(TARGET thumbs-${codec})
    install(TARGETS thumbs-${codec} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/thumbs)
  endif()
endforeach()
install(FILES include/thumbs/thumbs.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/thumbs)
install(FILES share/thumbs/report.schema.json share/thumbs/manifest.schema.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/thumbs)
install(FILES docs/REPORT.md docs/MANIFEST.md LICENSE THIRD_PARTY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
set(THUMBS_ZSH_DIR share/zsh/site-functions CACHE STRING "Where zsh looks for completions, below the prefix")
install(FILES ${CMAKE_BINARY_DIR}/pages/man/thumbs.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/pages/bash/thumbs DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${CMAKE_BINARY_DIR}/pages/zsh/_thumbs DESTINATION ${THUMBS_ZSH_DIR})
install(FILES ${CMAKE_BINARY_DIR}/pages/fish/thumbs.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# Relative, so that the whole prefix can be moved.
file(RELATIVE_PATH thumbs_pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/thumbs.pc.in thumbs.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/thumbs.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/thumbs)
install(
  EXPORT thumbs
  FILE thumbsTargets.cmake
  NAMESPACE thumbs::
  DESTINATION ${package_dir})
configure_package_config_file(cmake/thumbsConfig.cmake.in thumbsConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(thumbsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/thumbsConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/thumbsConfigVersion.cmake
        DESTINATION ${package_dir})
