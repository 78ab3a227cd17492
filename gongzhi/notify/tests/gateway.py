"""A gateway of the protocol of `notify.gateways`, on this machine: it checks every signature and keeps what it is given."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gongzhi.notify.gateways import GatewayCourier, signature

KEY, SECRET = "example-key", "example-secret"


@dataclass
class Gateway:
    """What the gateway was told, and how it behaves next."""

    address: str = ""
    #: Every message it took, by reference, in order: a second one under a reference would be a second copy.
    taken: list[dict[str, str]] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    #: Statuses to answer instead, one for each request; 0 takes the message and hangs up without an answer.
    next_answers: list[int] = field(default_factory=list)
    refused: int = 0
    #: Whether it sends a second copy when a reference comes again, as simple providers do.
    repeats: bool = False

    def courier(self, channel: str = "sms", secret: str = SECRET) -> GatewayCourier:
        """The product's client of this gateway."""
        return GatewayCourier(channel, self.address, KEY, secret)

    def copies(self, reference: str) -> int:
        """How often a message went out under a reference."""
        return sum(one["reference"] == reference for one in self.taken)


@contextmanager
def gateway(*, repeats: bool = False) -> Iterator[Gateway]:
    """Run one for a test."""
    book = Gateway(repeats=repeats)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                status = book.next_answers.pop(0) if book.next_answers else 202
                if not self.signed(body):
                    status = 401
                elif status in {0, 202}:
                    said = json.loads(body)
                    if said["reference"] in book.states and not book.repeats:
                        status = 409
                    else:
                        book.taken.append(said)
                        book.states[said["reference"]] = "accepted"
            self.answer(status, {})

        def do_GET(self) -> None:
            reference = self.path.rpartition("/")[2]
            with lock:
                status = book.next_answers.pop(0) if book.next_answers else 200
                if not self.signed(b""):
                    status = 401
                elif status == 200 and reference not in book.states:
                    status = 404
            self.answer(status, {"state": book.states.get(reference, "")})

        def signed(self, body: bytes) -> bool:
            at, nonce = self.headers.get("X-Gateway-Time", "0"), self.headers.get("X-Gateway-Nonce", "")
            own = signature(SECRET, self.command, self.path, at, nonce, body)
            right = (
                self.headers.get("X-Gateway-Key") == KEY
                and self.headers.get("X-Gateway-Signature") == own
                and abs(time.time() - int(at)) < 300
                and nonce not in book.nonces
            )
            book.nonces.add(nonce)
            book.refused += not right
            return right

        def answer(self, status: int, said: dict[str, str]) -> None:
            if status == 0:
                self.close_connection = True
                return
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    book.address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield book
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
