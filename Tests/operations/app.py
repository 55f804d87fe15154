"""A service as a user has it: it joins a cluster and answers HTTP with its name; where a request asks for the primary, only if
it leads. Its ports stand in tags, for `muster haproxy`. What a POST asks for is done and written down; "vanish" gets no answer."""

import pathlib
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import muster

cluster_name, node_id, node_port, seed, port = sys.argv[1:6]
signals = {signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        wish = self.rfile.read(int(self.headers["Content-Length"])).decode()
        does = seat.is_primary or not self.path.startswith("/primary")
        with pathlib.Path("posts").open("a") as posts:
            posts.write(f"{node_id} {wish if does else 'refused'}\n")
        if does and wish == "vanish":
            self.close_connection = True
            return
        self.do_GET()

    def do_GET(self) -> None:
        if self.path == "/vanish":
            with pathlib.Path("gets").open("a") as gets:
                gets.write(f"{node_id}\n")
            self.close_connection = True
            return
        wanted = self.path.startswith("/primary")
        self.send_response(200 if seat.is_primary or not wanted else 503)
        body = (console_port if self.path == "/console" else node_id).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


with muster.join(
    cluster_name, node_id=node_id, port=int(node_port), seeds=seed, multicast=False, http="127.0.0.1:0",
    failover_grace="200ms", control=f"{node_id}.sock",
) as cluster:  # fmt: skip
    seat = cluster.role("primary")
    console_port = cluster.self_json()["console"].rstrip("/").rsplit(":", 1)[1]
    cluster.set_tag("port", port)
    cluster.set_tag("check", console_port)
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait(signals)
    cluster.leave(timeout=2)
