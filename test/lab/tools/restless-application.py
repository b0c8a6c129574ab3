#!/usr/bin/env python3
"""An application that sends without pause, in every way a socket can, and does not mind what becomes of it.

usage: restless-application.py PACE V4 V6 FOREIGN4 FOREIGN6 DEVICE
       PACE: seconds between two rounds. V4, V6: where it sends to. FOREIGN4, FOREIGN6: addresses it tries to bind to
       that are not its own. DEVICE: a link it tries to bind to. Prints "ready".
"""
import itertools
import os
import socket
import struct
import sys
import time

PACE = float(sys.argv[1])
TARGETS = {socket.AF_INET: sys.argv[2], socket.AF_INET6: sys.argv[3]}
FOREIGN = {socket.AF_INET: sys.argv[4], socket.AF_INET6: sys.argv[5]}
DEVICE = sys.argv[6].encode()
UDP, TCP = 5001, 80


def quietly(work, *arguments):
    try:
        return work(*arguments)
    except OSError:
        return None


def new(family, kind, protocol=0, foreign=False, device=False, free=False):
    one = socket.socket(family, kind, protocol)
    one.setblocking(False)
    if device:
        quietly(one.setsockopt, socket.SOL_SOCKET, socket.SO_BINDTODEVICE, DEVICE)
    if free:
        quietly(one.setsockopt, socket.SOL_IP, 15, 1)
    if foreign:
        quietly(one.bind, (FOREIGN[family], 0))
    return one


def echo(family, number):
    """An echo request; the kernel fills in the checksum of ICMPv6."""
    if family == socket.AF_INET6:
        return struct.pack("!BBHHH", 128, 0, 0, os.getpid() & 0xFFFF, number)
    head = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number)
    total = sum(struct.unpack("!4H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:2] + struct.pack("!H", ~total & 0xFFFF) + head[4:]


class Stream:
    """A connection that carries a little in every round, and is made again when it breaks."""

    def __init__(self, family, **how):
        self.family, self.how, self.socket, self.age = family, how, None, 0

    def step(self):
        if self.socket is None:
            self.socket, self.age = new(self.family, socket.SOCK_STREAM, **self.how), 0
            quietly(self.socket.connect, (TARGETS[self.family], TCP))
            return
        self.age += 1
        try:
            self.socket.send(b"GET / HTTP/1.1\r\n" if self.age == 1 else b"X-Round: 1\r\n")
        except BlockingIOError:
            if self.age < 40:
                return
            self.drop()
        except OSError:
            self.drop()

    def drop(self):
        self.socket.close()
        self.socket = None


def main():
    families = (socket.AF_INET, socket.AF_INET6)
    datagrams = [
        new(family, socket.SOCK_DGRAM, **how)
        for family in families
        for how in ({}, {"foreign": True}, {"device": True}, {"foreign": True, "device": True}, {"free": True, "foreign": True})
    ]
    raw = {family: new(family, socket.SOCK_RAW, protocol) for family, protocol in zip(families, (1, 58))}
    connected = {}
    streams = [Stream(family, **how) for family in families for how in ({}, {"foreign": True}, {"device": True})]
    print("ready", flush=True)
    for number in itertools.count():
        for one in datagrams:
            quietly(one.sendto, b"unconnected", (TARGETS[one.family], UDP))
        for family in families:
            quietly(raw[family].sendto, echo(family, number & 0xFFFF), (TARGETS[family], 0))
            # Sockets of every age: each is kept for a hundred rounds.
            key = (family, number // 20 % 5)
            if number % 20 == 0:
                if key in connected:
                    connected[key].close()
                connected[key] = new(family, socket.SOCK_DGRAM)
                quietly(connected[key].connect, (TARGETS[family], UDP))
            # One of this round only.
            brief = new(family, socket.SOCK_DGRAM)
            quietly(brief.connect, (TARGETS[family], UDP))
            quietly(brief.send, b"brief")
            brief.close()
            if number % 5 == 0:
                attempt = new(family, socket.SOCK_STREAM)
                quietly(attempt.connect, (TARGETS[family], TCP))
                attempt.close()
        for one in connected.values():
            quietly(one.send, b"connected")
        for stream in streams:
            quietly(stream.step)
        time.sleep(PACE)


main()
