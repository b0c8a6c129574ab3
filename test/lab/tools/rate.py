#!/usr/bin/env python3
"""Sends as fast as it is let, and says how fast what was sent arrived.

usage: rate.py receive tcp|udp ADDRESS PORT SECONDS WARM-UP     prints "ready", then one line of JSON
       rate.py send tcp|udp ADDRESS PORT KBPS SECONDS [PRIORITY]

KBPS: what is offered (UDP only). PRIORITY: of the socket, the class of a queue.

The receiver counts from the first byte that came, for SECONDS; what came during WARM-UP does not count for the rate.
All is of layer 3: payload and headers. kbps: the rate; burst: bytes of the first 50 ms; longest: the longest time in
which nothing came, ms; bytes: all; begun, ended: when the first and the last came, s of the machine's clock.
"""
import json
import select
import socket
import struct
import sys
import time

role, protocol, address, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
ip_header = 20 if family == socket.AF_INET else 40
kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
PACKET = 1200
PAYLOAD = PACKET - 8 - ip_header


def information(channel):
    return channel.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)


def segments_of(channel):
    return struct.unpack_from("I", information(channel), 152)[0]


def receive(seconds, warm_up):
    server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if protocol == "udp":
        server.setsockopt(socket.SOL_SOCKET, 33, 8_000_000)  # SO_RCVBUFFORCE
    server.bind((address, port))
    if protocol == "tcp":
        server.listen(1)
    print("ready", flush=True)
    channel = server.accept()[0] if protocol == "tcp" else server
    times = []
    first = None
    end = None
    segments = 0
    per_packet = PAYLOAD
    headers = 8 + ip_header
    if protocol == "tcp":
        headers = 32 + ip_header
    else:
        channel.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
    while end is None or time.monotonic() < end:
        ready = select.select([channel], [], [], 30 if end is None else 0.02)[0]
        if end is None and not ready:
            break
        size = 0
        now = time.time()
        if protocol == "udp" and ready:
            # When it came, not when this program had its turn.
            data, ancillary, _, _ = channel.recvmsg(1 << 16, 64)
            size = len(data)
            for _, _, stamp in ancillary:
                now = struct.unpack("qq", stamp)[0] + struct.unpack("qq", stamp)[1] / 1e9
        elif protocol == "tcp":
            if ready and not channel.recv(1 << 17):
                break
            # What came over the wire, in whatever order: tcpi_data_segs_in.
            size = segments_of(channel) - segments
            segments += size
        if size == 0:
            continue
        if first is None:
            first, end = now, time.monotonic() + seconds
        if now - first <= seconds:
            times.append((now - first, size))
    if protocol == "tcp" and times:
        # tcpi_bytes_received: not all of the segments are full, and some came twice.
        received = struct.unpack_from("Q", information(channel), 128)[0]
        per_packet = received / segments
        times = [(at, size * per_packet) for at, size in times]
    layer3 = 1 + headers / per_packet
    counted = [(at, size) for at, size in times if at > warm_up]
    # From packet to packet: what came with the first of them was sent before.
    span = counted[-1][0] - counted[0][0] if len(counted) > 2 else 0
    rate = sum(size for _, size in counted[1:]) * layer3 * 8 / 1000 / span if span > 0 else None
    gaps = [later[0] - earlier[0] for earlier, later in zip(counted, counted[1:])]
    print(json.dumps({
        "kbps": None if rate is None else round(rate, 1),
        "burst": round(sum(size for at, size in times if at <= 0.05) * layer3),
        "longest": round(1000 * max(gaps, default=0)),
        "bytes": round(sum(size for _, size in times) * layer3),
        "begun": first,
        "ended": None if first is None else first + times[-1][0],
    }), flush=True)


def send(kbps, seconds, priority):
    sender = socket.socket(family, kind)
    if priority:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, priority)
    end = time.monotonic() + seconds
    if protocol == "tcp":
        sender.connect((address, port))
        chunk = bytes(1 << 16)
        sender.setblocking(False)
        while time.monotonic() < end:
            if select.select([], [sender], [], 0.1)[1]:
                try:
                    sender.send(chunk)
                except (BrokenPipeError, ConnectionResetError):
                    break
        return
    # At high rates several packets a call: the kernel parts them again (UDP_SEGMENT).
    batch = max(1, min(20, round(kbps / 4_000)))
    if batch > 1:
        sender.setsockopt(socket.IPPROTO_UDP, 103, PAYLOAD)
    payload = bytes(PAYLOAD * batch)
    gap = batch * PACKET * 8 / 1000 / kbps
    due = time.monotonic()
    while due < end:
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
        try:
            sender.sendto(payload, (address, port))
        except (BlockingIOError, ConnectionRefusedError):
            pass
        except OSError as error:  # a full queue says ENOBUFS: the packet is lost, as on any link
            if error.errno != 105:
                raise
        due += gap


if role == "receive":
    receive(float(sys.argv[5]), float(sys.argv[6]))
else:
    send(float(sys.argv[5]), float(sys.argv[6]), int((sys.argv + [0])[7]))
