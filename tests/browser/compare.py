#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold thumbnails against a browser's own rendering of the sources.

    python3 tests/browser/compare.py [--explained=FILE] THUMBS FOLDER... > differences.txt

Headless Chromium loads each source and its thumbnail (PNG), lays both on white, scales the source to
the size of the thumbnail and says how far they are apart: the mean difference of colours in the
worst of 16 fields, which is about colour, and the mean over all pixels, which is about scaling too
and only told. A line for each source with a field over 4 levels, or that one of the two does not
show; then a count. docs/COLOUR.md explains what differs on purpose. FILE has a line for each such
source, a pattern as of the shell and why; those are not told, nor what the browser cannot show, and
the exit status is 1 where a line is left. Else it is 0 if it could compare at all, 77 without a
Chromium that answers.
"""
import argparse
import fnmatch
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

LIMIT = 4.0
BATCH = 40
SIZE = 128

PAGE = """<!DOCTYPE html><body><script>
const pairs = %s, out = [];
const load = url => new Promise(done => {
  const i = new Image(); i.onload = () => done(i); i.onerror = () => done(null); i.src = url; });
const pixels = (image, w, h) => {
  const c = document.createElement('canvas'); c.width = w; c.height = h;
  const x = c.getContext('2d', {willReadFrequently: true});
  x.fillStyle = '#fff'; x.fillRect(0, 0, w, h);
  x.imageSmoothingQuality = 'high'; x.drawImage(image, 0, 0, w, h);
  return x.getImageData(0, 0, w, h).data; };
(async () => {
  for (const [source, thumb] of pairs) {
    const a = await load(source), b = thumb ? await load(thumb) : null;
    if (!a || !b) { out.push([a ? 1 : 0, b ? 1 : 0]); continue; }
    const w = b.naturalWidth, h = b.naturalHeight, p = pixels(a, w, h), q = pixels(b, w, h);
    const sums = Array.from({length: 16}, () => [0, 0, 0, 0]);
    let all = 0;
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
      const f = sums[(y * 4 / h | 0) * 4 + (x * 4 / w | 0)], i = 4 * (y * w + x); f[3]++;
      for (let k = 0; k < 3; k++) { f[k] += p[i + k] - q[i + k]; all += Math.abs(p[i + k] - q[i + k]); }
    }
    let field = 0;
    for (const f of sums) if (f[3]) for (let k = 0; k < 3; k++)
      field = Math.max(field, Math.abs(f[k]) / f[3]);
    out.push([1, 1, all / (3 * w * h), field]);
  }
  document.body.textContent = 'RESULT' + JSON.stringify(out) + 'END';
})();
</script></body>"""


class NoAnswer(Exception):
    """The browser does not start, or does not come to its end."""


def make_thumbs(thumbs, folder, dest):
    report = os.path.join(dest, "report.ndjson")
    subprocess.run([thumbs, "--quiet", "--mode=processes", f"--size={SIZE}", "--format=png",
                    f"--report={report}", folder, os.path.join(dest, "out")],
                   stderr=subprocess.DEVNULL, check=False)
    with open(report, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def file_url(path):
    return "file://" + urllib.parse.quote(path)


def ask_browser(browser, pairs, work):
    page = os.path.join(work, "page.html")
    with open(page, "w", encoding="utf-8") as out:
        out.write(PAGE % json.dumps(pairs))
    words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--force-color-profile=srgb", "--allow-file-access-from-files", "--virtual-time-budget=600000",
             f"--user-data-dir={work}/profile", "--dump-dom", "file://" + page]
    try:
        dom = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False,
                             env=dict(os.environ, HOME=work)).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswer from error
    found = re.search(r"RESULT(.*)END", html.unescape(dom))
    if not found:
        raise NoAnswer
    return json.loads(found.group(1))


def judge(entry, result):
    """What is counted of a source, and what is to be said of it, or None."""
    status, made, shown = entry["status"], "outputs" in entry, bool(result[0])
    if len(result) > 2:
        if result[3] <= LIMIT:
            return "alike", None
        return "different", f"{result[3]:.1f} in a field, {result[2]:.1f} on average ({status})"
    if made == shown:
        return "neither", None
    if made:
        return "only us", f"we show it, the browser does not ({status})"
    why = entry.get("error", {}).get("message", "")
    return "only the browser", f"the browser shows it, we do not ({status}) {why}".rstrip()


def read_explained(path):
    """The patterns of a file, or None without one."""
    if not path:
        return None
    with open(path, encoding="utf-8") as lines:
        return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def compare_folder(browser, thumbs, folder):
    """Yields each source with its verdict."""
    with tempfile.TemporaryDirectory() as work:
        entries = [e for e in make_thumbs(thumbs, folder, work)
                   if "source" in e and e["status"] != "skipped" and "source_base64" not in e]
        for i in range(0, len(entries), BATCH):
            part = entries[i:i + BATCH]
            pairs = [[file_url(os.path.join(folder, e["source"])),
                      file_url(os.path.join(work, "out", e["outputs"][0]["path"])) if "outputs" in e else None]
                     for e in part]
            for entry, result in zip(part, ask_browser(browser, pairs, work)):
                yield os.path.join(os.path.basename(folder), entry["source"]), *judge(entry, result)


def main():
    parser = argparse.ArgumentParser(description="Hold thumbnails against a browser's own rendering.")
    parser.add_argument("--explained", metavar="FILE")
    parser.add_argument("thumbs", metavar="THUMBS")
    parser.add_argument("folders", metavar="FOLDER", nargs="+")
    words = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        print("skipped: no chromium")
        return 77
    explained = read_explained(words.explained)
    counts = dict.fromkeys(["alike", "different", "only us", "only the browser", "neither"], 0)
    left = 0
    try:
        for folder in map(os.path.abspath, words.folders):
            for name, kind, text in compare_folder(browser, os.path.abspath(words.thumbs), folder):
                counts[kind] += 1
                if not text or (explained is not None and
                                (kind == "only us" or any(fnmatch.fnmatch(name, p) for p in explained))):
                    continue
                print(f"{name}: {text}")
                left += 1
    except NoAnswer:
        print("skipped: chromium gives no answer")
        return 77
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return 1 if explained is not None and (left or not counts["alike"]) else 0


if __name__ == "__main__":
    sys.exit(main())
