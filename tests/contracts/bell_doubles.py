"""Doubles over real HTTP on this machine: a push service with a browser behind it, and a server for channels."""

import base64
import json
import os
import socketserver
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Double:
    """Answers every POST with `status` after `delay_s`, and keeps what it was asked."""

    status: int = 201
    delay_s: float = 0.0
    location: str = ""
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def reset(self):
        self.status, self.delay_s, self.location = 201, 0.0, ""
        self.asked.clear()

    def json(self, place=-1):
        return json.loads(self.asked[place].body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Whoever gave up has closed the connection."""


class listening:  # noqa: N801 - used as a word: `with listening() as double`
    def __enter__(self):
        double = Double()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                double.asked.append(Asked(self.path, headers, self.rfile.read(length)))
                time.sleep(double.delay_s)
                self.send_response(double.status)
                if double.location:
                    self.send_header("Location", double.location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        double.url = f"http://127.0.0.1:{self._server.server_port}"
        return double

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class mail_server:  # noqa: N801 - the same
    """Takes mail from whoever knows the password, one at a time."""

    def __init__(self, password):
        self.password, self.to, self.mail, self.at = password, [], "", ""

    def __enter__(self):
        double = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline().decode().strip():
                    self.wfile.write(f"{double.answer(line)}\r\n".encode())
                    if line.upper() == "DATA":
                        double.mail = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
                        self.wfile.write(b"250 taken\r\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.at = f"127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, line):
        word, _, rest = line.partition(" ")
        match word.upper():
            case "EHLO":
                return "250-here\r\n250 AUTH PLAIN"
            case "AUTH":
                said = base64.b64decode(rest.removeprefix("PLAIN ")).decode()
                return "235 yes" if said.endswith(f"\0{self.password}") else "535 no"
            case "RCPT":
                self.to.append(rest.partition(":")[2])
            case "DATA":
                return "354 go on"
            case "QUIT":
                return "221 bye"
        return "250 ok"


class Browser:
    """The half of Web Push that a browser keeps: its keys, and how it reads."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.p256dh, self.auth = plain(point), plain(self._auth)

    def form(self, endpoint):
        return {"endpoint": endpoint, "p256dh": self.p256dh, "auth": self.auth}

    def reads(self, body):
        read = http_ece.decrypt(
            body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        return json.loads(read)


def plain(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def claims(authorization):
    """What the token of a VAPID header says; its signature is checked elsewhere."""
    token = authorization.partition("t=")[2].partition(",")[0].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(token + "=="))
