"""Explore in a real browser: by keyboard, after a reload, out of bounds, without a network, on a phone."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

SMALL = "/explore?months=6&people=500"
CHARTS = ("market_share", "churn_rate", "arpu", "csat", "cash", "reasons", "loyalty", "flows")


def answered(page: Any, before: str = "") -> str:
    """Wait for an answer that is another than before, and return it."""
    page.wait_for_function(
        "before => { const text = document.querySelector('#answer')?.innerText;"
        " return text && text !== before && !document.querySelector('.charts.old'); }",
        arg=before,
    )
    return str(page.inner_text("#answer"))


def drawn(page: Any) -> dict[str, str]:
    """Return every chart as drawn."""
    return {name: page.locator(f"#chart-{name} .plot svg").inner_html() for name in CHARTS}


def slide(page: Any, presses: int) -> None:
    page.focus("input[type=range][aria-label='Fees, % change']")
    for _ in range(presses):
        page.keyboard.press("ArrowLeft")


def test_a_slider_moved_by_keyboard_redraws_all_charts_and_a_reload_keeps_it(page: Any) -> None:
    page.goto(SMALL)
    first = answered(page)
    assert "doing nothing new" in first
    before = drawn(page)
    slide(page, 10)
    page.wait_for_function("new URLSearchParams(location.search).get('policy.pricing.change') === '-0.1'")
    page.wait_for_function("document.querySelector('#command').innerText.includes('change: -0.1}')")
    text = answered(page, first)
    assert re.search(r"alpha (wins|loses) [\d.]+\s*points", text) and "EUR" in text
    assert page.input_value("input[type=range][aria-label='Fees, % change']") == "-10"
    after = drawn(page)
    assert [name for name in CHARTS if before[name] == after[name]] == []
    assert page.inner_text("#command").startswith("churnlab compare classroom")
    page.reload()
    assert answered(page) == text
    assert page.input_value("input[type=number][aria-label='Fees, % change']") == "-10"


def test_a_lever_brings_its_settings_with_unit_and_meaning(page: Any) -> None:
    page.goto(SMALL)
    first = answered(page)
    page.select_option("select[aria-label='Retention lever']", "save_desk")
    answered(page, first)
    credit = page.locator("label", has_text="credit, EUR")
    assert credit.get_attribute("title")
    credit.locator("input").fill("95")
    credit.locator("input").press("Tab")
    page.wait_for_function("document.querySelector('#command').innerText.includes('credit: 95.0')")
    query = parse_qs(urlsplit(page.url).query)
    assert query["policy.retention.save_desk.credit"] == ["95.0"]


def test_what_is_out_of_bounds_is_told_and_nothing_is_lost(page: Any) -> None:
    page.goto(SMALL)
    first, kept = answered(page), drawn(page)
    box = page.locator("input[type=number][aria-label='Months']")
    box.fill("99")
    box.press("Tab")
    page.wait_for_function("document.querySelector('#state').innerText.includes('months: must be less than')")
    assert page.inner_text("#answer") == first
    assert drawn(page) == kept


def test_an_address_that_cannot_be_is_told_and_the_default_is_shown(page: Any) -> None:
    page.goto("/explore?scenario=clasroom")
    page.wait_for_function("document.querySelector('#notice')?.innerText.includes(\"did you mean 'classroom'\")")
    assert "doing nothing new" in answered(page)


def test_names_in_an_address_are_text(page: Any) -> None:
    page.goto("/explore?scenario=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    page.wait_for_function("document.querySelector('#notice')?.innerText.includes('<img')")


def test_the_page_goes_on_after_its_socket_was_cut(page: Any) -> None:
    page.goto(SMALL)
    first = answered(page)
    page.context.set_offline(True)
    page.wait_for_timeout(6_000)
    page.context.set_offline(False)
    slide(page, 5)
    assert "EUR" in answered(page, first)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen_and_a_projector_has_large_type(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(f"{SMALL}&projector=1&policy.retention.save_desk.kind=save_desk")
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.eval_on_selector_all(
        ".chart svg text, #answer, .field .name", "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 20


def test_every_input_has_a_visible_label_and_can_be_reached_by_tab(page: Any) -> None:
    page.goto(SMALL)
    answered(page)
    inputs = page.locator("form input:visible, form select:visible")
    for number in range(inputs.count()):
        assert inputs.nth(number).evaluate(
            "one => one.closest('label').innerText.trim().length > 0 && one.tabIndex === 0"
        )
