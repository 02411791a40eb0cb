# SPDX-License-Identifier: MIT
# SVG is read where a sandbox is: that a mode without one could not read it is no verdict about the
# file; that a bitmap is cut is one.
mkdir in
echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' >in/drawing.svg
printf 'BM\104\0\0\0\0\0\0\0\066\0\0\0\050\0\0\0' >in/picture.bmp
run() { "$THUMBS" --quiet --report=report "$@" in out 2>/dev/null || :; }
told() { sed -n 's/.*"source":"\([^"]*\)","status":"\([^"]*\)".*/\1 \2/p' report | sort; }
"$THUMBS" --mode=processes -v in probe >probed 2>&1 || :
[ -e probe/drawing.jpg ] || {
    echo "SVG is not read here" && exit 77
}
echo "threads:" && run --mode=threads && told
echo "again:" && run --mode=threads && told
echo "processes:" && run && told
