"""`churnlab app`: the lab on the screen."""

import socket
from argparse import Namespace
from pathlib import Path

from sim.commands.output import say


def app(arguments: Namespace) -> int:
    """Serve the pages on this machine, or to the network around it, until interrupted."""
    from sim.app.server import free_port, serve

    host = "0.0.0.0" if arguments.lan else "127.0.0.1"
    port = free_port(host, arguments.port)
    if arguments.lan:
        say(
            f"On this network: http://{_address()}:{port}{arguments.root_path}/\n"
            "Plain HTTP: anyone on this network can listen, and open the pages."
        )
    serve(host, port, Path(arguments.out) / "app", not arguments.no_browser, arguments.root_path)
    return 0


def _address() -> str:
    """Return this machine's address on the network, as a route to elsewhere would have it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address kept for documentation
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()
