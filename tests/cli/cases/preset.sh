# SPDX-License-Identifier: MIT
# --preset and thumbs.toml: options from a file, under those of the command line; --print-options says
# what holds and where it came from.
. "$CASES/common.inc"
mkdir -p photos/drafts work
cp "$SAMPLES/orientation/orientation-1.jpg" photos/a.jpg
cp "$SAMPLES/orientation/orientation-6.jpg" photos/drafts/b.jpg
cp "$SAMPLES/orientation/orientation-2.jpg" photos/drafts/keep.jpg
cat >web.toml <<'END'
# for the site
size = [48, "x32"]
format = ["webp", "jpeg"]
quality = { jpeg = 70, webp = 60 }
exclude = ["drafts/*", "*.gif"]
include = "keep.jpg"   # behind the rules above it
timeout = 2.5
progressive = true
force = false
END
"$THUMBS" -n --quiet photos probe --preset=web.toml >"$log/stdout" 2>"$log/stderr" || true
if grep -q 'this build cannot read presets' "$log/stderr"; then skip "this build cannot read presets"; fi

# The same as the words of the command line.
thumbs 0 --preset=web.toml photos preset
thumbs 0 -s 48,x32 -f webp,jpeg -Q jpeg:70,webp:60 --exclude='drafts/*' --exclude='*.gif' --include=keep.jpg \
    --progressive photos words
same_trees preset words
outputs preset | grep -q drafts/keep-48.webp || fail "the order of rules is lost: $(outputs preset)"

# The command line wins, rules add up.
thumbs 0 -s 20 --preset web.toml -f png --exclude='**' --include=a.jpg photos wins
expect_outputs wins a.png

# thumbs.toml of the working folder, and how to do without.
cp web.toml work/thumbs.toml
(cd work && "$THUMBS" ../photos ../found 2>"$log/stderr") || fail "$(cat "$log/stderr")"
same_trees preset found
expect_said 'options are taken from thumbs.toml in the working folder'
(cd work && "$THUMBS" --preset=/dev/null ../photos ../without 2>"$log/stderr") || fail "$(cat "$log/stderr")"
expect_outputs without a.jpg drafts/b.jpg drafts/keep.jpg
if [ "$(id -u)" -eq 0 ]; then
    chown 65534 work/thumbs.toml
    got=0
    (cd work && "$THUMBS" ../photos ../other 2>"$log/stderr") || got=$?
    [ $got -eq 2 ] || fail "options of somebody else were taken"
    expect_said 'thumbs.toml: belongs to another user'
    (cd work && "$THUMBS" --preset=thumbs.toml ../photos ../found 2>"$log/stderr") || fail "$(cat "$log/stderr")"
fi

# What is wrong is told with its line, and nothing is done.
refused() { # LINE-OF-TOML SAID
    printf '# first\n%b\n' "$1" >bad.toml
    thumbs 2 --preset=bad.toml photos none
    expect_said "$2"
    [ ! -e none ] || fail "something was done"
}
refused 'sise = 48' 'bad.toml:2: sise is no option; did you mean size?'
refused 'size = "48z"' 'bad.toml:2: --size=48z: must be '
refused 'jobs = 0' 'bad.toml:2: --jobs=0: must be a number from 1 to 1024'
refused 'jobs = true' 'bad.toml:2: jobs must be a number from 1 to 1024'
refused 'jobs = []' 'bad.toml:2: jobs must be '
refused 'hidden = "yes"' 'bad.toml:2: hidden must be true or false'
refused 'size = 1979-05-27' 'bad.toml:2: size must be '
refused 'size = [[1]]' 'bad.toml:2: size must be '
refused 'report = "a\\u0000b"' 'bad.toml:2: report must be '
refused '[photos]\nsize = 1' 'bad.toml:2: photos is no option'
refused 'preset = "web.toml"' 'bad.toml:2: preset cannot be set in a preset'
refused 'help = true' 'bad.toml:2: help cannot be set in a preset'
refused 'size =' 'bad.toml:2: '
refused 'size = 1\nsize = 2' 'bad.toml:3: '
refused 'quiet = true\nverbose = true' '--quiet and --verbose'
thumbs 2 --preset=missing.toml photos none
expect_said 'missing.toml: No such file or directory'
thumbs 2 --preset=photos photos none
expect_said 'photos: Is a directory'
thumbs 2 --preset= photos none

# What holds, and where it came from; it can be taken as a preset again.
"$THUMBS" --preset=web.toml --print-options -s 20 --exclude=x -j 3 >printed 2>"$log/stderr" ||
    fail "$(cat "$log/stderr")"
for line in 'size = "20" *# command line' 'format = "webp,jpeg" *# web.toml, line 3' \
    'progressive = true *# web.toml, line 8' 'jobs = "3" *# command line' \
    'exclude = \["drafts/\*", "\*.gif", "x"\] *# web.toml, line 5; command line' \
    '# fit: inside' '# force: off' '# shard: whole'; do
    grep -q "^$line\$" printed || fail "nothing is printed like '$line': $(cat printed)"
done
if grep -q -e '^# help' -e '^preset' printed; then fail "$(cat printed)"; fi
"$THUMBS" --preset=printed --print-options >again
[ "$(sed 's/ *#.*//' printed)" = "$(sed 's/ *#.*//' again)" ] || fail "$(diff printed again)"
"$THUMBS" --print-options photos nowhere >all
[ ! -e nowhere ] || fail "something was made"
[ "$(grep -vc '^# [a-z0-9-]*: ' all)" -eq 0 ] || fail "nothing was set: $(cat all)"
thumbs 2 --print-options --jobs=0
