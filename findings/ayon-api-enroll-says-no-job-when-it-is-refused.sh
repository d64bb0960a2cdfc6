#!/usr/bin/env bash
# Versions: ayon-python-api 1.2.25, Python 3.11.7.
#
# One would guess: enroll_event_job() returns None when no job waits (the server's 204) and raises when it could not
#   ask, as get_event(), update_event() and dispatch_event() of the same client do.
#
# Behaviour: whatever goes wrong is None: 403 for a user who may not enroll, 422 for a wrong filter, 500, and a server
#   that is not there. The one trace is a line of the log, with the body of the answer. A loop "no job: sleep" looks
#   healthy for ever. Ask something that raises from time to time.
#
# Seen:
#   204, no job waits: enroll_event_job None | update_event raises nothing
#   403: enroll_event_job None | update_event raises HTTPRequestError
#   422: enroll_event_job None | update_event raises HTTPRequestError
#   500: enroll_event_job None | update_event raises HTTPRequestError
#   no server: enroll_event_job None | update_event raises ServerError
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check ayon-python-api==1.2.25

cat >see.py <<'END'
import json
import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

logging.disable()
status = 204


class Server(BaseHTTPRequestHandler):
    """What the client asks of a server before its first call; everything else has one status."""

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        code, value = 200, {}
        if self.path == "/api/info":
            value = {"version": "1.16.0+202601011200"}
        elif self.path == "/api/users/me":
            value = {"name": "service", "attrib": {}, "data": {"isService": True}}
            code = 200 if self.headers.get("x-api-key") else 401
        elif self.path.startswith("/api/e"):
            code, value = status, {"code": status, "detail": "a reason"}
        data = b"" if code == 204 else json.dumps(value).encode()
        self.send_response(code)
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
api.get_server_version()


def outcome(call):
    try:
        return str(call())
    except Exception as error:
        return f"raises {type(error).__name__}"


seen = []
for status in (204, 403, 422, 500, None):
    if status is None:
        server.shutdown()
        server.server_close()
    enrolled = outcome(lambda: api.enroll_event_job("source", "target", "worker"))
    updated = outcome(lambda: api.update_event("one", progress=1.0)).replace("None", "raises nothing")
    title = {204: "204, no job waits", None: "no server"}.get(status, status)
    print(f"{title}: enroll_event_job {enrolled} | update_event {updated}")
    seen.append((enrolled, updated != "raises nothing"))
if seen != [("None", False)] + 4 * [("None", True)]:
    sys.exit("Changed: enroll_event_job() raises, or another call does not.")
END
timeout 60 python/bin/python see.py
