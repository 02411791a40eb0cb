# SPDX-License-Identifier: MIT
# report.awk - read an NDJSON report of thumbs.
#   awk -v want=check -f report.awk FILE    is it as docs/REPORT.md says? Exit status 1 and the reasons if not
#   awk -v want=fates -f report.awk FILE    a line "status source" or "failed:stage:code source" for each source
# Sources are printed as they stand in the JSON, without the quotes.

function bad(what) {
    if (want == "check") print "line " NR ": " what
    n_bad++
}

# A recursive descent over text; `rest` is what is left of the line. Members of the outermost object go to member[], of
# the object "error" in it to error[].
function blank() { sub(/^[ \t]+/, "", rest) }

function take(len) {
    taken = substr(rest, 1, len)
    rest = substr(rest, len + 1)
    return 1
}

function string() {
    if (!match(rest, /^"([^"\\\001-\037]|\\["\\\/bfnrt]|\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*"/)) return 0
    return take(RLENGTH)
}

function value(depth, where) {
    blank()
    if (substr(rest, 1, 1) == "{") return object(depth + 1, where)
    if (substr(rest, 1, 1) == "[") return array(depth + 1)
    if (substr(rest, 1, 1) == "\"") return string()
    if (match(rest, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/)) return take(RLENGTH)
    if (match(rest, /^(true|false|null)/)) return take(RLENGTH)
    return 0
}

function object(depth, where,    key, before) {
    take(1)
    blank()
    if (substr(rest, 1, 1) == "}") return take(1)
    for (;;) {
        blank()
        if (!string()) return 0
        key = substr(taken, 2, length(taken) - 2)
        blank()
        if (substr(rest, 1, 1) != ":") return 0
        take(1)
        blank()
        before = rest
        if (!value(depth, depth == 1 ? key : "")) return 0
        if (depth == 1) {
            if (key in member) bad("\"" key "\" stands twice")
            member[key] = substr(before, 1, length(before) - length(rest))
        }
        if (where == "error") error[key] = substr(before, 1, length(before) - length(rest))
        blank()
        if (substr(rest, 1, 1) == "}") return take(1)
        if (substr(rest, 1, 1) != ",") return 0
        take(1)
    }
}

function array(depth) {
    take(1)
    blank()
    if (substr(rest, 1, 1) == "]") return take(1)
    for (;;) {
        if (!value(depth, "")) return 0
        blank()
        if (substr(rest, 1, 1) == "]") return take(1)
        if (substr(rest, 1, 1) != ",") return 0
        take(1)
    }
}

function unquoted(text) { return substr(text, 2, length(text) - 2) }

function number_after(text, key) {
    if (!match(text, "\"" key "\":[0-9]+")) return -1
    return substr(text, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0
}

BEGIN {
    split("unreadable vanished too_large unsupported corrupt timeout crashed memory no_space not_writable name_clash not_ours internal", list, " ")
    for (i in list) is_code[list[i]] = 1
    split("done up-to-date damaged failed skipped known would-make", list, " ")
    for (i in list) is_status[list[i]] = 1
}

{
    split("", member)
    split("", error)
    rest = $0
    if (substr(rest, 1, 1) != "{" || !object(1, "") || rest != "") {
        bad("not one JSON object: " $0)
        next
    }
    if (n_summaries) bad("something comes behind the summary")
    if ("summary" in member) {
        n_summaries++
        summary = member["summary"]
        next
    }
    if (("removed" in member) || ("would_remove" in member)) {
        n_removals["removed" in member]++
        if (unquoted(member["reason"]) !~ /^(gone|excluded|stale)$/ || !("source" in member)) bad("removal: " $0)
        next
    }
    status = unquoted(member["status"])
    if (!("source" in member)) bad("no source")
    if (!(status in is_status)) bad("no such status: " status)
    id = member["source"] SUBSEP member["source_base64"]
    if (id in seen) bad("a second line about " member["source"])
    seen[id] = 1
    n[status]++
    fate = status
    if (status == "failed" || status == "known") {
        if (!(unquoted(error["code"]) in is_code)) bad("no such code: " error["code"])
        if (error["message"] == "" || error["message"] == "\"\"") bad("a failure without a message")
        if (error["stage"] == "" || error["stage"] == "\"\"") bad("a failure without a stage")
        fate = fate ":" unquoted(error["stage"]) ":" unquoted(error["code"])
    }
    if (status == "up-to-date" || ((status == "done" || status == "damaged") && !dry)) {
        if (member["outputs"] !~ /^\[\{"path":".*"width":[1-9][0-9]*,"height":[1-9][0-9]*,"bytes":[1-9]/) bad("outputs: " member["outputs"])
        if (member["format"] == "" || member["width"] !~ /^[1-9]/ || member["height"] !~ /^[1-9]/ || member["bytes"] !~ /^[1-9]/)
            bad("facts of the source are missing: " $0)
        if (status != "up-to-date" && member["ms"] !~ /^\{"load":[0-9.]+,"decode":[0-9.]+,"resize":[0-9.]+,"encode":[0-9.]+,"write":[0-9.]+\}$/) bad("ms: " member["ms"])
    }
    if (want == "fates") print fate " " unquoted(member["source"])
}

END {
    if (n_summaries != 1) bad(n_summaries + 0 " summaries")
    for (status in is_status) {
        key = status
        gsub("-", "_", key)
        if ((status == "known" || status == "would-make") && !n[status] && !index(summary, "\"" key "\"")) continue
        if (number_after(summary, key) != n[status] + 0) bad("the summary says " number_after(summary, key) " " status ", the lines " n[status] + 0)
    }
    if (n_removals[1] && number_after(summary, "removed") != n_removals[1]) bad("removals: " summary)
    if (n_removals[0] && number_after(summary, "would_remove") != n_removals[0]) bad("removals: " summary)
    if (summary !~ /"seconds":[0-9]+\.[0-9]+,"images_per_second":[0-9]+\.[0-9]/) bad("summary: " summary)
    exit want == "check" && n_bad > 0
}
