#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Do what the examples for build servers and Kubernetes say, with what their engines would set.

    engines.py PROGRAM PHOTOS EXAMPLES SCRATCH ENGINE

The commands are taken out of the YAML and run, one part after the other, each in a fresh checkout of
PHOTOS with the cache that its part left the last time. The parts have to be the whole byte for byte,
a second build has to find all up to date although the times of all sources changed, and without one
report the verdict has to fail.
"""
import filecmp
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

PARTS = 4


class Fault(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Fault(what)


def load(examples, name):
    with open(examples / name, encoding="utf-8") as file:
        return yaml.safe_load(file)


def lines_of(command):
    return command if isinstance(command, str) else "\n".join(command)


def steps_of(job, key):
    """What a list of steps says under that key, in its order."""
    return [step[key] for step in job["steps"] if isinstance(step, dict) and key in step]


def github(examples):
    doc = load(examples, "github-actions/thumbnails.yml")
    job = doc["jobs"]["thumbnails"]
    shards = job["strategy"]["matrix"]["shard"]
    actions = {step["uses"].split("@")[0]: step.get("with", {}) for step in job["steps"] if "uses" in step}
    expect(doc["jobs"]["merge"]["if"] == "always()", "the verdict is not given after a failure")

    def script(shard):
        text = "\n".join(steps_of(job, "run"))
        return re.sub(r"\$\{\{ *matrix\.shard *\}\}", str(shard), text)

    return {
        "parts": [({}, script(shard)) for shard in shards],
        "cache": [actions["actions/cache"]["path"]],
        "artifacts": actions["actions/upload-artifact"]["path"].split(),
        "merge": "\n".join(steps_of(doc["jobs"]["merge"], "run")),
    }


def gitlab(examples):
    doc = load(examples, "gitlab/thumbnails.gitlab-ci.yml")
    job = doc["thumbnails"]
    total = job["parallel"]
    expect(doc["stages"].index(doc["merge"]["stage"]) > doc["stages"].index(job["stage"]), "the verdict comes first")
    return {
        "parts": [
            ({"CI_NODE_INDEX": str(i + 1), "CI_NODE_TOTAL": str(total)}, lines_of(job["script"])) for i in range(total)
        ],
        "cache": job["cache"]["paths"],
        "artifacts": job["artifacts"]["paths"],
        "merge": lines_of(doc["merge"]["script"]),
    }


def buildkite(examples):
    doc = load(examples, "buildkite/pipeline.yml")
    job, merge = doc["steps"]
    total = job["parallelism"]
    expect(merge["depends_on"] == job["key"] and merge["allow_dependency_failure"], "the verdict does not wait")
    # The upload of a pipeline takes $X for a variable of its own and hands $$X on as $X.
    return {
        "parts": [
            (
                {"BUILDKITE_PARALLEL_JOB": str(i), "BUILDKITE_PARALLEL_JOB_COUNT": str(total)},
                lines_of(job["command"]).replace("$$", "$"),
            )
            for i in range(total)
        ],
        "cache": job["cache"]["paths"],
        "artifacts": [path.split("/")[0] for path in job["artifact_paths"]],
        "merge": lines_of(merge["command"]).replace("$$", "$"),
    }


def circleci(examples):
    doc = load(examples, "circleci/config.yml")
    job = doc["jobs"]["thumbnails"]
    total = job["parallelism"]
    needed = doc["workflows"]["thumbnails"]["jobs"][1]["merge"]["requires"]
    expect(needed == ["thumbnails"], "the verdict does not wait")
    saved = steps_of(job, "save_cache")[0]["key"]
    expect(saved.startswith(steps_of(job, "restore_cache")[0]["keys"][0]), "the cache is not found again")
    return {
        "parts": [
            ({"CIRCLE_NODE_INDEX": str(i), "CIRCLE_NODE_TOTAL": str(total)}, lines_of("\n".join(steps_of(job, "run"))))
            for i in range(total)
        ],
        "cache": steps_of(job, "save_cache")[0]["paths"],
        "artifacts": steps_of(job, "persist_to_workspace")[0]["paths"],
        "merge": "\n".join(steps_of(doc["jobs"]["merge"], "run")),
    }


def shell(script, folder, env):
    return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=folder, env={**os.environ, **env}, check=False)


def same_trees(a, b):
    names = [
        sorted(str(p.relative_to(x)) for p in x.rglob("*") if p.is_file() and ".thumbs" not in p.parts) for x in (a, b)
    ]
    expect(names[0] == names[1] and names[0], f"{b} has other files than {a}")
    differ = filecmp.cmpfiles(a, b, names[0], shallow=False)
    expect(not differ[1] and not differ[2], f"{differ[1] + differ[2]} differ from the single run")


def summary(report):
    return json.loads(pathlib.Path(report).read_text().splitlines()[-1])["summary"]


class Server:
    def __init__(self, engine, photos, scratch):
        self.engine, self.photos, self.scratch = engine, photos, scratch
        self.build = 0

    def run(self):
        """One build: the folder that the last job saw."""
        self.build += 1
        folder = self.scratch / f"build-{self.build}"
        for i, (env, script) in enumerate(self.engine["parts"]):
            work = folder / str(i)
            shutil.copytree(self.photos, work / "photos")
            for photo in (work / "photos").rglob("*"):
                os.utime(photo, (1e9 + self.build, 1e9 + self.build))
            cache = self.scratch / f"cache-{i}"
            if cache.exists():
                shutil.copytree(cache, work, dirs_exist_ok=True)
            expect(shell(script, work, env).returncode == 0, f"part {i} of build {self.build} failed")
            for path in self.engine["cache"]:
                shutil.copytree(work / path, cache / path, dirs_exist_ok=True)
            for path in self.engine["artifacts"]:
                shutil.copytree(work / path, folder / "last" / path, dirs_exist_ok=True)
        return folder / "last"

    def verdict(self, folder):
        return shell(self.engine["merge"], folder, {}).returncode


def try_server(engine, photos, whole, scratch):
    expect(len(engine["parts"]) == PARTS, f"there are {len(engine['parts'])} parts")
    server = Server(engine, photos, scratch)
    for build in 1, 2:
        last = server.run()
        expect(server.verdict(last) == 0, f"the verdict of build {build} is not good")
        same_trees(whole, last / "out")
        merged = summary(last / "merged.ndjson")
        expect(merged["complete"] and merged["shards"] == PARTS, "not complete")
        expect((merged["done"] == 0) == (build == 2), f"build {build} made {merged['done']}")
    (last / "reports" / sorted(os.listdir(last / "reports"))[1]).unlink()
    expect(server.verdict(last) == 1, "the verdict is good without one part")


def validate(doc, schema):
    import jsonschema

    jsonschema.Draft202012Validator(schema).validate(doc)


def restricted(pod):
    """What the pod security standard "restricted" asks for."""
    expect(pod["securityContext"]["runAsNonRoot"] is True, "it may run as root")
    expect(pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", "no seccomp profile")
    expect(not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")), "it sees its host")
    allowed = "configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret".split()
    for volume in pod["volumes"]:
        expect(set(volume) - {"name"} <= set(allowed), f"volume {volume['name']} is of a forbidden kind")
    for container in pod["containers"]:
        security = container["securityContext"]
        expect(security["allowPrivilegeEscalation"] is False, "privileges may grow")
        expect(security["capabilities"] == {"drop": ["ALL"]}, "it has capabilities")
        expect(security["readOnlyRootFilesystem"] is True, "its root can be written")
        expect("limits" in container["resources"], "it has no limits")


def action_for(policy, status):
    """What podFailurePolicy does with an exit status of the container; the first rule that fits counts."""
    for rule in policy["rules"]:
        codes = rule.get("onExitCodes")
        if codes and (status in codes["values"]) == (codes["operator"] == "In"):
            return rule["action"]
    return "Count"


def refused(doc, schema, *fields):
    """Is it found that these are missing?"""
    import jsonschema
    spec = {name: value for name, value in doc["spec"].items() if name not in fields}
    return not jsonschema.Draft202012Validator(schema).is_valid({**doc, "spec": spec})


def try_kubernetes(examples, program, photos, whole, scratch):
    job, merge = load(examples, "kubernetes/shards.yaml"), load(examples, "kubernetes/merge.yaml")
    schema = json.loads((pathlib.Path(__file__).parent / "kubernetes-job.schema.json").read_text())
    for doc in job, merge:
        validate(doc, schema)
        restricted(doc["spec"]["template"]["spec"])
    for fields in (["completions"], ["template"], ["backoffLimitPerIndex"], ["backoffLimitPerIndex", "maxFailedIndexes"]):
        expect(refused(job, schema, *fields), f"the schema does not ask for {fields}")
    parts = job["spec"]["completions"]
    container = job["spec"]["template"]["spec"]["containers"][0]
    expect(f"--shard=auto/{parts}" in container["args"], "completions and --shard differ")
    expect(all(rule.get("onExitCodes", {}).get("containerName", container["name"]) == container["name"]
               for rule in job["spec"]["podFailurePolicy"]["rules"]), "a rule is for another container")
    (scratch / "thumbs" / "reports").mkdir(parents=True)

    def run(container, env, *more):
        args = [re.sub(r"\$\((\w+)\)", lambda m: env[m[1]], arg) for arg in container["args"]]
        args = [re.sub(r"(^|=)/thumbs/", rf"\1{scratch}/thumbs/", arg) for arg in args]
        args = [str(photos) if arg == "/photos" else arg for arg in args]
        return subprocess.run([program, *more, *args], env={**os.environ, **env}, check=False).returncode

    set_here = {entry["name"] for entry in container["env"]}
    expect("JOB_COMPLETION_INDEX" in set_here, "the arguments use what the container does not have")
    for i in range(parts):
        expect(run(container, {"JOB_COMPLETION_INDEX": str(i)}) == 0, f"index {i} failed")
    same_trees(whole, scratch / "thumbs" / "out")
    expect(run(merge["spec"]["template"]["spec"]["containers"][0], {}) == 0, "the verdict is not good")
    reports = sorted((scratch / "thumbs" / "reports").iterdir())
    expect(len(reports) == parts, "there are others than the reports of all indexes")
    reports[3].unlink()
    expect(run(merge["spec"]["template"]["spec"]["containers"][0], {}) == 1, "the verdict is good without index 3")

    policy = job["spec"]["podFailurePolicy"]
    status = run(container, {"JOB_COMPLETION_INDEX": "0"}, "--no-such-option")
    expect(action_for(policy, status) == "FailJob", f"exit status {status} does not end the job")
    (scratch / "broken").mkdir()
    (scratch / "broken" / "a.jpg").write_bytes(next(photos.rglob("*.jpg")).read_bytes()[:60])
    status = subprocess.run([program, "--quiet", scratch / "broken", scratch / "none"], check=False).returncode
    expect(action_for(policy, status) == "FailIndex", f"exit status {status} does not fail the index")
    for status in 3, 137, 143:
        expect(action_for(policy, status) == "Count", f"exit status {status} is not tried again")


def main():
    program, photos, examples, scratch = (pathlib.Path(arg).resolve() for arg in sys.argv[1:5])
    engine = sys.argv[5]
    scratch = scratch / engine
    whole = scratch / "whole"
    scratch.mkdir()
    subprocess.run([program, "--quiet", photos, whole], check=True)
    if engine == "kubernetes":
        try_kubernetes(examples, program, photos, whole, scratch)
    else:
        servers = {"github": github, "gitlab": gitlab, "buildkite": buildkite, "circleci": circleci}
        try_server(servers[engine](examples), photos, whole, scratch)


try:
    main()
except Fault as fault:
    sys.exit(f"{sys.argv[5]}: {fault}")
