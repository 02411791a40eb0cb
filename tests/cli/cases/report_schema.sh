# SPDX-License-Identifier: MIT
# Reports of all kinds of runs against share/thumbs/report.schema.json, by a validator that is not
# ours.
. "$CASES/common.inc"
python=$(command -v /usr/bin/python3 || command -v python3 || true)
[ -n "$python" ] && "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null ||
    skip "python3-jsonschema is not installed"
schema=$CASES/../../../share/thumbs/report.schema.json
checker=$CASES/../schema.py

# run STATUS NAME ARGUMENT... - a run whose report is r.NAME
run() {
    want=$1 name=$2 got=0
    shift 2
    "$THUMBS" --quiet --report="r.$name" "$@" >/dev/null 2>err || got=$?
    [ "$want" = any ] || [ $got -eq "$want" ] || fail "$name: status $got: $(tail -n 3 err)"
}

cp -R "$SAMPLES" pictures
odd=$(printf 'pictures/odd "\n\t\\\377\001.jpg')
cp "$SAMPLES/orientation/orientation-1.jpg" "$odd"
echo '<p>' >pictures/page.jpg
ln -s nowhere pictures/broken-link.jpg
mkfifo pictures/fifo.jpg
mkdir pictures/.thumbs
run 1 fresh pictures out
run any again pictures out
run any strict --on-damage=fail pictures strict
run any sizes -s 64,128x,x32 -f png,webp,keep "$SAMPLES/orientation" sizes
run any dry -n pictures dry
run any dry_again -n pictures out
run any sync --mode=sync --io=uring pictures sync
run any threads --mode=threads pictures threads
run any limits --max-pixels=1000 --max-bytes=10K pictures limits
run any memory --memory=40M pictures memory
run any timeout --timeout=0.000001 pictures timeout
run any fast --fail-fast pictures failfast
run any links --follow --hidden pictures links
run any named pictures/page.jpg pictures/fifo.jpg "$odd" named
run any shard --shard=1/3 pictures shard
mkdir -p foreign empty
for path in $(cd out && find . -name '*.jpg' | head -n 3); do
    mkdir -p "foreign/$(dirname "$path")"
    echo mine >"foreign/$path"
done
run any foreign pictures foreign
run 0 empty empty out_empty
printf 'page.jpg\n../out\nmissing.jpg\n/etc/passwd\n' >list
run any list --files-from=list pictures listed
"$THUMBS" merge r.shard >r.merged 2>/dev/null || :
"$THUMBS" merge r.fresh >r.merged_whole 2>/dev/null || :
"$python" "$checker" "$schema" r.* || fail "reports and schema differ"

# The schema is no toy: it knows each code and status, and it refuses what no report holds.
for code in not_ours unreadable vanished too_large unsupported corrupt timeout crashed memory no_space \
    not_writable name_clash internal; do
    grep -q "\"$code\"" "$schema" || fail "the schema lacks $code"
done
for line in '{"source":"a"}' '{"source":"a","status":"lost"}' '{"source":"a","status":"failed"}' \
    '{"source":"a","status":"done"}' '{"source":"a","status":"skipped","reason":"x","more":1}' \
    '{"summary":{"done":1}}' \
    '{"source":"a","status":"failed","error":{"stage":"decode","code":"odd","message":"x"}}'; do
    { printf '%s\n' "$line"; tail -n 1 r.empty; } >bad
    if "$python" "$checker" "$schema" bad >said 2>&1; then fail "the schema takes $line"; fi
    grep -q '^bad: line 1: ' said || fail "another reason for $line: $(cat said)"
done
