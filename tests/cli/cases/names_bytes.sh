# SPDX-License-Identifier: MIT
# Names are bytes: newlines, quotes, invalid UTF-8, control characters, spaces at the ends, what
# shells and globs and templates and percent signs mean to others. In SOURCE, DEST, folders and
# files; in the report; the second time too.
. "$CASES/common.inc"
top=$(printf 'ph\377\n"ot{stem}os%%20')
dest=$(printf 'o\376u\nt %%s')
mkdir -p "$top"
picture=$SAMPLES/jpeg/size-17x33.jpg
n=0
for name in 'new\nline' '\n' 'quote"s' "it's" '`$(false)`' 'back\\slash' 'bad\377\376utf' '\303' '\355\240\200' \
    '\033[31mred' '\177' '\001\002' ' ' ' a ' '-n' '--help' '*' '?[a]' '{stem}' '%%20 %%s' 'a%%' '~' \
    '\360\237\230\200' '\303\251' 'e\314\201' ';' '\t' '\r' 'a:b' 'con' '...x' ';;' 'a ;'; do
    # shellcheck disable=SC2059 # that is what it is for
    name=$(printf -- "${name}x") && name=${name%x}
    mkdir "$top/d$name"
    cp "$picture" "$top/d$name/$name.jpg"
    n=$((n + 1))
done
thumbs 0 --hidden --report="$log/r" "$top" "$dest"
expect_counts "$n" 0 0 0 0
check_report "$log/r"
find "$top" -type f -printf '%P\n' | LC_ALL=C sort >"$log/sources"
find "$dest" -path "$dest/.thumbs" -prune -o -type f -printf '%P\n' | LC_ALL=C sort >"$log/thumbnails"
cmp "$log/sources" "$log/thumbnails" || fail "the thumbnails have other names"
for again in sync threads processes; do
    thumbs 0 --hidden --mode=$again "$top" "$dest"
    expect_counts 0 "$n" 0 0 0
done

# What is not UTF-8 is told by its bytes as well, what is, is not.
[ "$(grep -c '"source_base64"' "$log/r")" -eq 3 ] || fail "other than three names that are not UTF-8"
printf 'dbad\377\376utf/bad\377\376utf.jpg' >"$log/wanted"
sed -n 's/.*"source_base64":"\([^"]*\)".*/\1/p' "$log/r" | while read -r line; do
    echo "$line" | base64 -d | cmp -s - "$log/wanted" && echo found
done | grep -q found || fail "the bytes of a name are not in the report"
grep -qF '"source":"dnew\nline/new\nline.jpg"' "$log/r" || fail "a newline is not told as JSON does"

# Lines for people stay lines.
thumbs 0 --hidden --force -v "$top" "$dest"
[ "$(wc -l <"$log/stderr")" -eq $((n + 1)) ] || fail "-v: other than one line a file"
thumbs 0 --hidden --force --dry-run "$top" "$dest"
[ "$(wc -l <"$log/stdout")" -eq "$n" ] || fail "--dry-run: other than one line a file"

# A message about such names is one line as well.
thumbs 2 "$(printf 'no\nsuch\033[31m')" x
[ "$(grep -vc '^Try ' "$log/stderr")" -eq 1 ] || fail "the message is not one line"
