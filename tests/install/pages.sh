#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Do the manual page and the completions say what --help says, and do shells take them?
#   pages.sh PROGRAM SAMPLES FOLDER_OF_PAGES
set -u
program=$1 pages=$3
here=$(cd "$(dirname "$0")" && pwd)
status=0
fail() {
    echo "FAILED: $*"
    status=1
}

# Each option of each command, wherever it has to be told.
for command in "" bench merge; do
    # shellcheck disable=SC2086
    for option in $("$program" $command --help | sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p'); do
        grep -qF -- "\\-\\-${option//-/\\-}\\fR" "$pages/man/thumbs.1" || fail "the manual knows no --$option"
        grep -q -- "--${option}[= ']" "$pages/bash/thumbs" || fail "bash knows no --$option"
        grep -q -- "--${option}[=[}]" "$pages/zsh/_thumbs" || fail "zsh knows no --$option"
        grep -q -- " -l $option " "$pages/fish/thumbs.fish" || fail "fish knows no --$option"
    done
done
if command -v groff >/dev/null; then
    said=$(groff -man -Tutf8 -ww -z "$pages/man/thumbs.1" 2>&1)
    [ -z "$said" ] || fail "groff warns: $said"
fi

n_shells=0
for shell in "bash bash/thumbs" "zsh zsh/_thumbs" "fish fish/thumbs.fish"; do
    # shellcheck disable=SC2086
    set -- $shell
    python3 "$here/completion.py" "$1" "$pages/$2" "$program"
    case $? in
    0) n_shells=$((n_shells + 1)) ;;
    77) ;;
    *) fail "$1 does not complete as it should" ;;
    esac
done
[ "$n_shells" -gt 0 ] || echo "no shell was there to be tried"
exit $status
