"""The server: pages, processes, where it listens."""

import os
import socket
import webbrowser
from pathlib import Path

from sim.errors import InputError

RECONNECT = 60.0  # seconds a page may be away and come back to what it showed


def serve(host: str, port: int, storage: Path, opens_browser: bool, root_path: str = "") -> None:
    """Serve the pages until interrupted."""
    os.environ["NICEGUI_STORAGE_PATH"] = str(storage)  # read when NiceGUI is imported
    from nicegui import app, html, ui
    from starlette.requests import Request

    from sim.app.engines import Engines
    from sim.app.explore import explore_page
    from sim.app.frame import page

    engines = Engines()
    show = explore_page(engines)

    @ui.page("/explore")
    async def explore(request: Request) -> None:
        await show(request)

    @ui.page("/")
    def home(request: Request) -> None:
        with page("A laboratory of a telecom market", "/", request.query_params.get("projector") == "1"):
            with html.div().classes("cards"):
                for place, name, words in (
                    ("/explore", "Explore", "Move a lever of one operator and see the market answer, beside its twin."),
                ):
                    with html.a(href=place).classes("card"):
                        html.strong(name)
                        html.span(words)

    app.on_startup(engines.prepare)
    app.on_shutdown(engines.close)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}{root_path}/"
    app.on_startup(lambda: print(f"churnlab app: {address}   (Ctrl-C ends it)", flush=True))
    if opens_browser:
        app.on_startup(lambda: webbrowser.open(address))
    ui.run(
        host=host,
        port=port,
        title="churnlab",
        reload=False,
        show=False,
        show_welcome_message=False,
        tailwind=False,
        reconnect_timeout=RECONNECT,
        storage_secret=secret(storage),
        root_path=root_path,
    )


def secret(storage: Path) -> str:
    """Return the key that signs cookies, made once and readable by its owner only."""
    file = storage / "secret"
    try:
        storage.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(os.urandom(32).hex())
        return file.read_text(encoding="ascii")
    except OSError as error:
        raise InputError(f"{storage}: cannot be written ({error.strerror}); choose another folder with --out") from None


def free_port(host: str, wanted: int) -> int:
    """Return the port to listen on; 0 finds a free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            raise InputError(
                f"--port {wanted}: something else listens there; choose another, or 0 for a free one"
            ) from None
        return int(probe.getsockname()[1])
