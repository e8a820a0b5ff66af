# SPDX-License-Identifier: MIT
"""The server's side of TLS with a pre-shared key, as QEMU's tls-creds-psk has it; Python's ssl has none before 3.13."""
import ctypes
import ctypes.util
import os
import queue
import socket
import threading

GIVES = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_ubyte), ctypes.c_uint)


def library():
    ssl = ctypes.CDLL(ctypes.util.find_library("ssl"))
    for name in ("TLS_server_method", "SSL_CTX_new", "SSL_new"):
        getattr(ssl, name).restype = ctypes.c_void_p
    return ssl


def key_of(folder):
    """The key of a folder of QEMU's lines."""
    with open(os.path.join(folder, "keys.psk"), encoding="ascii") as text:
        return bytes.fromhex(text.read().strip().partition(":")[2])


class Connection:
    """An accepted client that has the key; ConnectionError if it has not."""

    def __init__(self, client, key):
        self.ssl, self.client = library(), client

        def give(_ssl, _user, out, most):
            ctypes.memmove(out, key, len(key))
            return min(len(key), most)
        self.give = GIVES(give)
        context = ctypes.c_void_p(self.ssl.SSL_CTX_new(ctypes.c_void_p(self.ssl.TLS_server_method())))
        self.ssl.SSL_CTX_set_psk_server_callback(context, self.give)
        self.session = ctypes.c_void_p(self.ssl.SSL_new(context))
        self.ssl.SSL_set_fd(self.session, client.fileno())
        if self.ssl.SSL_accept(self.session) != 1:
            raise ConnectionError("it has not the key")

    def recv(self, most):
        data = ctypes.create_string_buffer(most)
        got = self.ssl.SSL_read(self.session, data, most)
        return data.raw[:max(0, got)]

    def sendall(self, data):
        while data:
            done = self.ssl.SSL_write(self.session, bytes(data), min(len(data), 16384))
            if done <= 0:
                raise BrokenPipeError()
            data = data[done:]

    def close(self):
        self.client.close()


class Server:
    """Listens on a port of 127.0.0.1; accept() returns the next client and its address, as a socket does. A session is
    begun as soon as a client is there, as QEMU does it, whatever the script waits for."""

    def __init__(self, port, folder):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(1)
        self.key = key_of(folder)
        self.clients = queue.Queue()
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            client, address = self.socket.accept()
            try:
                self.clients.put((Connection(client, self.key), address))
            except ConnectionError:
                client.close()

    def accept(self):
        return self.clients.get()
