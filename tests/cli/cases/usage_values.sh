# SPDX-License-Identifier: MIT
# Every option: good values are taken, bad ones are refused before anything is done, in a line that
# names the option, the value and what is allowed. An option that is missing here fails the case.
. "$CASES/common.inc"
mkdir photos
cp "$SAMPLES/jpeg/size-16x16.jpg" photos
echo 'size = 40' >good.toml
printf 'photos/size-16x16.jpg\n' >list

# dry OPTION... - a dry run: its exit status in $got
dry() {
    got=0
    "$THUMBS" --dry-run "$@" photos out >"$log/stdout" 2>"$log/stderr" </dev/null || got=$?
}

# In each line: an option, good values, a |, bad values; "" is an empty one. Names of folders, lists
# and templates that are refused by what they are for, and not as values, have cases of their own.
cat >table <<'E2'
--size 1 65500 256x192 256x x192 1x65500 16,32x,x64 | "" 0 65501 x 1x0 0x1 1x1x1 -1 +5 12a
--size 7 | 1e3 256X192 5,,6 ,5 5, 5,5 0x10
--fit inside | "" INSIDE crop inside,cover
--gravity centre center | "" NORTH top attention,entropy
--background #ffffff #00FfAa | "" #000 white ffffff #1234567 #12345g
--format jpeg png jpeg,png keep,jpeg | jpeg,png,webp,avif,jxl,gif,keep "" jpg JPEG jpeg, ,png png,png heic tiff
--quality 1 100 jpeg:1 70,webp:80,avif:100,jxl:3 | "" 0 101 -1 8.5 jpeg jpeg:0 webp:101 png:80 keep:80 0x50
--quality 80 | 80,80 jpeg:80,jpeg:80 80, webp
--max-size 1 4K 4k 1M 1G 18446744073709551615 | "" 0 -1 K 4KB 4.5K 1T 18446744073709551616 17179869184G
--sharpen 0.01 0.5 10 | "" 0 0.001 10.01 -1 1e0 nan inf 0,5
--metadata none icc all | "" ALL exif none,icc
--pages first | "" 1 ALL
--jobs 1 1024 | "" 0 1025 -1 +2 2.5 auto 0x2
--mode processes threads sync | "" fork Sync
--io threads uring | "" aio threads,uring
--io-jobs 1 1024 | "" 0 1025 x
--queue 1 1000000 | "" 0 1000001 4K
--queue-bytes 1 2M | "" 0 -1 2MB
--max-pixels 1 18446744073709551615 | "" 0 -1 1M 5e8 18446744073709551616
--max-bytes 1K 1G | "" 0 1.5K
--memory 512M 4G | "" 0 half
--timeout 0.001 60 1000000 | "" 0 -1 1000001 60s nan inf 1e3
--sandbox on off | "" yes required
--on-damage warn fail | "" ignore
--shard 0/1 3/4 0/1000000 | "" 4/4 0/0 -1/2 1 1/2/3 0/1000001 a/b auto/0
--progress auto always never | "" yes
--names short full | "" long
--chmod 644 600 400 0644 | "" 000 200 64 888 u+r
--delete sources stale force sources,stale | "" all sources, sources,sources
--include * **/*.jpg | ""
--exclude *.png | ""
--name {stem}.{ext} {dir}/{stem}-{size}.{ext} | ""
--files-from list | ""
--preset good.toml | ""
--report r.ndjson | ""
--gallery g.html | ""
--manifest m.json | ""
E2
dry --preset=good.toml
if grep -q 'this build cannot read presets' "$log/stderr"; then # but an empty one
    sed -i 's|^--preset good.toml|--preset /dev/null|' table
fi
flags="enlarge progressive linear fast embedded placeholders hidden follow one-file-system force overwrite checksum
    retry-failed strict wait fail-fast quiet verbose null no-default-excludes allow-untrusted dry-run"
set -f # (a * is a glob)
while read -r option values; do
    good=${values%%|*}
    for value in $good; do
        dry "$option=$value"
        [ $got -eq 0 ] || [ $got -eq 1 ] || fail "$option=$value: exit status $got: $(cat "$log/stderr")"
        ! grep -q 'must be' "$log/stderr" || fail "$option=$value: $(cat "$log/stderr")"
    done
    for value in ${values#*|}; do
        [ "$value" != '""' ] || value=
        dry "$option=$value"
        [ $got -eq 2 ] || fail "$option=$value: exit status $got"
        case $(cat "$log/stderr") in
        "thumbs: $option=$value: "*"must be "?*) ;;
        *) fail "of $option=$value is said: $(cat "$log/stderr")" ;;
        esac
    done
    # It takes a value, in a word of its own too.
    case $option in
    --sharpen | --delete) ;; # but these need none
    *)
        "$THUMBS" photos out "$option" 2>"$log/stderr" && fail "$option needs no value"
        grep -Fq -e "$option" "$log/stderr" || fail "of $option is said: $(cat "$log/stderr")"
        value=${good%% *}
        dry "$option" "$value"
        [ $got -le 1 ] || fail "$option $value: exit status $got: $(cat "$log/stderr")"
        ;;
    esac
done <table
for flag in $flags; do
    for value in 1 no ''; do
        dry "--$flag=$value"
        [ $got -eq 2 ] || fail "--$flag=$value: exit status $got"
        grep -Fqx -e "thumbs: --$flag=$value: --$flag takes no value" "$log/stderr" ||
            fail "of --$flag=$value is said: $(cat "$log/stderr")"
    done
    case $flag in
    null) dry --null --files-from=list ;; # which names no file then
    *) dry "--$flag" ;;
    esac
    [ $got -le 1 ] || [ $flag = null ] || fail "--$flag: exit status $got: $(cat "$log/stderr")"
done
[ ! -e out ] || fail "DEST was made"

# Nothing else is there. (What ends the program, or never ends, has cases of its own.)
"$THUMBS" --help | grep -Eo '^ +(-., )?--[a-z-]+' | sed 's/.*--/--/' | LC_ALL=C sort -u >"$log/all"
{
    awk '{ print $1 }' table
    for flag in $flags; do echo "--$flag"; done
    printf '%s\n' --help --version --print-options --watch
} | LC_ALL=C sort -u >"$log/tried"
cmp -s "$log/all" "$log/tried" || fail "not tried (<), or not there (>): $(diff "$log/all" "$log/tried")"
