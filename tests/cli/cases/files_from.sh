# SPDX-License-Identifier: MIT
# --files-from: the sources come from a list, from a file or from standard input, and get the same
# outputs as in a run over all of SOURCE, in every mode.
. "$CASES/common.inc"
mkdir -p photos/a/b photos/.hidden photos/c
for i in 1 2 3; do cp "$SAMPLES/orientation/orientation-$i.jpg" "photos/a/b/$i.jpg"; done
cp "$SAMPLES/orientation/orientation-4.jpg" photos/a/same.jpg
cp "$SAMPLES/png/rgba-16-adam7.png" photos/a/same.png
cp "$SAMPLES/orientation/orientation-5.jpg" photos/.hidden/h.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" photos/c/c.jpg
echo text >photos/c/note.txt
thumbs 0 --hidden photos whole
same_as_whole() { # FOLDER - what is in it is what a run over all makes
    outputs "$1" >"$log/list"
    while IFS= read -r file; do
        cmp -s "whole/$file" "$1/$file" || fail "$1/$file is not what a run over all makes"
    done <"$log/list"
}

printf '%s\n' a/same.png ./a//b/2.jpg '' a/b/2.jpg c/note.txt .hidden/h.jpg gone/x.jpg >list
printf 'c' >>list # a folder, and a last line without its end
for words in --mode=sync --mode=threads --mode=processes --io=uring; do
    thumbs 1 "$words" --files-from=list --report="$log/r" photos "out$words"
    expect_fates "$log/r" "done a/same.png" "done a/b/2.jpg" "done .hidden/h.jpg" "done c/c.jpg" \
        "skipped c/note.txt" "failed:walk:vanished gone/x.jpg"
    expect_outputs "out$words" a/same.png.jpg a/b/2.jpg .hidden/h.jpg c/c.jpg
    same_as_whole "out$words"
    thumbs 1 "$words" --files-from=list photos "out$words"
    expect_counts 0 4 0 1 1
    # A run over all knows what was made.
    thumbs 0 "$words" photos "out$words"
    expect_counts 3 3 0 0 1
done
# In several lists, in any order: as all in one run.
for name in a/same.jpg a/b/3.jpg a/same.png a/b/1.jpg a/b/2.jpg .hidden/h.jpg c/c.jpg; do
    echo "$name" | "$THUMBS" --quiet --files-from - photos parts
done
same_trees whole parts
# Absolute names below SOURCE; what find says of folders and files alike, each once.
find "$PWD/photos" -name '*.jpg' >list
thumbs 0 --files-from=list "$PWD/photos" absolute
expect_counts 6 0 0 0 0
same_as_whole absolute
(cd photos && find . | "$THUMBS" --hidden --files-from=- ../found) >"$log/stdout" 2>"$log/stderr"
expect_counts 7 0 0 0 1
same_trees whole found
# Without SOURCE names are relative to where one is.
find photos -type f ! -name note.txt -print0 | "$THUMBS" --files-from=- --null here >"$log/stdout" 2>"$log/stderr"
expect_counts 7 0 0 0 0
same_trees whole here/photos
thumbs 0 --files-from=/dev/null photos here
expect_counts 0 0 0 0 0

# Names are bytes.
newline=$(printf 'x\ny')
mkdir odd
for name in "$newline" "$(printf '\377')" ' b ' '"' '\' -dash; do
    cp "$SAMPLES/orientation/orientation-1.jpg" "odd/$name.jpg"
done
(cd odd && find . -type f -print0) | "$THUMBS" -0 --files-from=- odd odd-out >"$log/stdout" 2>"$log/stderr"
expect_counts 6 0 0 0 0
thumbs 0 odd odd-whole
same_trees odd-whole odd-out
# Rules count for what is listed.
printf '%s\n' a/b/1.jpg a/b/2.jpg c/c.jpg >list
thumbs 0 --files-from=list --exclude='c/' --exclude=1.jpg --report="$log/r" photos ruled
expect_fates "$log/r" "skipped a/b/1.jpg" "done a/b/2.jpg" "skipped c/c.jpg"
# Where names of outputs may clash over folders, the outcome does not depend on what is listed, nor
# how often.
cp photos/c/c.jpg photos/a/c.jpg
printf '%s\n' c/c.jpg a/b/1.jpg a/b/1.jpg >list
thumbs 1 --files-from=list --name='{stem}.{ext}' --report="$log/r" photos flat
expect_fates "$log/r" "failed:walk:name_clash c/c.jpg" "done a/b/1.jpg"
for i in 1 2 3 4 5 6 7 8 9; do # two lots of names, with the same name in both
    echo a/b/1.jpg
    sleep 0.1
done | "$THUMBS" --files-from=- --name='{stem}-{width}.{ext}' photos wide >"$log/stdout" 2>"$log/stderr" ||
    fail "a name that came twice: $(cat "$log/stderr")"
grep -Eq '^[1-9] done, [0-9] up to date, 0 damaged, 0 failed' "$log/stderr" || fail "$(cat "$log/stderr")"
expect_outputs wide 1-240.jpg

# Mistakes.
for words in "--files-from=gone photos out" "--files-from=list photos c out" "--files-from=list photos/c/c.jpg out" \
    "--files-from=photos photos out" "--files-from= photos out" "--files-from=list" "--files-from"; do
    # shellcheck disable=SC2086 # several
    thumbs 2 $words
    [ ! -e out ] || fail "something was made: thumbs $words"
done
