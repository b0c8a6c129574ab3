#!/usr/bin/env python3
"""Takes down every IP packet to some destinations that arrives on any device of a namespace, with the kernel's time of it.

usage: packet-watcher.py DESTINATION...    prints "ready"; then, for every line on stdin, one line of JSON: what was seen
       since the last line, as {"device", "source", "destination", "protocol", "times"}: milliseconds since 1970; and
       "lost": packets that came too fast.
"""
import json
import select
import socket
import struct
import sys

PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}
SO_TIMESTAMPNS = 35
SOL_PACKET, PACKET_STATISTICS = 263, 6


def parse(packet):
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        family, source, destination, protocol = socket.AF_INET, packet[12:16], packet[16:20], packet[9]
    elif version == 6 and len(packet) >= 40:
        family, source, destination, protocol = socket.AF_INET6, packet[8:24], packet[24:40], packet[6]
    else:
        return None
    return socket.inet_ntop(family, source), socket.inet_ntop(family, destination), PROTOCOLS.get(protocol, str(protocol))


def main():
    wanted = set(sys.argv[1:])
    ETH_P_ALL, PACKET_OUTGOING = 0x0003, 4
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sniffer.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
    sniffer.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sniffer.setblocking(False)
    seen = {}
    print("ready", flush=True)

    def drain():
        while True:
            try:
                packet, controls, _, address = sniffer.recvmsg(64, 64)
            except BlockingIOError:
                return
            parsed = None if address[2] == PACKET_OUTGOING else parse(packet)
            if parsed is None or parsed[1] not in wanted:
                continue
            seconds, nanoseconds = struct.unpack("qq", controls[0][2])
            seen.setdefault((address[0], *parsed), []).append(seconds * 1000 + nanoseconds // 1_000_000)

    while True:
        ready, _, _ = select.select([sniffer, sys.stdin], [], [])
        drain()
        if sys.stdin in ready:
            if sys.stdin.readline() == "":
                return
            _, lost = struct.unpack("II", sniffer.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
            flows = [
                {"device": device, "source": source, "destination": destination, "protocol": protocol, "times": times}
                for (device, source, destination, protocol), times in seen.items()
            ]
            seen.clear()
            print(json.dumps({"lost": lost, "flows": flows}), flush=True)


main()
