"""What every page has: header, footer with the command line that gives the same numbers, style, and the projector."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from nicegui import html, ui

from sim.config.versions import churnlab_version

PAGES = {"/": "Home", "/explore": "Explore"}


@contextmanager
def page(title: str, path: str, is_projected: bool = False) -> Iterator[None]:
    """Lay out a page; what is made inside stands between header and footer."""
    ui.page_title(f"{title} \u2013 churnlab")
    ui.add_css((files("sim.app") / "style.css").read_text(encoding="utf-8"))
    ui.query("body").classes("projected" if is_projected else "")
    with html.header().classes("top"):
        html.a("Skip to the content", href="#content").classes("skip")
        html.a("churnlab", href="/").classes("brand")
        with html.nav(**{"aria-label": "pages"}):
            for place, name in PAGES.items():
                current = {"aria-current": "page"} if place == path else {}
                html.a(name, href=place, **current)
        size = html.button("A+", type="button", title="Larger type, for a projector").classes("quiet")
        size.props["aria-pressed"] = str(is_projected).lower()
        size.on(
            "click",
            js_handler="() => { const u = new URL(location.href);"
            " u.searchParams.has('projector') ? u.searchParams.delete('projector')"
            " : u.searchParams.set('projector', '1'); location.href = u; }",
        )
    with html.main(id="content"):
        html.h1(title)
        yield
    with html.footer().classes("bottom"):
        html.span(f"churnlab {churnlab_version()}. Every number comes from the same engine as the command line.")
