# SPDX-License-Identifier: MIT
# The fork server may be killed, too: nobody is to blame, no file has failed, the run goes on.
. "$CASES/common.inc"
many photos 2
thumbs 0 --format=webp --size=400 --jobs=2 photos calm
hold
start --jobs=2 --format=webp --size=400 --report="$log/r" photos out
until_true 20 has_outputs out 3 || fail "it does not begin: $(cat "$log/stderr")"
for again in 1 2; do
    until_true 20 are_held 2 || fail "$again: it does not go on: $(cat "$log/stderr")"
    server=$(workers thumbs-server)
    [ "$(echo "$server" | wc -w)" -eq 1 ] || fail "$again: not one server: $server"
    kill -KILL "$server"
    until_true 20 other_server "$server" || fail "$again: no new server: $(cat "$log/stderr")"
done
let_go
finish
check_report "$log/r"
[ "$got_status" -eq 0 ] || fail "exit status $got_status: $(cat "$log/stderr")"
expect_clean out
same_trees calm out
