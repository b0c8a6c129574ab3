#!/usr/bin/env python3
"""Measures round trips to udp-echo.py, one datagram under way at a time; prints the median in microseconds.

usage: udp-round-trip.py ADDRESS PORT COUNT
"""
import socket
import sys
import time

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
family, kind, protocol, _, target = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
probe = socket.socket(family, kind, protocol)
probe.settimeout(2)
probe.connect(target)
taken = []
for number in range(count):
    begin = time.perf_counter_ns()
    probe.send(b"x" * 64)
    probe.recv(2048)
    taken.append(time.perf_counter_ns() - begin)
taken.sort()
print(taken[len(taken) // 2] / 1000)
