# SPDX-License-Identifier: MIT
"""look.py PAGE MANY - open two galleries in a headless Chromium, and use them as people do.

PAGE shows the pictures that gallery.sh has made, MANY 20,000. What is wrong is said on standard output. Exit status:
0 all is well, 1 not. Environment: SHOTS, a folder for screenshots.
"""
import os
import pathlib
import sys

import browser

problems = []


def check(what, is_well, got=""):
    if not is_well:
        problems.append(f"{what}: {got!r}")


def url_of(page):
    return pathlib.Path(page).resolve().as_uri()


FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
NAMES = "shown.map((picture) => picture.name)"


def names(b):
    return b.ask(NAMES)


def look_at_pictures(b):
    """Each thumbnail that was made is seen, whatever it is called."""
    bad = b.ask("""(async () => {
        const bad = [];
        for (const picture of pictures) {
            for (const output of picture.line.outputs || []) {
                const image = new Image();
                image.src = urlOf(output);
                await image.decode().catch(() => bad.push([picture.name, image.src]));
            }
        }
        return bad;
    })()""")
    check("thumbnails that do not load", bad == [], bad)
    b.ask("Promise.all([...document.images].map((image) => image.decode().catch(() => 0)))")
    check("a card without its picture", b.ask("[...document.images].every((image) => image.naturalWidth > 0)"))
    check("cards", b.ask("document.querySelectorAll('.card').length") == b.ask("pictures.length"))


def look_at_names(b):
    """Names stay text."""
    texts = b.ask("[...document.querySelectorAll('.caption bdi')].map((e) => e.textContent)")
    for name in ("<script>window.hit = 1<", "<img src=x onerror=\"window.hit = 1\">.jpg", "javascript:window.hit = 1.jpg",
                 "100% #1?&amp;.jpg", "line\u27e8U+000A\u27e9feed.jpg", "turned\u27e8U+202E\u27e9gpj.jpg",
                 "no\ufffdutf8.jpg", "gr\u00fc\u00df \u96ea.jpg"):
        check("a name that is not shown", any(name in text for text in texts), (name, texts))
    check("a name was run", b.ask("window.hit") is None)
    check("scripts in the page", b.ask("document.scripts.length") == 2, b.ask("document.scripts.length"))
    check("the policy lets a script in", b.ask("""(() => {
        const script = document.createElement('script');
        script.textContent = 'window.hit = 2';
        document.body.append(script);
        script.remove();
        return window.hit === undefined; })()"""))


def look_at_order(b):
    """Failures come first, with their cause; the rest as the button says, and the other way round at the second click."""
    def in_order(key):
        return b.ask(f"shown.filter((p) => !p.failed).map((p) => p.{key})")

    n_failed = b.ask("pictures.filter((p) => p.failed).length")
    check("failures", n_failed == 2, n_failed)
    for button in ("name", "size", "modified", "work"):
        if button != "name":
            b.click(f"#orders button[value={button}]")
        key = "key" if button == "name" else button
        first = in_order(key)
        check("order by " + button, first == sorted(first, reverse=button != "name"), first)
        check("which button is pressed", b.ask("document.querySelector('[aria-pressed=true]').value") == button)
        b.click(f"#orders button[value={button}]")
        again = in_order(key)
        check("the other way round by " + button, again == sorted(first, reverse=button == "name"), again)
        failed_first = b.ask("shown.slice(0, 2).every((p) => p.failed)")
        check("failures first by " + button, failed_first, names(b))
    b.click("#orders button[value=name]")
    causes = b.ask("[...document.querySelectorAll('.card.bad .well')].map((e) => e.textContent)")
    check("causes of failures", len(causes) == 2 and all(len(text) > 12 for text in causes), causes)
    check("a2 before a10", names(b).index("number 2.jpg") < names(b).index("number 10.jpg"), names(b))
    check("the header names failures", "2 failures" in b.ask("document.getElementById('counts').textContent"))


def look_at_keys(b):
    b.ask("document.activeElement.blur()")
    b.key("ArrowRight")
    check("an arrow moves", b.ask("here") == 1, b.ask("here"))
    check("the place is told", b.ask("document.querySelector('[aria-selected=true]').id") ==
          b.ask("sheet.getAttribute('aria-activedescendant')"))
    b.key("ArrowDown")
    check("down is a row", b.ask("here") == 1 + b.ask("columns"), b.ask("here"))
    b.key("End")
    check("End", b.ask("here") == b.ask("shown.length - 1"))
    b.key("Enter", "\r")
    check("Enter opens", b.ask("large.open"))
    b.key("Home")
    check("Home in the large view", b.ask("here") == 0, b.ask("here"))
    check("the cause in the large view", len(b.ask("document.getElementById('stage').textContent")) > 12)
    b.key("ArrowRight")
    b.key("ArrowRight")
    b.ask("document.querySelector('#stage img').decode()")
    check("the large view goes on", b.ask("document.getElementById('name').textContent") == b.ask("visible(shown[2].name)"))
    b.key("Escape")
    check("Escape closes", not b.ask("large.open") and b.ask("document.activeElement === sheet"))
    b.key("/", "/")
    check("/ goes to the filter", b.ask("document.activeElement === filter && filter.value === ''"))
    for letter in "script":
        b.key(letter, letter)
    check("the filter chooses", b.ask("shown.length") == 2, names(b))
    b.key("Enter", "\r")
    check("Enter goes back to the pictures", b.ask("document.activeElement === sheet"))
    b.ask("(filter.value = 'no such name', filter.dispatchEvent(new Event('input')))")
    check("nothing is said to be nothing", b.ask("!document.getElementById('none').hidden"))
    b.ask("(filter.value = '', filter.dispatchEvent(new Event('input')))")
    b.ask("(which.value = 'problems', which.dispatchEvent(new Event('change')))")
    check("failed or damaged", b.ask("shown.length") == 3, names(b))
    b.ask("(which.value = '', which.dispatchEvent(new Event('change')))")
    b.click(".card:nth-child(4)")
    check("a click opens", b.ask("large.open && here === 3"), b.ask("here"))
    b.click("#close")
    check("the button closes", not b.ask("large.open"))


def look_at_colours(b):
    """Light and dark, narrow and wide: by what is seen."""
    for scheme in ("light", "dark"):
        b.scheme(scheme)
        for width in (400, 1600):
            b.resize(width, 900)
            b.ask(FRAME)
            b.ask("Promise.all([...document.images].map((image) => image.decode().catch(() => 0)))")
            png = b.screenshot()
            if os.environ.get("SHOTS"):
                pathlib.Path(os.environ["SHOTS"], f"gallery-{scheme}-{width}.png").write_bytes(png)
            seen, _, rows, step = browser.pixels(png)
            check("the width of the screenshot", seen == width, seen)
            edge = [sum(row[0:3]) / 3 for row in rows[300:]]  # the margin beside the pictures
            mean = sum(edge) / len(edge)
            check(f"{scheme} at {width}", mean > 200 if scheme == "light" else mean < 60, mean)
            middle = {bytes(row[i:i + 3]) for row in rows[150:] for i in range(0, len(row), step * 7)}
            check("pictures are seen", len(middle) > 500, len(middle))
            check("wider than the window", b.ask("document.documentElement.scrollWidth <= innerWidth"))
            check("columns", b.ask("columns") == (2 if width == 400 else 8), b.ask("columns"))
    b.scheme("light")
    b.resize(1200, 900)


def look_at_many(b):
    """20,000: only what is seen is in the page, whatever is done."""
    def n_cards():
        return b.ask("document.querySelectorAll('.card').length")

    check("how many", b.ask("pictures.length") == 20000, b.ask("pictures.length"))
    check("cards in the page", 0 < n_cards() < 250, n_cards())
    b.click("#orders button[value=size]")
    check("order of many", b.ask("shown.every((p, i) => i < 2 || shown[i - 1].failed || p.size <= shown[i - 1].size)"))
    b.ask("document.activeElement.blur()")
    b.key("End")
    b.ask(FRAME)
    check("the last", b.ask("here === 19999 && cards.has(here)"))
    check("cards at the end", 0 < n_cards() < 250, n_cards())
    last = b.ask("(() => { const r = cards.get(here).getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()")
    check("the last is seen", last)


def main():
    page, many = sys.argv[1:3]
    b = browser.Browser()
    try:
        b.open(url_of(page))
        look_at_pictures(b)
        look_at_names(b)
        b.open(url_of(page))
        look_at_order(b)
        look_at_keys(b)
        look_at_colours(b)
        for event in b.events:
            if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                text = str(event["params"])
                check("the console", "Content Security Policy" in text and "inline" in text, text)
            if event.get("method") == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                check("it asks elsewhere", url.startswith(("file:", "about:")), url)
        b.open(url_of(many))
        look_at_many(b)
    finally:
        b.close()
    for problem in problems:
        print(problem)
    return bool(problems)


sys.exit(main())
