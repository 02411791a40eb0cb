#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hold each line of the reports that are named against the published schema, and say what is odd.

    schema.py SCHEMA REPORT...      exit status 1 if a line is not as the schema says

Also what no schema can say: the last line, and no other, is a summary, and its counts are those of
the lines before it (not in a report that `thumbs merge` has joined).
"""
import json
import sys

import jsonschema


def refuse_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key stands twice")
    return dict(pairs)


def flaws(name, validator):
    counted = {}
    summary = None
    with open(name, "rb") as file:
        lines = file.read().decode("utf-8").split("\n")
    if lines.pop() != "":
        yield "the last line has no newline"
    for number, line in enumerate(lines, 1):
        if summary is not None:
            yield f"line {number} follows the summary"
        value = json.loads(line, object_pairs_hook=refuse_twice)
        for error in validator.iter_errors(value):
            best = jsonschema.exceptions.best_match([error])
            yield f"line {number}: {best.message}: {line[:300]}"
        if "summary" in value:
            summary = value["summary"]
        else:
            status = value["status"].replace("-", "_")
            counted[status] = counted.get(status, 0) + 1
    if summary is None:
        yield "there is no summary"
    elif "reports" not in summary:
        told = ("done", "up_to_date", "damaged", "failed", "skipped", "known", "would_make")
        for status in told:
            if summary.get(status, 0) != counted.get(status, 0):
                yield f"the summary counts {summary.get(status, 0)} {status}, the lines {counted}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = False
    for name in sys.argv[2:]:
        for flaw in flaws(name, validator):
            print(f"{name}: {flaw}")
            bad = True
    return 1 if bad else 0


sys.exit(main())
