#!/usr/bin/env python3
"""A server on the other side, IPv4 and IPv6.

usage: server.py tcp:PORT... udp:PORT...    prints "ready". HTTP: GET answers with the address the request came from,
                                            whatever is PUT is read and counted. UDP is taken and thrown away.
"""
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(self.client_address[0].removeprefix("::ffff:") + "\n")

    def do_PUT(self):
        left = total = int(self.headers.get("Content-Length", 0))
        while left > 0:
            chunk = self.rfile.read(min(left, 65536))
            if not chunk:
                return
            left -= len(chunk)
        self.answer(f"{total} bytes\n")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True


def swallow(port):
    sink = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sink.bind(("::", port))
    while True:
        sink.recv(65536)


for argument in sys.argv[1:]:
    kind, port = argument.split(":")
    serve = Server(("::", int(port)), Handler).serve_forever if kind == "tcp" else lambda port=int(port): swallow(port)
    threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
