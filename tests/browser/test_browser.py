"""The pages in a real Chromium: accessible, offline, printable, whole without script, not to be broken."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sync_api = pytest.importorskip(
    "playwright.sync_api",
    reason="The browser tests need the package playwright.",
)
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright",
    reason="The browser tests need the package axe-playwright-python.",
)
sys.path.insert(0, str(Path(__file__).parent.parent))

import report_samples as samples  # noqa: E402 - it lies one folder up

from grader.reports.formats.class_page import class_page  # noqa: E402
from grader.reports.formats.html import student_report  # noqa: E402
from grader.reports.views.overrides import Override  # noqa: E402

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
MANUAL = {"backward_pass": Override(4.5, "Right idea.\nCome and see me.")}
PAGES: dict[str, Callable[[], str]] = {
    "right": lambda: student_report(samples.right(), samples.EXERCISE),
    "wrong": lambda: student_report(
        samples.wrong(), samples.EXERCISE, manual=MANUAL
    ),
    "french": lambda: student_report(samples.wrong(), samples.EXERCISE, "fr"),
    "unfinished": lambda: student_report(
        samples.unfinished(), samples.EXERCISE
    ),
    "hostile": lambda: student_report(samples.hostile(), samples.EXERCISE),
    "large": lambda: student_report(samples.large(), samples.EXERCISE),
    "class": lambda: class_page(
        [
            samples.hostile(),
            samples.unfinished(),
            samples.wrong(),
            *samples.a_class(30),
        ],
        samples.EXERCISE,
        progress=(33, 40),
        overrides={"bruno": MANUAL},
    ),
    "empty": lambda: class_page([], samples.EXERCISE),
}
WIDTHS = {"phone": 390, "tablet": 820, "laptop": 1366}


def chromium(playwright: sync_api.Playwright) -> str | None:
    """A Chromium of this machine: the one named in CHROMIUM, an installed one, or Playwright's own."""
    found = os.environ.get("CHROMIUM") or next(
        filter(
            None,
            map(
                shutil.which, ("chromium", "chromium-browser", "google-chrome")
            ),
        ),
        None,
    )
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            pytest.skip(
                "There is no Chromium here: install one, or run `playwright install chromium`."
            )
        browser = playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, write in PAGES.items():
        (folder / f"{name}.html").write_text(write(), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, folder) -> Iterator[Callable[..., sync_api.Page]]:
    """Opens a page by name; at the end nothing may have been fetched, thrown or refused by its policy."""
    contexts, troubles = [], []

    def open_page(
        name: str, width: int = 1366, **options: object
    ) -> sync_api.Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        page = context.new_page()
        address = (folder / f"{name}.html").as_uri()
        page.on(
            "request",
            lambda request: (
                request.url.split("#")[0] == address
                or troubles.append(request.url)
            ),
        )
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


# Colours do not depend on the width, nor the layout on the colours: two of the four pairs show both.
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1366, "light")])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(opened, name, width, scheme):
    page = opened(name, width, color_scheme=scheme)
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
    found = axe.Axe().run(page)
    told = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found.response["violations"]
    ]
    assert told == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window(opened, name, width):
    page = opened(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_text_stays_text(opened):
    for name in ("hostile", "class"):
        page = opened(name)
        page.mouse.move(300, 300)
        assert "owned" not in page.title() or "<script>" in page.title()
        assert page.locator("img, [onmouseover], [onerror]").count() == 0
        assert page.locator("script").count() == (1 if name == "class" else 0)
        assert page.get_by_text('document.title="owned"').count() > 0


def test_the_policy_stops_a_script_that_got_in_after_all(browser, folder):
    page = browser.new_page()
    text = (folder / "wrong.html").read_text(encoding="utf-8")
    broken = folder / "broken.html"
    broken.write_text(
        text.replace("<main", '<script>document.title="owned"</script><main'),
        encoding="utf-8",
    )
    page.goto(broken.as_uri())
    assert page.title() != "owned"
    page.close()


@pytest.mark.parametrize("name", ["wrong", "class"])
def test_a_page_is_whole_without_script(opened, name):
    page = opened(name, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    if name == "class":
        assert page.locator("table.class tbody tr").count() == 33
        assert not page.locator(".tools").is_visible()
        page.locator(".lecture summary").first.click()
        assert page.locator(".lecture .who a").first.is_visible()
    else:
        assert page.get_by_text("Follow the arrows back from").is_visible()


def marks(page: sync_api.Page) -> list[float]:
    cells = page.locator("table.class tbody tr:visible td:nth-child(2)")
    return [
        float(value)
        for value in cells.evaluate_all(
            "cells => cells.map(cell => cell.dataset.v)"
        )
    ]


def test_the_table_sorts_by_mouse_and_by_keyboard(opened):
    page = opened("class")
    button = page.locator("table.class thead button").nth(1)
    button.click()
    assert marks(page) == sorted(marks(page))
    button.focus()
    page.keyboard.press("Enter")
    assert marks(page) == sorted(marks(page), reverse=True)
    assert (
        page.locator("table.class th[aria-sort]").get_attribute("aria-sort")
        == "descending"
    )


def test_the_table_filters_by_text_and_by_kind(opened):
    page = opened("class")
    page.locator("#filter").fill("backward-w2 bruno")
    shown = page.locator("table.class tbody tr:visible")
    assert 0 < shown.count() < 33
    for row in shown.all():
        assert "backward-w2" in row.get_attribute("data-t")
        assert "bruno" in row.inner_text().lower()
    assert (
        page.locator("#shown").inner_text() == f"{shown.count()} of 33 shown"
    )
    page.locator("#filter").fill("")
    page.locator("[data-show=full]").click()
    assert set(marks(page)) == {20.0}


def test_figures_of_the_class_lead_to_its_rows(opened):
    page = opened("class")
    counted = page.locator(".standings [data-show]").first
    number = int(counted.inner_text())
    counted.click()
    shown = page.locator("table.class tbody tr:visible")
    assert shown.count() == number
    page.locator(".lecture [data-find]").first.click()
    assert 0 < shown.count() < 33


def test_what_is_shown_is_kept_in_the_address(opened):
    page = opened("class")
    page.locator("[data-show=full]").click()
    page.locator("table.class thead button").nth(1).click()
    count = page.locator("table.class tbody tr:visible").count()
    page.reload()
    assert page.locator("table.class tbody tr:visible").count() == count
    assert page.locator("table.class th[aria-sort]").count() == 1


def test_keys_lead_through_the_submissions(opened):
    page = opened("class")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter"
    page.keyboard.type("student")
    page.locator("#filter").blur()
    names = page.locator("table.class tbody tr:visible th a").all_inner_texts()
    for number, key in [(0, "j"), (1, "j"), (2, "j"), (1, "k")]:
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.innerText")
        assert focused == names[number]


def test_every_link_inside_a_page_leads_somewhere(opened):
    for name in ("wrong", "class"):
        page = opened(name)
        targets = page.locator("a[href^='#']").evaluate_all(
            "links => links.map(link => link.hash.slice(1))"
        )
        assert targets
        for target in targets:
            assert page.evaluate(
                "id => document.getElementById(id) !== null", target
            )


@pytest.mark.parametrize("name", ["wrong", "class"])
def test_printing_leaves_out_what_is_right_and_what_only_a_screen_needs(
    opened, name
):
    page = opened(name)
    page.emulate_media(media="print")
    assert (
        not page.locator(".tools").first.is_visible()
        if name == "class"
        else True
    )
    background = page.evaluate(
        "getComputedStyle(document.body).backgroundColor"
    )
    assert background == "rgb(255, 255, 255)"
    if name == "wrong":
        assert page.get_by_text("Follow the arrows back from").is_visible()
        assert not page.get_by_text("return torch.tanh(x)").first.is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")


def test_printing_in_dark_mode_is_still_ink_on_paper(opened):
    page = opened("wrong", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert (
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert (
        page.evaluate("getComputedStyle(document.body).color")
        == "rgb(0, 0, 0)"
    )


def test_what_is_looked_for_is_looked_for_among_all(opened):
    page = opened("class")
    page.locator("#filter").fill("student-0001")
    assert page.locator("table.class tbody tr:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#filter").input_value() == ""
    assert page.evaluate("document.activeElement.id") != "filter"
