# SPDX-License-Identifier: MIT
"""times.py PAGE [RUNS] - what Chromium's own clocks say of a gallery: first paint, all orders, scrolling. No test."""
import pathlib
import statistics
import sys

import browser

FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
PAINT = """performance.getEntriesByType('paint').filter((e) => e.name === 'first-contentful-paint')[0].startTime"""
SORT = """(async () => {
    const start = performance.now();
    document.querySelector('#orders button[value=%s]').click();
    const script = performance.now() - start;
    await """ + FRAME + """;
    return [script, performance.now() - start]; })()"""
SCROLL = """(() => {
    const times = [], end = document.documentElement.scrollHeight;
    for (let i = 0; i < 200; i++) {
        scrollTo(0, i < 100 ? i * 120 : end * (i - 100) / 100);
        const start = performance.now();
        show();
        document.body.offsetHeight;
        times.push(performance.now() - start);
    }
    return times; })()"""


def main_thread(b):
    """CPU time of the page's main thread so far, in ms: what does not depend on who else uses the machine."""
    return 1000 * next(m["value"] for m in b.call("Performance.getMetrics")["metrics"] if m["name"] == "ThreadTime")


def main():
    url, runs = pathlib.Path(sys.argv[1]).resolve().as_uri(), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    took = {}
    b = browser.Browser(1600, 900, seconds=1000)
    try:
        for _ in range(runs):
            b.open("about:blank")
            b.open(url)
            b.ask(FRAME)
            took.setdefault("first contentful paint", []).append(b.ask(PAINT))
            took.setdefault("loaded, first cards laid out", []).append(
                b.ask("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
            took.setdefault("until then: CPU time of the main thread", []).append(main_thread(b))
            for order in ("size", "modified", "work", "name"):
                before = main_thread(b)
                script, frames = b.ask(SORT % order)
                took.setdefault(f"sort by {order}: CPU time of the main thread", []).append(main_thread(b) - before)
                took.setdefault(f"sort by {order}: script", []).append(script)
                took.setdefault(f"sort by {order}: until the second frame", []).append(frames)
            before = main_thread(b)
            steps = b.ask(SCROLL)
            took.setdefault("scroll: CPU time of the main thread, a step", []).append((main_thread(b) - before) / 200)
            took.setdefault("scroll: script and layout of a step, median", []).append(statistics.median(steps))
            took.setdefault("scroll: script and layout of a step, longest", []).append(max(steps))
        print(b.ask("pictures.length"), "pictures,", b.call("Browser.getVersion")["product"])
    finally:
        b.close()
    for what, times in took.items():
        print(f"{what}: {statistics.median(times):.1f} ms ({min(times):.1f} to {max(times):.1f})")


main()
