# SPDX-License-Identifier: MIT
# Random rules in random folders: what a walk takes is what git takes.
. "$CASES/common.inc"
command -v git >/dev/null || skip "there is no git"
git -c init.defaultBranch=x init -q repository 2>/dev/null || skip "git makes no repository here"
rounds=25
[ -z "${THUMBS_NIGHTLY:-}" ] || rounds=400
cp "$SAMPLES/orientation/orientation-1.jpg" "$log/picture"

# tree SEED - files and rules, in words of one alphabet, so that many rules match
tree() {
    rm -rf repository/photos
    mkdir repository/photos
    awk -v seed="$1" '
        function pick(n) { return int(rand() * n) + 1 }
        function name() { return names[pick(n_names)] }
        function atom() { return atoms[pick(n_atoms)] }
        function rule(  text, i, n) {
            text = rand() < 0.3 ? "!" : ""
            if (rand() < 0.3) text = text "/"
            n = pick(3)
            for (i = 0; i < n; i++) text = text (i && rand() < 0.5 ? "/" : "") (rand() < 0.5 ? name() : atom() name())
            return text (rand() < 0.2 ? "/" : "") (rand() < 0.1 ? "  " : "") (rand() < 0.1 ? "\r" : "")
        }
        BEGIN {
            srand(seed)
            n_names = split("a b ab ba a.b d e de [a] a- x_y", names, " ")
            n_atoms = split("* ** *** ? [a-d] [!a] [^b] []a] [[:alpha:]] [[:punct:]] \\a \\* " \
                "**/ /** /**/ */ [ [a- # \\", atoms, " ")
            for (i = 0; i < 40; i++) {
                path = ""
                for (n = pick(4); n > 1; n--) path = path name() "/"
                print "f", path name() ".jpg"
            }
            for (i = 0; i < 4; i++) {
                path = ""
                for (n = i ? pick(3) : 1; n > 1; n--) path = path name() "/"
                for (n = pick(6); n > 0; n--) print "r", path ".thumbsignore", rule()
            }
        }' | while IFS=' ' read -r what file text; do
        mkdir -p "repository/photos/$(dirname "$file")" 2>/dev/null || continue
        if [ "$what" = f ]; then
            cp "$log/picture" "repository/photos/$file" 2>/dev/null || continue
        elif [ -d "repository/photos/$(dirname "$file")" ]; then
            printf '%s\n' "$text" >>"repository/photos/$file"
        fi
    done
}

round=1 n_differ=0 n_out=0
while [ $round -le $rounds ]; do
    tree $round
    (cd repository/photos && git -c core.quotepath=off ls-files --others --exclude-per-directory=.thumbsignore -z -- . |
        tr '\0' '\n' | grep '\.jpg$' | LC_ALL=C sort) >"$log/git" || true
    status=0
    "$THUMBS" -n --mode=sync --no-default-excludes --report="$log/r" repository/photos out >/dev/null 2>"$log/stderr" ||
        status=$?
    [ $status -eq 0 ] || fail "round $round: exit status $status: $(cat "$log/stderr")"
    fates "$log/r" | sed -n 's/^would-make //p' | LC_ALL=C sort >"$log/ours"
    rm -f "$log/r"
    cmp -s "$log/git" "$log/ours" || {
        diff "$log/git" "$log/ours" || true
        grep -r '' repository/photos --include=.thumbsignore
        fail "round $round (< git takes it, > we do)"
    }
    [ "$(wc -l <"$log/git")" -eq "$(find repository/photos -name '*.jpg' | wc -l)" ] || n_out=$((n_out + 1))
    round=$((round + 1))
done
# Rules that leave out nothing would show nothing.
[ $n_out -ge $((rounds / 2)) ] || fail "rules left out files in $n_out of $rounds rounds only"
