"""A calendar server at the network's edge that is as odd as a test wants it; real HTTP on loopback."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape, unescape

from agent.model import CalendarAddress

FOLDER = "/home/van%20one/"
OK, GONE = "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"


class OddServer:
    """Keeps objects by name; every oddity is an attribute."""

    def __init__(self):
        self.objects = {}
        self.log = []
        self._versions = count(1)
        self.asked = []
        self.sync_status = 207
        """What sync-collection is answered with."""
        self.token_status = None
        """What it is answered with when there is a token."""
        self.depths = ("0", "1")
        """Those that sync-collection takes; others are a bad request."""
        self.page = None
        """At most so many changes in one answer."""
        self.stuck = False
        """A truncated answer's token leads nowhere."""
        self.says_nothing_at_first = False
        self.has_ctag = True
        self.has_etags = True
        self.omits = set()
        """Names that are listed, and left out when their texts are asked for."""
        self.vanishing = set()
        """Names that are listed, and not there when their texts are asked for."""
        self.refusing = set()
        """Names that are listed, and forbidden when their texts are asked for."""
        self.hidden = set()
        """Names that are not to be had one by one either."""
        self.href = lambda name: FOLDER + quote(name) + ".ics"
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        self.host = f"http://127.0.0.1:{self._http.server_port}"

    def at(self):
        return CalendarAddress(business="alice", calendar="van-1", url=self.host + FOLDER)

    def stop(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def put(self, name, text):
        version = next(self._versions)
        self.objects[name] = (f'"{version}"', text)
        self.log.append((version, name))

    def remove(self, name):
        del self.objects[name]
        self.log.append((next(self._versions), name))

    def get(self, path):
        self.asked.append(("GET", path, None))
        name = _name(path)
        if name in self.hidden:
            return 503, ""
        return (200, self.objects[name][1]) if name in self.objects else (404, "")

    def answer(self, method, depth, body):
        """Status and body."""
        self.asked.append((method, _kind(body), depth))
        match _kind(body):
            case "sync-collection":
                [token] = re.findall(r"sync-token>([^<]*)</", body)
                return self._sync(depth, token)
            case "calendar-multiget":
                return 207, _multistatus(self._texts(body))
            case "ctag":
                ctag = f"<s:getctag>{len(self.log)}</s:getctag>" if self.has_ctag else ""
                return 207, _multistatus(_props(FOLDER, ctag))
            case "etags":
                here = _props(FOLDER, "<d:resourcetype><d:collection/></d:resourcetype>")
                return 207, _multistatus(here + "".join(map(self._etag, self.objects)))
        return 400, ""

    def _sync(self, depth, token):
        if depth not in self.depths:
            return 400, ""
        status = self.token_status if token and self.token_status else self.sync_status
        if status != 207:
            return status, ""
        since = int(unescape(token).removeprefix("urn:a<b&c:") or 0)
        newest = {name: version for version, name in self.log if version > since}
        names = sorted(newest, key=lambda name: newest[name])
        rest, following = "", len(self.log)
        if self.page and len(names) > self.page:
            names = names[: self.page]
            following = since if self.stuck else newest[names[-1]]
            rest = f"<d:response><d:href>{FOLDER}</d:href><d:status>HTTP/1.1 507 No</d:status></d:response>"
        if self.says_nothing_at_first and not token:
            names = []
        told = [
            self._etag(name) if name in self.objects else _status(self.href(name), GONE)
            for name in names
            if token or name in self.objects
        ]
        end = f"<d:sync-token>urn:a&lt;b&amp;c:{following}</d:sync-token>"
        return 207, _multistatus("".join(told) + rest + end)

    def _texts(self, body):
        for href in map(unescape, re.findall(r"<d:href>([^<]*)</d:href>", body)):
            name = _name(href)
            if name in self.omits:
                continue
            if name in self.refusing:
                yield _status(href, "HTTP/1.1 403 Forbidden")
            elif name in self.vanishing or name not in self.objects:
                yield _status(href, GONE)
            else:
                etag, text = self.objects[name]
                more = f"<c:calendar-data>{escape(text)}</c:calendar-data>"
                yield _props(self.href(name), f"<d:getetag>{escape(etag)}</d:getetag>{more}")

    def _etag(self, name):
        etag = f"<d:getetag>{escape(self.objects[name][0])}</d:getetag>" if self.has_etags else ""
        return _props(self.href(name), f"{etag}<d:resourcetype/>")

    def _handler(self):
        odd = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                depth = self.headers.get("Depth")
                is_get = self.command == "GET"
                status, text = (
                    odd.get(self.path) if is_get else odd.answer(self.command, depth, body)
                )
                self.send_response(status)
                kind = "text/calendar" if is_get else "application/xml"
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self._answer
                raise AttributeError(name)

            def log_message(self, *words):
                pass

        return Handler


def _name(href):
    return unquote(href.rpartition("/")[2]).removesuffix(".ics").removesuffix(".EML")


def _kind(body):
    kinds = ("sync-collection", "calendar-multiget", "getctag", "getetag")
    found = next((one for one in kinds if one in body), "")
    return {"getctag": "ctag", "getetag": "etags"}.get(found, found)


def _multistatus(parts):
    names = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"'
    return f"<d:multistatus {names}>{''.join(parts)}</d:multistatus>"


def _status(href, status):
    return f"<d:response><d:href>{escape(href)}</d:href><d:status>{status}</d:status></d:response>"


def _props(href, props):
    return (
        f"<d:response><d:href>{escape(href)}</d:href><d:propstat><d:prop>{props}</d:prop>"
        f"<d:status>{OK}</d:status></d:propstat></d:response>"
    )
