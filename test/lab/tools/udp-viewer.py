#!/usr/bin/env python3
"""Asks a server for a stream of UDP and says how fast it came.

usage: udp-viewer.py ADDRESS PORT KBPS SECONDS      prints kbit/s of layer 3, without the first 0.5 s (the burst), or
                                                    "nothing"
"""
import socket
import struct
import sys
import time

address, port, kbps, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
family, kind, protocol, _, server = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
viewer = socket.socket(family, kind, protocol)
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
viewer.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8_000_000)
# When the kernel took it: this program may have to wait for its turn.
viewer.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
viewer.settimeout(0.5)
viewer.connect(server)
HEADERS = 8 + (20 if family == socket.AF_INET else 40)
SETTLE = 0.5

arrived = []
give_up = time.monotonic() + seconds + 5
while time.monotonic() < give_up:
    if not arrived:
        viewer.send(f"{kbps} {seconds}".encode())
    try:
        data, ancillary, _, _ = viewer.recvmsg(2048, 64)
    except (TimeoutError, ConnectionRefusedError):
        if arrived:
            break
        continue
    whole, nanoseconds = struct.unpack("qq", ancillary[0][2])
    arrived.append((whole + nanoseconds / 1e9, len(data) + HEADERS))

counted = [(at, size) for at, size in arrived if at - arrived[0][0] >= SETTLE]
span = counted[-1][0] - counted[0][0] if len(counted) > 1 else 0
print(round(sum(size for _, size in counted[1:]) * 8 / 1000 / span) if span > 0 else "nothing")
