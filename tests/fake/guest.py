#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A QEMU whose guest is the test: `guest.py CONTROL -chardev KIND,id=NAME,path=PATH ...` answers
QMP and passes bytes between the serial line and the one client of the socket CONTROL. Snapshots are
names that it remembers. `powerdown` ends it."""
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


class Snapshots:
    """QEMU's snapshot jobs, done immediately."""

    def __init__(self):
        self.tags = []

    def answer(self, command):
        """The answer's value, and events behind it."""
        name, arguments = command['execute'], command.get('arguments', {})
        if name == 'query-status':
            return {'status': 'running', 'running': True}, []
        if name == 'query-named-block-nodes':
            return [{'node-name': 'disk', 'image': {'snapshots': [
                {'id': str(i), 'name': tag, 'vm-state-size': 1 << 20, 'date-sec': 1764000000 + i}
                for i, tag in enumerate(self.tags)]}}], []
        if name == 'qom-get':
            return 'virt-7.2-machine', []
        if name == 'query-jobs':
            return [{'id': 'debwiz', 'status': 'concluded'}], []
        if name == 'snapshot-save':
            self.tags.append(arguments['tag'])
        if name == 'snapshot-delete':
            self.tags.remove(arguments['tag'])
        if name.startswith('snapshot-'):
            return {}, [{'event': 'JOB_STATUS_CHANGE', 'data': {'id': 'debwiz', 'status': 'concluded'}}]
        return {}, []


def main():
    snapshots = Snapshots()
    control = listen(sys.argv[1])
    paths = {}
    for option, value in zip(sys.argv, sys.argv[1:]):
        if option == '-chardev':
            pairs = dict(p.split('=', 1) for p in value.split(',') if '=' in p)
            paths[pairs['id']] = pairs['path']
    serial = paths.pop('serial')
    keys, screen = (os.open(serial + end, os.O_RDWR) for end in ('.in', '.out'))
    servers = {name: listen(path) for name, path in paths.items()}
    ends = {name: server.accept()[0] for name, server in servers.items()}
    ends['qmp'].sendall(b'{"QMP": {"version": {"qemu": {"major": 8, "minor": 0, "micro": 0}, "package": ""},'
                        b' "capabilities": []}}\r\n')
    selector = selectors.DefaultSelector()
    for name, end in ends.items():
        selector.register(end, selectors.EVENT_READ, name)
    selector.register(keys, selectors.EVENT_READ, 'serial')
    selector.register(control, selectors.EVENT_READ, 'control')
    test = None
    while True:
        for key, _ in selector.select():
            if key.data == 'control':
                test = control.accept()[0]
                selector.register(test, selectors.EVENT_READ, 'test')
                continue
            data = os.read(key.fd, 65536)
            if not data:
                if key.data == 'test':
                    selector.unregister(test)
                    test = None
                    continue
                return 0
            if key.data == 'test':
                os.write(screen, data)
            elif key.data == 'serial' and test:
                test.sendall(data)
            elif key.data == 'qmp':
                for line in data.splitlines():
                    command = json.loads(line)
                    value, events = snapshots.answer(command)
                    for said in [{'return': value, 'id': command.get('id')}, *events]:
                        ends['qmp'].sendall(json.dumps(said).encode() + b'\r\n')
                    if command['execute'] in ('quit', 'system_powerdown'):
                        ends['qmp'].sendall(b'{"event": "SHUTDOWN", "data": {"guest": true, "reason": '
                                            b'"guest-shutdown"}}\r\n')
                        return 0


if __name__ == '__main__':
    code = main()
    sys.stdout.flush()
    os._exit(code)
