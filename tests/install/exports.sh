#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Does the library export the public functions of thumbs.h, all of them and nothing else, and the
# module its one entry?
#   exports.sh PROGRAM SAMPLES LIBRARY MODULE HEADER
set -u
library=$3 module=$4 header=$5
command -v nm >/dev/null || { echo "SKIPPED: there is no nm"; exit 77; }
LC_ALL=C
export LC_ALL

# Symbols of the linker's own, which older ones leave visible, are nobody's function.
exports() {
    nm -D --defined-only "$1" | awk '{ print $NF }' | sort |
        grep -vxE '_init|_fini|__bss_start|_edata|_end'
}

# public - the functions that thumbs.h declares as THUMBS_API
public() {
    grep -v '^#' "$header" | tr '\n' ' ' | grep -oE 'THUMBS_API [^(;]*\(' |
        grep -oE '[A-Za-z0-9_]+\($' | tr -d '(' | sort
}

status=0
expect() { # WHAT EXPECTED GOT
    [ -n "$2" ] && [ "$2" = "$3" ] && return
    echo "FAILED: $1 exports other symbols than it should (< expected, > got):"
    diff <(echo "$2") <(echo "$3")
    status=1
}
expect "$library" "$(public)" "$(exports "$library")"
expect "$module" thumbs_vips_module "$(exports "$module")"
exit $status
