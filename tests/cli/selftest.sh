#!/bin/sh
# SPDX-License-Identifier: MIT
# selftest.sh - does run.sh tell a good case from a bad one? A driver that passes everything looks
# like a good program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-selftest.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
THUMBS_CLI_CASES=$scratch
export THUMBS_CLI_CASES

# case_of NAME SCRIPT: a case without expectations
case_of() { printf '%s\n' "$2" >"$scratch/$1.sh"; }
case_of good 'echo out; echo err >&2; exit 3'
echo out >"$scratch/good.stdout"
echo err >"$scratch/good.stderr"
echo 3 >"$scratch/good.exit"
case_of good_re 'printf "a 12\nx\ny\nb.\n"'
printf 'a [0-9]+\n...\nb\\.\n' >"$scratch/good_re.stdout.re"
case_of good_silent ':'
case_of good_skip 'echo no reason; exit 77'
case_of bad_exit 'exit 1'
case_of bad_stdout 'echo unexpected'
case_of bad_stderr 'echo unexpected >&2'
case_of bad_missing ':'
echo expected >"$scratch/bad_missing.stdout"
case_of bad_newline 'printf expected'
echo expected >"$scratch/bad_newline.stdout"
case_of bad_re_part 'echo xa'
echo a >"$scratch/bad_re_part.stdout.re"
case_of bad_re_more 'echo a; echo b'
echo a >"$scratch/bad_re_more.stdout.re"
case_of bad_re_less 'echo a'
printf 'a\nb\n' >"$scratch/bad_re_less.stdout.re"
case_of bad_hang 'sleep 50'
case_of bad_step 'false; exit 0'

n=0
for file in "$scratch"/*.sh; do
    name=$(basename "$file" .sh)
    status=0 limit=60
    [ "$name" != bad_hang ] || limit=2
    THUMBS_CLI_TIMEOUT=$limit sh "$here/run.sh" /bin/true "$name" >"$scratch/log" 2>&1 || status=$?
    case $name in good*) wanted=0 ;; *) wanted=1 ;; esac
    if [ "$status" -ne "$wanted" ]; then
        echo "selftest.sh: run.sh gave $status for $name" >&2
        cat "$scratch/log" >&2
        exit 1
    fi
    n=$((n + 1))
done
if sh "$here/run.sh" /bin/true no_such_case >/dev/null 2>&1; then
    echo "selftest.sh: run.sh passed a case that is not there" >&2
    exit 1
fi
echo "run.sh judged $n cases rightly"
