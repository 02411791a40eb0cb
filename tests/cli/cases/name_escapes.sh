# SPDX-License-Identifier: MIT
# Names of outputs never lead out of DEST, whatever files and folders are called and whatever the
# template makes of it.
. "$CASES/common.inc"
mkdir -p top/photos/... top/photos/..x top/photos/deep/...
picture=$SAMPLES/jpeg/size-17x33.jpg
# Stems ".", "..", "...", and names that begin like the program's own.
for name in ..jpg ...jpg ....jpg .thumbs.jpg .thumbs-0123456789abcdef-0.jpg; do
    cp "$picture" "top/photos/$name"
    cp "$picture" "top/photos/.../$name"
done
cp "$picture" top/photos/deep/.../a.jpg
n=11
snapshot top/photos >before
i=0
for template in '{dir}/{stem}' '{stem}/{dir}/x' '{dir}/{stem}/{stem}' '{dir}/.{stem}/x' '{dir}/..{stem}' \
    '{dir}/{stem}/y/z/{stem}' '{dir}/.{stem}./x' '{dir}.{stem}/{stem}' '.{dir}/{stem}' '.{dir}./{stem}' \
    '{stem}/.thumbs/{dir}' '.thumbs/../{stem}' '../{stem}' '{dir}/..' './../{dir}/{stem}' \
    '{dir}/{stem}/../../../../x'; do
    i=$((i + 1))
    case $template in
    *../* | */..) # the template itself would lead out
        thumbs 2 --hidden --name="$template" top/photos "top/out/$i"
        [ ! -e "top/out/$i" ] || fail "$template: something was made"
        continue
        ;;
    esac
    for mode in sync processes; do
        got=0
        "$THUMBS" --hidden --mode=$mode --name="$template" top/photos "top/out/$i" >"$log/stdout" 2>"$log/stderr" ||
            got=$?
        case $got in
        0) [ "$(outputs "top/out/$i" | wc -l)" -eq $n ] || fail "$template: $(outputs "top/out/$i" | wc -l) outputs" ;;
        1)
            ! grep '^thumbs: ' "$log/stderr" | grep -v -e name -e folder ||
                fail "$template: other than names in each other's way"
            ;;
        *) fail "$template: exit status $got: $(cat "$log/stderr")" ;;
        esac
        [ -z "$(find "top/out/$i/.thumbs" ! -path '*/made/*' ! -name layout ! -name lock \
            ! -name 'names-*' -type f)" ] ||
            fail "$template: outputs among the state"
    done
done
snapshot top/photos >after
cmp before after || fail "a source has changed"
[ "$(find . -mindepth 1 -maxdepth 2 ! -path './.log*' | LC_ALL=C sort | paste -sd' ')" = \
    "./after ./before ./top ./top/out ./top/photos" ] ||
    fail "something was made outside DEST: $(find . -maxdepth 2)"
[ "$(find top/out -maxdepth 1 -name '[!0-9]*' ! -path top/out)" = "" ] || fail "something was made beside DEST"
