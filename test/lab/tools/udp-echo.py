#!/usr/bin/env python3
"""Sends every datagram back to where it came from, on IPv4 and IPv6.

usage: udp-echo.py PORT
"""
import socket
import sys

echo = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
echo.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
echo.bind(("::", int(sys.argv[1])))
print("ready", flush=True)
while True:
    data, sender = echo.recvfrom(2048)
    echo.sendto(data, sender)
