# SPDX-License-Identifier: MIT
# thumbs_thumbnails(TARGET SOURCE DEST [OPTION...]): a target that keeps thumbnails in step with a
# folder. thumbs knows itself what is up to date, down to single pictures and options, so it is asked
# in each build.
#   include(Thumbnails)
#   thumbs_thumbnails(thumbnails ${CMAKE_SOURCE_DIR}/photos ${CMAKE_BINARY_DIR}/thumbs --size=320,1280)
#   add_dependencies(site thumbnails)
find_program(THUMBS_PROGRAM thumbs REQUIRED)

function(thumbs_thumbnails target source dest)
  add_custom_target(
    ${target} ALL
    COMMAND ${THUMBS_PROGRAM} --quiet --report=${CMAKE_CURRENT_BINARY_DIR}/${target}.ndjson ${ARGN} ${source} ${dest}
    COMMENT "Thumbnails of ${source}"
    VERBATIM)
endfunction()
