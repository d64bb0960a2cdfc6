#!/usr/bin/env bash
# Versions: ayon-python-api 1.2.25, Python 3.11.7.
#
# One would guess: a 401 is the answer to one request. The next call asks the server again, so a service outlives a
#   server that refuses for a moment, while it starts or while its keys are being changed.
#
# Behaviour: after one 401 the connection object counts its token as invalid and sends nothing any more. Every later
#   call gets the stored first answer: another method's error, with the address of the call that was refused then.
#   enroll_event_job() does not even raise it: it returns None, "no job", for ever, so a worker idles and says
#   nothing. validate_token() or a new ServerAPI help.
#
# Seen:
#   get_event, server fine: answered | requests 1
#   get_event, server says 401 once: UnauthorizedError about /api/events/one | requests 1
#   update_event, server fine again: UnauthorizedError about /api/events/one | requests 0
#   enroll_event_job, a job waits: None | requests 0
#   get_event after validate_token(): answered | requests 1
#   enroll_event_job after it: {'id': 'job'} | requests 1
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check ayon-python-api==1.2.25

cat >see.py <<'END'
import json
import logging
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

logging.disable()
refuse = False
requests = 0


class Server(BaseHTTPRequestHandler):
    """What the client asks of a server before its first call, events and a queue."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        global requests
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, value = 200, {}
        if self.path == "/api/info":
            value = {"version": "1.16.0+202601011200"}
        elif self.path == "/api/users/me":
            value = {"name": "service", "attrib": {}, "data": {"isService": True}}
            status = 200 if self.headers.get("x-api-key") else 401
        elif self.path != "/":
            requests += 1
            value = {"id": "job" if self.path == "/api/enroll" else "one"}
            if refuse:
                status, value = 401, {"code": 401, "detail": "not now"}
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
from ayon_api import ServerAPI  # noqa: E402

api = ServerAPI(f"http://127.0.0.1:{server.server_port}", token="key")
seen = []


def look(title, call, shown=None):
    global requests
    requests = 0
    try:
        result = call()
        outcome = str(result) if shown else "answered"
    except Exception as error:
        address = re.search(r"/api/\S+", str(error))
        outcome = f"{type(error).__name__} about {address and address[0]}"
    print(f"{title}: {outcome} | requests {requests}")
    seen.append((outcome, requests))


get = lambda: api.get_event("one")  # noqa: E731
enroll = lambda: api.enroll_event_job("source", "target", "worker")  # noqa: E731
look("get_event, server fine", get)
refuse = True
look("get_event, server says 401 once", get)
refuse = False
look("update_event, server fine again", lambda: api.update_event("two", progress=1.0))
look("enroll_event_job, a job waits", enroll, True)
api.validate_token()
look("get_event after validate_token()", get)
look("enroll_event_job after it", enroll, True)
server.shutdown()
refused = "UnauthorizedError about /api/events/one"
expected = [("answered", 1), (refused, 1), (refused, 0), ("None", 0), ("answered", 1), ("{'id': 'job'}", 1)]
if seen != expected:
    sys.exit("Changed: a call after a 401 asks the server again.")
END
timeout 60 python/bin/python see.py
