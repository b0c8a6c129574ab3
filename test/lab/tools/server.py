#!/usr/bin/env python3
"""A server on the other side, IPv4 and IPv6.

usage: server.py tcp:PORT... udp:PORT... stream:PORT...

Prints "ready". HTTP: GET answers with the address the request came from, whatever is PUT is read and counted. UDP is
taken and thrown away. Who sends "KBPS SECONDS" to a stream's port gets that much UDP back (KBPS of layer 3).
"""
import socket
import sys
import threading
import time
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


def stream(port):
    source = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    source.bind(("::", port))
    served = set()
    while True:
        asked, viewer = source.recvfrom(64)
        if viewer not in served:  # it asks again until something comes
            served.add(viewer)
            kbps, seconds = map(float, asked.split())
            threading.Thread(target=send, args=(source, viewer, kbps, seconds), daemon=True).start()


PACKET = 1200


def send(source, viewer, kbps, seconds):
    headers = 8 + (20 if viewer[0].startswith("::ffff:") else 40)
    due = time.monotonic()
    end = due + seconds
    while due < end:
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
        source.sendto(bytes(PACKET - headers), viewer)
        due += PACKET * 8 / 1000 / kbps


for argument in sys.argv[1:]:
    kind, port = argument.split(":")[0], int(argument.split(":")[1])
    if kind == "tcp":
        serve = Server(("::", port), Handler).serve_forever
    else:
        serve = lambda work={"udp": swallow, "stream": stream}[kind], port=port: work(port)
    threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
