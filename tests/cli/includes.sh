#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Includes go down only: each #include under src/ is held against the column "may call" of the
# table in docs/ARCHITECTURE.md, and each header must compile by itself. Also a test of the table: a
# room that is missing there, or has no sources, is a mistake as well. Inside a room no files
# include each other in a circle, and no two files of src/ share a name.
#   includes.sh [PROGRAM SAMPLES]      (not used; other tests get them)
# Environment: CC, CXX. Exit status: 0 all is well, 1 not, each reason on a line of its own.
set -u
# Rooms that still have a circle, and names that still stand twice. To be emptied, not extended.
excused_rooms=""
excused_names=""

root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
cd "$root" || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# Includes inside the rooms below the folder $1, as lines "FROM TO" for tsort. x.c and x.h are one
# node "room/x"; a sub-room belongs to its room. A file that includes nobody stands with itself.
includes_of() {
    # shellcheck disable=SC2046 # no blanks in these names
    (cd "$1" && awk '
        FNR == 1 {
            node = FILENAME
            sub(/^\.\//, "", node)
            sub(/\.[ch]$/, "", node)
            room = node
            sub(/\/.*/, "", room)
            print node, node
        }
        /^[ \t]*#[ \t]*include[ \t]*"/ {
            to = $0
            sub(/^[^"]*"/, "", to)
            sub(/\.h".*/, "", to)
            if (index(to, room "/") == 1 && to != node) print node, to
        }' $(find . -mindepth 2 -name '*.[ch]' | LC_ALL=C sort))
}

# A line for each circle: "room/a room/b". Rooms named in the other arguments are passed over.
circles_in() {
    local folder=$1 room
    shift
    includes_of "$folder" >"$scratch/edges"
    cut -d/ -f1 "$scratch/edges" | LC_ALL=C sort -u | while read -r room; do
        case " $* " in *" $room "*) continue ;; esac
        # tsort says of a circle "tsort: -: input contains a loop:", then a line for each node.
        grep "^$room/" "$scratch/edges" | LC_ALL=C tsort 2>&1 >/dev/null |
            awk '/contains a loop/ { if (line) print line; line = ""; next }
                 { line = line (line ? " " : "") $2 }
                 END { if (line) print line }'
    done
}

# A line for each name that stands twice below the folder $1, but for those in the other arguments.
double_names_in() {
    local folder=$1 name
    shift
    find "$folder" -mindepth 2 -name '*.[ch]' | sed 's,.*/,,' | LC_ALL=C sort | uniq -d |
        while read -r name; do
            case " $* " in *" $name "*) continue ;; esac
            echo "$name"
        done
}

# Does each rule find what is planted, and nothing else?
expect() { # WHAT FOUND WANTED
    [ "$2" = "$3" ] && return
    echo "includes.sh: the rule of $1 found '$2' where '$3' was planted"
    exit 1
}
plant() { # FILE HEADER...
    local file=$scratch/planted/$1
    mkdir -p "$(dirname "$file")" || exit 1
    shift
    [ $# -eq 0 ] || printf '#include "%s"\n' "$@" >"$file"
    [ -e "$file" ] || : >"$file"
}
plant up/top.c up/top.h up/in/low.h base/num.h
plant up/top.h
plant up/in/low.h
plant up/in/low.c up/in/low.h
plant base/num.h
expect circles "$(circles_in "$scratch/planted")" ""
expect names "$(double_names_in "$scratch/planted")" ""
plant up/in/low.c up/in/low.h up/top.h # up/top -> up/in/low -> up/top
plant base/low.c
expect circles "$(circles_in "$scratch/planted" | tr ' ' '\n' | LC_ALL=C sort | tr '\n' ' ')" \
    "up/in/low up/top "
expect circles "$(circles_in "$scratch/planted" base up)" ""
expect names "$(double_names_in "$scratch/planted")" low.c
expect names "$(double_names_in "$scratch/planted" low.c)" ""

# Room by room: the rooms it may include, as the table has it. A line "| `src/walk/` | purpose |
# owns | base |". A sub-room, "`src/image/jpeg/`", has a line of its own below its room; there "png"
# means its sister "image/png".
awk -F'|' '
    /^\| `src\/[a-z]+\/([a-z]+\/)?`/ {
        room = $2
        gsub(/[ `]|src\/|\/`/, "", room)
        parent = room
        is_sub = sub(/\/.*/, "", parent)
        calls = $5
        line = room
        n = split(calls, words, /[^a-z]+/)
        for (i = 1; i <= n; i++) {
            if (words[i] == "all") line = line above
            else if (words[i] == "above" || words[i] == "nobody" || words[i] == "") continue
            else if (words[i] == "public" || words[i] == "header") continue # thumbs.h: for everybody
            else if (words[i] == "s" || words[i] == "formatters") continue   # "report'"'"'s formatters"
            else if (is_sub && (parent "/" words[i]) in seen) line = line " " parent "/" words[i]
            else line = line " " words[i]
        }
        seen[room] = 1
        if (!is_sub) above = above " " room
        print line
    }' docs/ARCHITECTURE.md >"$scratch/table"
[ "$(wc -l <"$scratch/table")" -gt 5 ] || { echo "docs/ARCHITECTURE.md: the table of rooms is not found"; exit 1; }

find src -mindepth 2 -name '*.[ch]' | sort >"$scratch/files"
[ -s "$scratch/files" ] || { echo "src/: there are no sources"; exit 1; }

# shellcheck disable=SC2046 # no blanks in these names
awk -v table="$scratch/table" '
    BEGIN {
        while ((getline line < table) > 0) {
            n = split(line, words, " ")
            is_room[words[1]] = 1
            for (i = 1; i <= n; i++) may[words[1], words[i]] = 1 # a room may include itself
        }
        split("vips/ jpeglib.h jerror.h jmorecfg.h turbojpeg.h png.h pngconf.h lcms2.h webp/ gif_lib.h tiffio.h " \
              "libde265/ dav1d/ glib.h glib-object.h", decoders, " ")
    }
    function bad(what) {
        printf "%s:%d: %s\n", FILENAME, FNR, what
        n_bad++
    }
    FNR == 1 {
        n_parts = split(FILENAME, parts, "/")
        room = n_parts > 3 ? parts[2] "/" parts[3] : parts[2]
        top = parts[2]
        seen[room] = 1
        if (!(room in is_room) && !(room in told)) {
            bad("room " room " is not in the table of docs/ARCHITECTURE.md")
            told[room] = 1
        }
    }
    !(room in is_room) { next }
    /^[ \t]*#[ \t]*include/ {
        name = $0
        if (name ~ /"/) {
            sub(/^[^"]*"/, "", name)
            sub(/".*/, "", name)
            if (name ~ /(^|\/)\.\.?\//) bad("\"" name "\": write the path below src/")
            else if (name == "thumbs/thumbs.h") next
            else if (name !~ /^[a-z]+\/([a-z]+\/)?[a-z_0-9]+\.h$/) bad("\"" name "\" names no room")
            else {
                n_parts = split(name, parts, "/")
                called = n_parts > 2 ? parts[1] "/" parts[2] : parts[1]
                if (!(called in is_room)) bad("\"" name "\": there is no such room")
                # What a room keeps to itself: its sub-rooms, which its own files may all use, and
                # some headers.
                else if (n_parts > 2 && parts[1] != top) bad("\"" name "\" is inner to its room")
                else if (n_parts > 2 && room == top) next
                else if (!((room, called) in may)) bad("room " room " may not include " called ": \"" name "\"")
                else if (parts[1] != top && parts[1] != "base" && name ~ /_internal\.h$/)
                    bad("\"" name "\" is inner to its room")
            }
        } else {
            sub(/^[^<]*</, "", name)
            sub(/>.*/, "", name)
            for (i in decoders)
                if (index(name, decoders[i]) == 1 && top != "image")
                    bad("<" name ">: only src/image includes decoders")
            if (name == "omp.h" && top != "work" && top != "base") bad("<omp.h>: only src/work uses OpenMP")
        }
    }
    END {
        for (room in is_room)
            if (!(room in seen)) {
                print "docs/ARCHITECTURE.md: room " room " has no sources"
                n_bad++
            }
        exit n_bad > 0
    }' $(cat "$scratch/files")
status=$?

# shellcheck disable=SC2086 # lists of words
circles_in src $excused_rooms >"$scratch/circles"
# shellcheck disable=SC2086
double_names_in src $excused_names >"$scratch/names"
sed 's/^/src: files include each other in a circle: /' "$scratch/circles"
while read -r name; do
    echo "src: one name, several files: $(find src -name "$name" | LC_ALL=C sort | tr '\n' ' ')"
done <"$scratch/names"
[ ! -s "$scratch/circles" ] && [ ! -s "$scratch/names" ] || status=1

# What the public header needs, it includes; in C++ as well.
if grep -nE '#[ \t]*include[ \t]*"' include/thumbs/*.h; then
    echo "include/thumbs/: a public header includes one that is not installed"
    status=1
fi

cc=${CC:-cc}
if ! command -v "$cc" >/dev/null; then
    echo "# no compiler $cc: that each header compiles alone was not tried"
    exit "$status"
fi
flags="-std=c17 -D_GNU_SOURCE -Iinclude -Isrc -Wall -Wextra -Werror -fsyntax-only"
for package in vips libjpeg libpng; do
    flags="$flags $(pkg-config --cflags "$package" 2>/dev/null)"
done
export cc flags scratch
# shellcheck disable=SC2016 # for the inner shell
find src include -name '*.h' -print0 | sort -z | xargs -0 -P 2 -n 1 sh -c '
    log=$scratch/$(echo "$1" | tr / +).log
    # Twice, so that its guard is tried too.
    printf "#include \"%s\"\n#include \"%s\"\n" "${1#*/}" "${1#*/}" | $cc $flags -x c - >"$log" 2>&1 && rm "$log"' sh
for log in "$scratch"/*.log; do
    [ -e "$log" ] || continue
    echo "$(basename "$log" .log | tr + /): does not compile alone"
    head -n 5 "$log" | sed 's/^/    /'
    status=1
done
cxx=${CXX:-c++}
if command -v "$cxx" >/dev/null; then
    echo '#include <thumbs/thumbs.h>' | "$cxx" -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ - ||
        status=1
fi
exit "$status"
