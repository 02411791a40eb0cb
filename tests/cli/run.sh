#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BINARY [SAMPLES] [CASE...] - run the command line tests against a given thumbs program.
#
# A case is a shell script cases/NAME.sh, run by `sh -e` in a fresh empty folder with
#     THUMBS   the program, as an absolute path
#     CASES    the folder of the cases, for data beside them
#     ALIKE    a program that compares pictures (tests/support/alike.c), in the build of THUMBS, if it is there
#     SAMPLES  the folder of sample pictures (SAMPLES above if that is a folder, else samples/ of the source tree)
# and what is expected stands beside it:
#     NAME.stdout, NAME.stderr        exact; no such file: nothing may be written there
#     NAME.stdout.re, NAME.stderr.re  instead of those: one extended regular expression a line, each of which must match
#                                     the whole of its line; a line "..." stands for any number of lines
#     NAME.exit                       the exit status of the script; no such file: 0
# A script that ends with status 77 is skipped, its last line on standard output says why. Without
# CASE, all are run. Several cases run at a time, since many of them wait for something; what is
# said of them comes in their order. Environment: THUMBS_CLI_CASES (another folder of cases),
# THUMBS_CLI_TIMEOUT (seconds a case, 300), THUMBS_CLI_JOBS (cases at a time; by default one for
# each CPU and one more, 2 to 4), THUMBS_CLI_PART=K/N (without CASE: only every N-th case, from
# the K-th on), KEEP=1 (keep the folder of a failed case and name it). Exit status: 0 all passed,
# 1 some failed, 2 it could not run.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 2
[ $# -ge 1 ] || { echo "usage: run.sh BINARY [SAMPLES] [CASE...]" >&2; exit 2; }
[ -x "$1" ] || { echo "run.sh: $1 is no program" >&2; exit 2; }
THUMBS=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
ALIKE=$(dirname "$THUMBS")/tests/alike
SAMPLES=$here/../../samples
if [ $# -ge 1 ] && [ -d "$1" ]; then
    SAMPLES=$(cd "$1" && pwd)
    shift
fi
CASES=${THUMBS_CLI_CASES:-$here/cases}
export THUMBS CASES ALIKE SAMPLES
LC_ALL=C TERM=dumb
export LC_ALL TERM
unset NO_COLOR THUMBS_FAULT
umask 022

scratch=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-cli.XXXXXX") || exit 2
# Cases may leave folders that cannot be written or entered.
clean() { chmod -R u+rwx "$1" 2>/dev/null; rm -rf "$1"; }
runners=
# shellcheck disable=SC2086 # several
trap '[ -z "$runners" ] || kill $runners 2>/dev/null; clean "$scratch"' EXIT
trap 'exit 2' INT TERM HUP

# Does every line of file $2 match its line of file $1? An awk program, since a shell loop would
# lose odd bytes.
matches() {
    awk -v patterns="$1" '
        BEGIN { while ((getline line < patterns) > 0) want[++n] = line }
        { got[NR] = $0 }
        function fits(i, j) { # patterns from i on against lines from j on
            while (i <= n) {
                if (want[i] == "...") {
                    if (i == n) return 1
                    for (; j <= NR + 1; j++) if (fits(i + 1, j)) return 1
                    return 0
                }
                if (j > NR || got[j] !~ ("^(" want[i] ")$")) return 0
                i++; j++
            }
            return j > NR
        }
        END { exit !fits(1, 1) }' "$2"
}

# Compare what was written ($1: file) with what is expected ($2: name without ending, $3: stdout or
# stderr).
check_stream() {
    if [ -f "$2.$3.re" ]; then
        matches "$2.$3.re" "$1" && return 0
        echo "# $3 does not match $(basename "$2").$3.re:"
        sed 's/^/#   /' "$1"
        return 1
    fi
    expected=$2.$3
    [ -f "$expected" ] || expected=/dev/null
    cmp -s "$expected" "$1" && return 0
    echo "# $3 differs (- expected, + got):"
    diff -u "$expected" "$1" | sed '1,2d;s/^/#   /'
    return 1
}

# run_case NAME WORK - in that folder, which is new. What it finds goes to standard output. Status:
# 0 passed, 1 failed, 77 skipped ($reason).
run_case() {
    name=$1
    work=$2
    mkdir -p "$work/folder" || return 1
    status=0
    (cd "$work/folder" && exec timeout -k 5 "${THUMBS_CLI_TIMEOUT:-300}" sh -e "$CASES/$name.sh") \
        >"$work/stdout" 2>"$work/stderr" </dev/null 3>&- &
    case_pid=$! # waited for like this so that a signal can end it
    wait "$case_pid" || status=$?
    case_pid=
    if [ "$status" -eq 77 ]; then
        reason=$(tail -n 1 "$work/stdout")
        return 77
    fi
    wanted=0
    [ -f "$CASES/$name.exit" ] && wanted=$(cat "$CASES/$name.exit")
    good=0
    if [ "$status" -ne "$wanted" ]; then
        echo "# exit status $status, expected $wanted"
        [ "$status" -eq 124 ] && echo "# (124: it took too long)"
        good=1
    fi
    check_stream "$work/stdout" "$CASES/$name" stdout || good=1
    check_stream "$work/stderr" "$CASES/$name" stderr || good=1
    return $good
}

# judge N NAME - run that case and say how it went.
judge() {
    if [ ! -f "$CASES/$2.sh" ]; then
        echo "not ok $1 $2 # there is no such case"
        return
    fi
    result=0
    work=$scratch/$1.$2 # the number, since a case may be named twice
    run_case "$2" "$work" || result=$?
    case $result in
    0) echo "ok $1 $2" ;;
    77) echo "ok $1 $2 # SKIP $reason" ;;
    *)
        echo "not ok $1 $2"
        if [ "${KEEP:-0}" = 1 ]; then
            kept=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-cli-kept.XXXXXX") && mv "$work" "$kept/" &&
                echo "# kept in $kept/$1.$2"
        fi
        ;;
    esac
    clean "$work"
}

# run_some NAME... - of all these, run one after the other that nobody else has begun. A line on
# descriptor 3 for each.
run_some() {
    case_pid=
    trap '[ -z "$case_pid" ] || kill "$case_pid"; exit 2' TERM
    i=0
    for name; do
        i=$((i + 1))
        mkdir "$scratch/.begun.$i" 2>/dev/null || continue
        judge $i "$name" >"$scratch/.said.$i"
        mv "$scratch/.said.$i" "$scratch/.done.$i"
        echo >&3
    done
}

if [ $# -eq 0 ]; then
    part=${THUMBS_CLI_PART:-1/1}
    case $part in
    [1-9]*/[1-9]*) part_k=${part%/*} part_n=${part#*/} ;;
    *) echo "run.sh: THUMBS_CLI_PART is $part, which is no K/N" >&2; exit 2 ;;
    esac
    [ "$part_k" -le "$part_n" ] || { echo "run.sh: there is no part $part" >&2; exit 2; }
    i=0
    for file in "$CASES"/*.sh; do
        [ -f "$file" ] || continue
        i=$((i + 1))
        [ $((i % part_n)) -eq $((part_k % part_n)) ] || continue
        set -- "$@" "$(basename "$file" .sh)"
    done
fi
[ $# -gt 0 ] || { echo "run.sh: no cases in $CASES" >&2; exit 2; }

jobs=${THUMBS_CLI_JOBS:-$(($(nproc) + 1))}
if [ -z "${THUMBS_CLI_JOBS-}" ] && [ "$jobs" -gt 4 ]; then jobs=4; fi
mkfifo "$scratch/.ended" || exit 2
while [ "$jobs" -gt 0 ]; do
    jobs=$((jobs - 1))
    run_some "$@" 3>"$scratch/.ended" &
    runners="$runners $!"
done
# The end of that file is the end of all runners.
n=0 n_failed=0 n_skipped=0
while read -r _; do
    while [ -f "$scratch/.done.$((n + 1))" ]; do
        n=$((n + 1))
        cat "$scratch/.done.$n"
        case $(grep -m 1 -E '^(not )?ok ' "$scratch/.done.$n") in
        not*) n_failed=$((n_failed + 1)) ;;
        *' # SKIP '*) n_skipped=$((n_skipped + 1)) ;;
        esac
    done
done <"$scratch/.ended"
runners=
[ "$n" -eq $# ] || { echo "run.sh: only $n of $# cases were run" >&2; exit 2; }
echo "1..$n"
echo "# $((n - n_failed - n_skipped)) passed, $n_failed failed, $n_skipped skipped"
[ "$n_failed" -eq 0 ]
