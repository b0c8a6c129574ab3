#!/usr/bin/env python3
"""Counts the packets that arrive on a device, by flow, as the wire carries them.

usage: observer.py DEVICE      prints "ready"; then, for every line on stdin, one line of JSON: the flows since the last
                               line. Rates are of layer 3, in kbit/s, without the first 0.5 s of a flow (the burst).
"""
import json
import select
import socket
import struct
import sys
import time

PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}
SETTLE = 0.5


class Flow:
    __slots__ = ("packets", "bytes", "first", "last", "settled_at", "settled_bytes")

    def __init__(self, now):
        self.packets = self.bytes = self.settled_bytes = 0
        self.first = self.last = now
        self.settled_at = None

    def count(self, size, now):
        self.packets += 1
        self.bytes += size
        self.last = now
        if self.settled_at is not None:
            self.settled_bytes += size
        elif now - self.first >= SETTLE:
            self.settled_at = now

    def rate(self):
        if self.settled_at is None or self.last - self.settled_at < 0.2:
            return None
        return round(self.settled_bytes * 8 / 1000 / (self.last - self.settled_at))


def parse(packet):
    """(family, source, DSCP, protocol, destination port, layer 3 bytes), or None for what is not IP."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        header, protocol, dscp = (packet[0] & 15) * 4, packet[9], packet[1] >> 2
        size, source = struct.unpack_from("!H", packet, 2)[0], socket.inet_ntop(socket.AF_INET, packet[12:16])
    elif version == 6 and len(packet) >= 40:
        header, protocol, dscp = 40, packet[6], (struct.unpack_from("!H", packet, 0)[0] >> 6) & 63
        size, source = 40 + struct.unpack_from("!H", packet, 4)[0], socket.inet_ntop(socket.AF_INET6, packet[8:24])
        if protocol == 58 and packet[40] >= 133:  # neighbour discovery is not traffic
            return None
    else:
        return None
    name = PROTOCOLS.get(protocol)
    if name is None:
        return None
    port = struct.unpack_from("!H", packet, header + 2)[0] if name != "icmp" else 0
    return (version, source, dscp, name, port), size


def main():
    device = sys.argv[1]
    ETH_P_ALL, PACKET_OUTGOING = 0x0003, 4
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sniffer.bind((device, ETH_P_ALL))
    flows = {}
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([sniffer, sys.stdin], [], [])
        if sniffer in ready:
            packet, address = sniffer.recvfrom(128)
            parsed = None if address[2] == PACKET_OUTGOING else parse(packet)
            if parsed is not None:
                key, size = parsed
                now = time.monotonic()
                if key not in flows:
                    flows[key] = Flow(now)
                flows[key].count(size, now)
        elif sys.stdin in ready:
            if sys.stdin.readline() == "":
                return
            report = [
                {
                    "family": family, "source": source, "dscp": dscp, "protocol": protocol, "port": port,
                    "packets": flow.packets, "bytes": flow.bytes, "kbps": flow.rate(),
                }
                for (family, source, dscp, protocol, port), flow in flows.items()
            ]
            flows = {}
            print(json.dumps(report), flush=True)


main()
