#!/usr/bin/env python3
"""Sends UDP at a steady rate.

usage: udp-sender.py ADDRESS PORT KBPS SECONDS      KBPS counts layer 3: payload, UDP and IP headers
"""
import socket
import sys
import time

address, port, kbps, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
family, kind, protocol, _, target = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
sender = socket.socket(family, kind, protocol)
PACKET = 1200
payload = b"\0" * (PACKET - 8 - (20 if family == socket.AF_INET else 40))
gap = PACKET * 8 / 1000 / kbps
started = due = time.monotonic()
sent = 0
while due < started + seconds:
    now = time.monotonic()
    if due > now:
        time.sleep(due - now)
    try:
        sender.sendto(payload, target)
        sent += 1
    except BlockingIOError:
        pass
    except OSError as error:  # a full queue says ENOBUFS: the packet is lost, as on any link
        if error.errno != 105:
            raise
    due += gap
print(sent)
