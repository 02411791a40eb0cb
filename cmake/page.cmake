# SPDX-License-Identifier: MIT
# cmake -DFOLDER=F -DOUT=O -P page.cmake: from page.html, page.css and page.js in F the beginning of a page to O/page_head
# and its end to O/page_tail; between the two belongs what @DATA@ stands for.
#
# The page allows that one style and that one script, by their hashes, and no other.

cmake_minimum_required(VERSION 3.25)

# The SHA-256 of a text in base64, as a content security policy has it.
function(hash_of text out)
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(SHA256 hex "${text}")
  set(base64)
  foreach(at RANGE 0 60 6) # 32 bytes: ten times three, and two
    string(SUBSTRING "${hex}00" ${at} 6 digits)
    math(EXPR bits "0x${digits}")
    foreach(shift 18 12 6 0)
      math(EXPR i "(${bits} >> ${shift}) & 63")
      string(SUBSTRING ${alphabet} ${i} 1 digit)
      string(APPEND base64 ${digit})
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" base64 "${base64}")
  set(${out} "sha256-${base64}" PARENT_SCOPE)
endfunction()

file(READ "${FOLDER}/page.html" page)
file(READ "${FOLDER}/page.css" style)
file(READ "${FOLDER}/page.js" script)
hash_of("${style}" STYLE_HASH)
hash_of("${script}" SCRIPT_HASH)
string(REPLACE "@STYLE_HASH@" "${STYLE_HASH}" page "${page}")
string(REPLACE "@SCRIPT_HASH@" "${SCRIPT_HASH}" page "${page}")
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
string(FIND "${page}" "@DATA@" at)
if(at LESS 0)
  message(FATAL_ERROR "page.html has no place for its data")
endif()
string(SUBSTRING "${page}" 0 ${at} head)
math(EXPR at "${at} + 6")
string(SUBSTRING "${page}" ${at} -1 tail)
file(WRITE "${OUT}/page_head" "${head}")
file(WRITE "${OUT}/page_tail" "${tail}")
