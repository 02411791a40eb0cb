#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# examples.sh PROGRAM SAMPLES - do what the examples say: the commands in them are run as they stand,
# with other folders, and with what cron, ssh, make or a build server would set. (Slurm has
# scripts/test-slurm.) What cannot be tried here is passed over by name.
set -eu
program=$(realpath "$1") photos=$(realpath "$2")/photos
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$here/../../examples" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/thumbs-examples.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# Examples call thumbs by its name.
mkdir "$scratch/bin"
ln -s "$program" "$scratch/bin/thumbs"
PATH=$scratch/bin:$PATH
unset SLURM_ARRAY_TASK_ID JOB_COMPLETION_INDEX CI_NODE_INDEX BUILDKITE_PARALLEL_JOB CIRCLE_NODE_INDEX

fail() { echo "FAILED: $1" && exit 1; }
pass_over() { echo "passed over: $1"; }
thumbs --quiet "$photos" "$scratch/whole"
same() {
    diff -r -x .thumbs -x .last-run.ndjson -x .cron.lock "$scratch/whole" "$1" ||
        fail "$1 is not as a plain run makes it"
}

# Of the agent of Buildkite: artifacts lie in the folder already.
cat >"$scratch/bin/buildkite-agent" <<'END'
#!/bin/sh
[ "$1 $2 $4" = "artifact download ." ] && ls $3 >/dev/null
END
chmod +x "$scratch/bin/buildkite-agent"
if ! python3 -c 'import yaml, jsonschema' 2>/dev/null; then
    pass_over "build servers and Kubernetes (python3-yaml and python3-jsonschema are missing)"
else
    mkdir "$scratch/engines"
    for engine in github gitlab buildkite circleci kubernetes; do
        python3 "$here/engines.py" "$program" "$photos" "$examples" "$scratch/engines" $engine \
            >"$scratch/log" 2>&1 || { cat "$scratch/log" && fail "$engine"; }
    done
fi

try_make() {
    mkdir "$scratch/make"
    cp -r "$photos" "$scratch/make/photos"
    run() { make -s -C "$scratch/make" -f "$examples/make/Makefile" >"$scratch/log" 2>&1; }
    run || { cat "$scratch/log" && fail "make"; }
    [ "$(find "$scratch/make/out/thumbs" -name '*.jpg' | wc -l)" -eq 24 ] || fail "make has made no two sizes"
    first=$(stat -c %.Y "$scratch/make/site")
    touch "$scratch"/make/photos/*
    run || fail "make, a second time"
    [ "$(stat -c %.Y "$scratch/make/site")" = "$first" ] || fail "make makes the site again for nothing"
    cp "$scratch/make/photos/dunes.jpg" "$scratch/make/photos/new.jpg"
    run || fail "make, with a new photo"
    [ "$(stat -c %.Y "$scratch/make/site")" != "$first" ] || fail "make does not see a new photo"
    head -c 60 "$photos/dunes.jpg" >"$scratch/make/photos/broken.jpg"
    ! run || fail "make does not see that a photo is broken"
}
if command -v make >/dev/null; then try_make; else pass_over "make"; fi

try_cmake() {
    mkdir "$scratch/cmake"
    cp -r "$photos" "$scratch/cmake/photos"
    cat >"$scratch/cmake/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(site LANGUAGES NONE)
list(APPEND CMAKE_MODULE_PATH "$examples/cmake")
include(Thumbnails)
thumbs_thumbnails(thumbnails \${CMAKE_SOURCE_DIR}/photos \${CMAKE_BINARY_DIR}/thumbs --size=256)
END
    run() { cmake --build "$scratch/cmake/build" >"$scratch/log" 2>&1; }
    cmake -S "$scratch/cmake" -B "$scratch/cmake/build" >"$scratch/log" 2>&1 || { cat "$scratch/log" && fail "CMake"; }
    run || { cat "$scratch/log" && fail "CMake"; }
    same "$scratch/cmake/build/thumbs"
    run || fail "CMake, a second time"
    grep -q '"summary":{"done":0,' "$scratch/cmake/build/thumbnails.ndjson" || fail "CMake makes all again"
    head -c 60 "$photos/dunes.jpg" >"$scratch/cmake/photos/broken.jpg"
    ! run || fail "CMake does not see that a photo is broken"
}
if command -v cmake >/dev/null; then try_cmake; else pass_over "CMake"; fi

# here_instead COMMAND - with folders of this test, and with the program wherever it is
here_instead() { sed -e "s#/srv/#$scratch/srv/#g" -e "s#/usr/bin/thumbs#$program#g"; }
mkdir -p "$scratch/srv/thumbs"
cp -r "$photos" "$scratch/srv/photos"

# A line of /etc/cron.d: five fields of time, who, what.
sed -n 's/^\([0-9*]\+ \)\{5\}[a-z]\+ //p' "$examples/cron/thumbs.cron" | here_instead >"$scratch/command"
[ "$(wc -l <"$scratch/command")" -eq 1 ] || fail "cron has no line"
! grep -q '%' "$scratch/command" || fail "to cron, % is a newline"
(cd / && env -i PATH="$PATH" HOME=/ /bin/sh "$scratch/command" >"$scratch/log" 2>&1) ||
    { cat "$scratch/log" && fail "cron"; }
[ ! -s "$scratch/log" ] || fail "cron would send a mail: $(cat "$scratch/log")"
same "$scratch/srv/thumbs"
exec 9>"$scratch/srv/thumbs/.cron.lock"
flock -n 9
! (cd / && /bin/sh "$scratch/command") 9>&- || fail "two runs at a time"
exec 9>&-

rm -rf "$scratch/srv/thumbs"
mkdir "$scratch/srv/thumbs"
# A kernel of a test may lack layers of the sandbox.
sed -n 's/^ExecStart=//p' "$examples/systemd/thumbs.service" | here_instead |
    sed 's/--sandbox=require/--sandbox=on/' >"$scratch/command"
[ "$(wc -l <"$scratch/command")" -eq 1 ] || fail "the unit has no ExecStart"
/bin/sh "$scratch/command" >"$scratch/log" 2>&1 || { cat "$scratch/log" && fail "systemd"; }
same "$scratch/srv/thumbs"
if command -v systemd-analyze >/dev/null; then
    mkdir "$scratch/units"
    sed "s#/usr/bin/thumbs#$program#" "$examples/systemd/thumbs.service" >"$scratch/units/thumbs.service"
    cp "$examples/systemd/thumbs.timer" "$scratch/units"
    systemd-analyze verify "$scratch/units/thumbs.timer" "$scratch/units/thumbs.service" >"$scratch/log" 2>&1 || :
    ! grep -q 'thumbs\.\(service\|timer\)' "$scratch/log" || fail "systemd: $(cat "$scratch/log")"
    # 2.0 of 10, as systemd counts what a service is exposed to
    if systemd-analyze security --help 2>/dev/null | grep -q -e --offline; then
        systemd-analyze security --offline=true --threshold=20 "$scratch/units/thumbs.service" >"$scratch/log" 2>&1 ||
            fail "the unit is not locked up: $(tail -n 1 "$scratch/log")"
    fi
else
    pass_over "systemd-analyze"
fi

try_ssh() {
    mkdir "$scratch/odd folder"
    cp -r "$photos" "$scratch/odd folder/it's photos"
    # An ssh whose machines are all this one; the first of them is down.
    cat >"$scratch/ssh" <<END
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done
host=\$1 && shift
[ "\${1-}" != -- ] || shift
echo "\$host" >>'$scratch/hosts'
[ "\$host" != down ] || exit 255
exec /bin/sh -c "\$*"
END
    chmod +x "$scratch/ssh"
    # Build servers have no login shell.
    SHELL=/bin/false PARALLEL_SSH=$scratch/ssh PARALLEL_HOME=$scratch/parallel \
        "$examples/ssh/thumbs-on-hosts" down,first,second 5 "$scratch/odd folder/it's photos" \
        "$scratch/odd folder/out" "$scratch/odd folder/reports" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log" && fail "ssh"; }
    grep -q '"shards":5,"missing":\[\],"unfinished":\[\],"complete":true' "$scratch/odd folder/reports/merged.ndjson" ||
        fail "over ssh it is not complete"
    same "$scratch/odd folder/out"
    [ "$(sort -u "$scratch/hosts" | wc -l)" -eq 3 ] || fail "not all machines were asked"
}
if command -v parallel >/dev/null; then try_ssh; else pass_over "ssh (parallel is missing)"; fi
