#!/usr/bin/env python3
"""A DNS server that knows every name (RFC 1035, UDP and TCP), and remembers who asked.

usage: dns-server.py ADDRESS/N...    prints "ready"; then, for every line on stdin, one line of JSON: the questions since
                                     the last line. N says which address was asked: A is 203.0.113.N, AAAA
                                     2001:db8:ffff::N, anything else has no answer.
"""
import json
import socket
import struct
import sys
import threading

questions = []


def answer(query, number, transport, source, asked):
    end = query.index(b"\0", 12) + 5
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    (kind,) = struct.unpack_from("!H", query, end - 4)
    questions.append({"name": ".".join(labels), "over": transport, "from": source, "at": asked})
    data = {1: bytes([203, 0, 113, number]), 28: socket.inet_pton(socket.AF_INET6, f"2001:db8:ffff::{number}")}.get(kind)
    head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, data is not None, 0, 0)
    record = b"" if data is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data
    return head + query[12:end] + record


def by_datagram(server, address, number):
    while True:
        query, client = server.recvfrom(4096)
        server.sendto(answer(query, number, "udp", client[0], address), client)


def by_stream(server, address, number):
    while True:
        connection, client = server.accept()
        with connection:
            try:
                size = connection.recv(2, socket.MSG_WAITALL)
                if len(size) == 2:
                    query = connection.recv(struct.unpack("!H", size)[0], socket.MSG_WAITALL)
                    told = answer(query, number, "tcp", client[0], address)
                    connection.sendall(struct.pack("!H", len(told)) + told)
            except OSError:
                pass


def serve(kind, work, address, number):
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, 53))
    if kind == socket.SOCK_STREAM:
        server.listen(16)
    threading.Thread(target=work, args=(server, address, number), daemon=True).start()


for argument in sys.argv[1:]:
    place, number = argument.split("/")
    serve(socket.SOCK_DGRAM, by_datagram, place, int(number))
    serve(socket.SOCK_STREAM, by_stream, place, int(number))
print("ready", flush=True)
for line in sys.stdin:
    told, questions = questions, []
    print(json.dumps(told), flush=True)
