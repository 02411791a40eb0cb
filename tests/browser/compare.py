#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold thumbnails against a browser's own rendering of the sources.

    python3 tests/browser/compare.py THUMBS FOLDER... > differences.txt

Headless Chromium loads each source and its thumbnail (PNG), lays both on white, scales the source to
the size of the thumbnail and says how far they are apart: the mean difference of colours in the
worst of 16 fields, which is about colour, and the mean over all pixels, which is about scaling too
and only told. A line for each source with a field over 4 levels, or that one of the two does not
show; then a count. docs/COLOUR.md explains what differs on purpose. Exit status 0 if it could compare
at all, 77 without Chromium.
"""
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
    dom = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb",
         "--allow-file-access-from-files", "--virtual-time-budget=600000", f"--user-data-dir={work}/profile",
         "--dump-dom", "file://" + page], capture_output=True, text=True, timeout=300, check=False).stdout
    found = re.search(r"RESULT(.*)END", html.unescape(dom))
    return json.loads(found.group(1)) if found else [[0, 0]] * len(pairs)


def tell(name, entry, result, counts):
    status = entry["status"]
    made = "outputs" in entry
    if len(result) == 2 or not made:
        shown = bool(result[0])
        counts["neither" if not shown and not made else "only us" if made else "only the browser" if shown
               else "neither"] += 1
        if shown != made:
            why = entry.get("error", {}).get("message", "") if not made else ""
            print(f"{name}: {'the browser shows it, we do not' if shown else 'we show it, the browser does not'}"
                  f" ({status}) {why}".rstrip())
        return
    counts["alike" if result[3] <= LIMIT else "different"] += 1
    if result[3] > LIMIT:
        print(f"{name}: {result[3]:.1f} in a field, {result[2]:.1f} on average ({status})")


def main():
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    if not browser:
        print("there is no Chromium here", file=sys.stderr)
        return 77
    thumbs = os.path.abspath(sys.argv[1])
    counts = dict.fromkeys(["alike", "different", "only us", "only the browser", "neither"], 0)
    for folder in map(os.path.abspath, sys.argv[2:]):
        with tempfile.TemporaryDirectory() as work:
            entries = [e for e in make_thumbs(thumbs, folder, work)
                       if "source" in e and e["status"] != "skipped" and "source_base64" not in e]
            for i in range(0, len(entries), BATCH):
                part = entries[i:i + BATCH]
                pairs = [[file_url(os.path.join(folder, e["source"])),
                          file_url(os.path.join(work, "out", e["outputs"][0]["path"])) if "outputs" in e else None]
                         for e in part]
                for entry, result in zip(part, ask_browser(browser, pairs, work)):
                    tell(os.path.join(os.path.basename(folder), entry["source"]), entry, result, counts)
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
