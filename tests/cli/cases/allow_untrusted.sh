# SPDX-License-Identifier: MIT
# --allow-untrusted: the first page of PDF documents, where a sandbox is; without it they are passed
# over, and the message names the option.
. "$CASES/common.inc"

# pdf FILE PAGE STREAM [TRAILER] - a document of two pages: the first has these entries and this
# content, the second is blue.
add() {
    offsets="$offsets $(wc -c <"$file")"
    printf '%s\n' "$1" >>"$file"
}
stream() { printf '<</Length %d>>\nstream\n%s\nendstream' ${#1} "$1"; }
pdf() {
    file=$1 offsets= blue='0 0 1 rg 0 0 200 100 re f'
    page='/Type/Page/Parent 2 0 R/Resources<</Font<</F 7 0 R>>>>'
    printf '%%PDF-1.4\n' >"$file"
    add '1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj'
    add '2 0 obj <</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>> endobj'
    add "3 0 obj <<$page/Contents 4 0 R $2>> endobj"
    add "4 0 obj $(stream "$3") endobj"
    add "5 0 obj <<$page/Contents 6 0 R/MediaBox[0 0 200 100]>> endobj"
    add "6 0 obj $(stream "$blue") endobj"
    add '7 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj'
    zeros=00000000000000000000000000000000
    zeros=$zeros$zeros
    add "8 0 obj <</Filter/Standard/V 1/R 2/Length 40/P -4/O<$zeros>/U<$zeros>>> endobj"
    start=$(wc -c <"$file")
    {
        printf 'xref\n0 9\n0000000000 65535 f \n'
        printf '%010d 00000 n \n' $offsets
        printf 'trailer <</Size 9/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n' "${4-}" "$start"
    } >>"$file"
}
# Its left half is red, its right half was left as it is.
half='1 0 0 rg 0 0 100 100 re f'
box='/MediaBox[0 0 200 100]'
mkdir in
pdf in/half.pdf "$box" "$half"

# Named by no option: passed over, by a name that says how it is taken. Slim builds do not take it.
thumbs 0 --report="$log/r" in plain
expect_counts 0 0 0 0 1
grep -q 'is a PDF document' "$log/r" || fail "a PDF is not called one"
grep -q -- '--allow-untrusted"' "$log/r" || skip "this build has no libvips"
"$THUMBS" --version -v | grep -q '^pdf .*libvips' || skip "this libvips does not read PDF"

# What was passed over is taken, and stays as it is.
thumbs 0 --allow-untrusted --mode=processes --format=png --report="$log/r" in plain
expect_counts 1 0 0 0 0
grep -q '"format":"pdf","width":200,"height":100,.*"width":256,"height":128' "$log/r" ||
    fail "it was not drawn at the wanted size: $(cat "$log/r")"
thumbs 0 --allow-untrusted --format=png in plain
expect_counts 0 1 0 0 0
thumbs 2 --allow-untrusted=1 in none
expect_said "--allow-untrusted"
"$THUMBS" --allow-untrusted --quiet - - <in/half.pdf >one.jpg || fail "one picture of standard input"

# No other way than the sandbox.
for mode in sync threads; do
    thumbs 1 --mode=$mode --allow-untrusted in "$mode"
    expect_said "half.pdf: PDF is only decoded in sandboxed worker processes"
done
thumbs 1 --sandbox=off --allow-untrusted in off
expect_said "half.pdf: PDF is only decoded in sandboxed worker processes"

# What a page shows: only the first counts, what is not painted is white paper, a turned page
# stands upright, one without a box has the usual one; text is drawn by fonts of the system.
mkdir pages
pdf pages/blank.pdf "$box" ''
pdf pages/red.pdf "$box" '1 0 0 rg 0 0 200 100 re f'
pdf pages/turned.pdf "$box/Rotate 90" "$half"
pdf pages/huge.pdf '/MediaBox[0 0 14400 14400]' '0 1 0 rg 0 0 14400 14400 re f'
pdf pages/text.pdf "$box" 'BT /F 80 Tf 0 20 Td (Text) Tj ET'
thumbs 0 --allow-untrusted --format=png --placeholders --report="$log/r" pages shown
expect_counts 5 0 0 0 0
has() { grep "\"source\":\"$1.pdf\"" "$log/r" | grep -q "$2" || fail "$1: no $2: $(cat "$log/r")"; }
has blank '"dominant":"#ffffff"'
has red '"dominant":"#ff0000"'
has turned '"width":128,"height":256'
has huge '"dominant":"#00ff00"'
has huge '"width":256,"height":256'
if command -v fc-list >/dev/null && [ -n "$(fc-list 2>/dev/null | head -n 1)" ]; then
    cmp -s shown/blank.png shown/text.png && fail "no text was drawn"
fi

# Broken, cut, encrypted, too small to have a side: told, and the rest is done.
mkdir bad
pdf bad/encrypted.pdf "$box" "$half" '/Encrypt 8 0 R/ID[<00><00>]'
pdf bad/dot.pdf '/MediaBox[0 0 0.001 0.001]' ''
printf '%%PDF-1.4\n1 0 obj\n' >bad/cut.pdf
printf 'text' >bad/text.pdf
{
    printf '%%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n'
    printf '2 0 obj <</Type/Pages/Kids[]/Count 0>> endobj\ntrailer <</Root 1 0 R>>\n'
} >bad/empty.pdf
cp in/half.pdf bad/good.pdf
thumbs 1 --allow-untrusted --report="$log/r" bad bad-out
expect_counts 1 0 0 5 0
expect_outputs bad-out good.jpg
expect_said "decode: encrypted.pdf: the header does not decode: Document is encrypted"
expect_said "decode: dot.pdf: its sides are beyond all limits"
expect_said "decode: cut.pdf: the header does not decode: "
expect_said "decode: empty.pdf: the header does not decode: "
expect_said "load: text.pdf: named like an image, but its content is none that is known"
# Those are no failures of a run that does not take them.
thumbs 0 --report="$log/r" bad bad-out
expect_counts 0 1 0 0 5

# By its name it takes part in the naming of what lies beside it, where it is taken.
mkdir twins
cp in/half.pdf twins/a.pdf
cp "$SAMPLES/orientation/orientation-1.jpg" twins/a.jpg
thumbs 0 --quiet twins one
expect_outputs one a.jpg
thumbs 0 --allow-untrusted --quiet twins both
expect_outputs both a.jpg.jpg a.pdf.jpg
