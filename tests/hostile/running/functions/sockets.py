"""Reaching what listens on the machine, or speaks to its kernel."""

import os
import socket
import urllib.request

import boto3
from attempts import succeeded

TCP, MPTCP, SCTP = 6, 262, 132


def handler(event, context):
    return {"could": succeeded(ATTEMPTS, event), "may": succeeded(MAY, event)}


def made(family, kind=socket.SOCK_STREAM, protocol=0):
    return lambda event: socket.socket(family, kind, protocol).close()


def connected(family, kind, protocol, address):
    def connect(event):
        with socket.socket(family, kind, protocol) as made:
            made.settimeout(2)
            made.connect(address(event))

    return connect


def sent_by_a_pair(event):
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"x", event["datagram_path"])


def listening(event):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.listen()


def listening_unbound(event):
    with socket.socket() as made:
        made.listen()


def sent_to_connect(send):
    def attempt(event):
        with socket.socket() as made:
            made.settimeout(2)
            send(made, ("127.0.0.1", event["tcp_port"]))

    return attempt


FAST_OPEN = 0x20000000


def asked_of_a_name_server(event):
    socket.getaddrinfo("example.com", 80)


def as_the_account(event):
    boto3.client(
        "dynamodb",
        aws_access_key_id=event["account"],
        aws_secret_access_key="local",
        aws_session_token="",
    ).list_tables()


def settings(event):
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_ministack/config", b"{}", 5)


def gate(event):
    return ("127.0.0.1", event["gate_port"])


def tcp(event):
    return ("127.0.0.1", event["tcp_port"])


ATTEMPTS = {
    "a Unix socket": made(socket.AF_UNIX),
    "a Unix socket by its path": connected(socket.AF_UNIX, socket.SOCK_STREAM, 0, lambda e: e["unix_path"]),
    "a Unix socket by an abstract name": connected(
        socket.AF_UNIX, socket.SOCK_STREAM, 0, lambda e: "\0" + e["abstract"]
    ),
    "a datagram to a path": connected(socket.AF_UNIX, socket.SOCK_DGRAM, 0, lambda e: e["datagram_path"]),
    "a datagram to a path from a pair": sent_by_a_pair,
    "netlink: routes": made(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "netlink: kernel events": made(socket.AF_NETLINK, socket.SOCK_DGRAM, 15),
    "netlink: audit": made(socket.AF_NETLINK, socket.SOCK_RAW, 9),
    "packets": made(socket.AF_PACKET, socket.SOCK_RAW, 0x0300),
    "cooked packets": made(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0300),
    "the virtual machine's host": made(socket.AF_VSOCK),
    "the kernel's ciphers": made(socket.AF_ALG, socket.SOCK_SEQPACKET),
    "Bluetooth": made(31, socket.SOCK_RAW, 1),
    "CAN": made(29, socket.SOCK_RAW, 1),
    "TIPC": made(30, socket.SOCK_RDM),
    "keys": made(15, socket.SOCK_RAW, 2),
    "XDP": made(44, socket.SOCK_RAW),
    "QRTR": made(42, socket.SOCK_DGRAM),
    "SMC": made(43),
    "raw ICMP": made(socket.AF_INET, socket.SOCK_RAW, 1),
    "ping": made(socket.AF_INET, socket.SOCK_DGRAM, 1),
    "UDP": made(socket.AF_INET, socket.SOCK_DGRAM),
    "UDP over IPv6": made(socket.AF_INET6, socket.SOCK_DGRAM),
    "SCTP": made(socket.AF_INET, socket.SOCK_STREAM, SCTP),
    "MPTCP": made(socket.AF_INET, socket.SOCK_STREAM, MPTCP),
    "TCP to the machine": connected(socket.AF_INET, socket.SOCK_STREAM, 0, tcp),
    "TCP to the machine by MPTCP": connected(socket.AF_INET, socket.SOCK_STREAM, MPTCP, tcp),
    "TCP to the machine over IPv6": connected(
        socket.AF_INET6, socket.SOCK_STREAM, 0, lambda e: ("::ffff:127.0.0.1", e["tcp_port"])
    ),
    "TCP to the gate's port": connected(socket.AF_INET, socket.SOCK_STREAM, TCP, gate),
    "TCP to the internet": connected(socket.AF_INET, socket.SOCK_STREAM, 0, lambda e: ("192.0.2.1", 80)),
    "TCP to the machine by sending": sent_to_connect(lambda s, to: s.sendto(b"x", FAST_OPEN, to)),
    "TCP to the machine by a message": sent_to_connect(lambda s, to: s.sendmsg([b"x"], [], FAST_OPEN, to)),
    "a port of its own": listening,
    "a port that it has not asked for": listening_unbound,
    "a name server": asked_of_a_name_server,
    "the emulator as the account": as_the_account,
    "the emulator's settings": settings,
}
MAY = {
    "the emulator": lambda event: boto3.client("sts").get_caller_identity(),
    "a pair of its own": lambda event: socket.socketpair(),
}
