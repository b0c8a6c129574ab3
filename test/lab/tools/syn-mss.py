#!/usr/bin/env python3
"""Tells the maximum segment size of each TCP connection that is opened over a device.

usage: syn-mss.py DEVICE       prints "ready"; then, for each SYN that arrives, its source address and its MSS.
"""
import socket
import struct
import sys

s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
s.bind((sys.argv[1], 0))
print("ready", flush=True)
while True:
    packet, (_, _, kind, _, _) = s.recvfrom(65535)
    if kind == 4:  # sent from here
        continue
    version = packet[0] >> 4
    if version == 4 and packet[9] == 6:
        tcp, source = packet[(packet[0] & 15) * 4 :], socket.inet_ntop(socket.AF_INET, packet[12:16])
    elif version == 6 and packet[6] == 6:
        tcp, source = packet[40:], socket.inet_ntop(socket.AF_INET6, packet[8:24])
    else:
        continue
    if tcp[13] & 0x12 != 0x02:
        continue
    options = tcp[20 : (tcp[12] >> 4) * 4]
    while options and options[0] != 0:
        if options[0] == 1:
            options = options[1:]
            continue
        if options[0] == 2:
            print(source, struct.unpack("!H", options[2:4])[0], flush=True)
        options = options[options[1] :]
