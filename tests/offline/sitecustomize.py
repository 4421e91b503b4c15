"""Shut the network in this Python: it reaches nothing but the machine that it runs on."""

import sys

HERE = ("127.", "::1", "localhost")


def shut(event, args):
    # Audit events come from inside the interpreter, so no library finds a way around them.
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else ""  # a Unix socket has a path
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if isinstance(host, str) and host and not host.startswith(HERE):
        raise OSError(f"the network is shut in tests: no way to {host}")


sys.addaudithook(shut)
