#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A QEMU whose guest is somebody else: `guest.py CONTROL -chardev socket,id=NAME,path=PATH ...` answers
QMP and passes bytes between the serial line and the one client of the socket CONTROL. `powerdown`
ends it."""
import json
import os
import selectors
import socket
import sys


def listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)
    return server


def main():
    control = listen(sys.argv[1])
    paths = {}
    for option, value in zip(sys.argv, sys.argv[1:]):
        if option == '-chardev':
            pairs = dict(p.split('=', 1) for p in value.split(',') if '=' in p)
            paths[pairs['id']] = pairs['path']
    servers = {name: listen(path) for name, path in paths.items()}
    ends = {name: server.accept()[0] for name, server in servers.items()}
    ends['qmp'].sendall(b'{"QMP": {"version": {"qemu": {"major": 8, "minor": 0, "micro": 0}, "package": ""},'
                        b' "capabilities": []}}\r\n')
    selector = selectors.DefaultSelector()
    for name, end in ends.items():
        selector.register(end, selectors.EVENT_READ, name)
    selector.register(control, selectors.EVENT_READ, 'control')
    test = None
    while True:
        for key, _ in selector.select():
            if key.data == 'control':
                test = control.accept()[0]
                selector.register(test, selectors.EVENT_READ, 'test')
                continue
            data = key.fileobj.recv(65536)
            if not data:
                if key.data == 'test':
                    selector.unregister(test)
                    test = None
                    continue
                return 0
            if key.data == 'test':
                ends['serial'].sendall(data)
            elif key.data == 'serial' and test:
                test.sendall(data)
            elif key.data == 'qmp':
                for line in data.splitlines():
                    command = json.loads(line)
                    answer = {'return': {'status': 'running', 'running': True}
                              if command['execute'] == 'query-status' else {}, 'id': command.get('id')}
                    ends['qmp'].sendall(json.dumps(answer).encode() + b'\r\n')
                    if command['execute'] in ('quit', 'system_powerdown'):
                        ends['qmp'].sendall(b'{"event": "SHUTDOWN", "data": {"guest": true, "reason": '
                                            b'"guest-shutdown"}}\r\n')
                        return 0


if __name__ == '__main__':
    code = main()
    sys.stdout.flush()
    os._exit(code)
