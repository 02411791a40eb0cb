#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_schema.py SCHEMA JSON...: does each file keep to the schema?

Knows the part of JSON Schema that the schemas beside it use and refuses any other word, so that a check that is written
cannot silently do nothing. Exit status: 0 yes, 1 no (each violation is a line), 2 the schema itself is no good.
"""
import json
import re
import sys

KNOWN = {"$schema", "title", "description", "$defs", "$ref", "type", "const", "enum", "properties", "required",
         "additionalProperties", "items", "minItems", "minimum", "exclusiveMinimum", "maximum", "minLength", "pattern",
         "if", "then", "else"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name in ("number", "integer"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and (name == "number" or float(value).is_integer())
    return isinstance(value, TYPES[name])


def check(value, schema, root, path):
    """Yield what is wrong."""
    unknown = set(schema) - KNOWN
    if unknown:
        raise ValueError(f"the checker does not know {', '.join(sorted(unknown))}")
    if "$ref" in schema:
        yield from check(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, name) for name in types):
        yield f"{path}: is not {' or '.join(types)}: {value!r:.60}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{path}: is not {schema['const']!r}: {value!r:.60}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: is none of {schema['enum']}: {value!r:.60}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{path}: does not match {schema['pattern']}: {value!r:.60}"
    if "minLength" in schema and isinstance(value, str) and len(value) < schema["minLength"]:
        yield f"{path}: is too short"
    if is_type(value, "number"):
        if value < schema.get("minimum", value):
            yield f"{path}: {value} is below {schema['minimum']}"
        if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            yield f"{path}: {value} is not above {schema['exclusiveMinimum']}"
        if value > schema.get("maximum", value):
            yield f"{path}: {value} is above {schema['maximum']}"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}: has no {name}"
        for name, member in value.items():
            if name in properties:
                yield from check(member, properties[name], root, f"{path}.{name}")
            elif schema.get("additionalProperties", True) is False:
                yield f"{path}: has an unknown member {name}"
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{path}: has {len(value)} items, fewer than {schema['minItems']}"
        for i, item in enumerate(value):
            yield from check(item, schema.get("items", {}), root, f"{path}[{i}]")
    if "if" in schema:
        branch = "else" if list(check(value, schema["if"], root, path)) else "then"
        yield from check(value, schema.get(branch, {}), root, path)


def main():
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            schema = json.load(file)
        wrong = 0
        for name in sys.argv[2:]:
            with open(name, encoding="utf-8") as file:
                for problem in check(json.load(file), schema, schema, "$"):
                    print(f"{name}: {problem}")
                    wrong += 1
    except (OSError, ValueError, KeyError, IndexError) as error:
        print(f"check_schema.py: {error}", file=sys.stderr)
        return 2
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
