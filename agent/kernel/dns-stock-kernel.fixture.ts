import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { CgroupTree } from './cgroup-tree.ts';
import { DnsRedirect } from './dns-redirect.ts';

// Run in a stock kernel: leads a cgroup's DNS queries to a server on loopback. Prints what it saw as one line of JSON.

spawnSync('ip', ['link', 'set', 'lo', 'up']);
const directory = CgroupTree.find()?.directory('names') as string;
mkdirSync(directory);
const redirect = new DnsRedirect();
const attached = redirect.apply(directory, ['127.0.0.9']) ?? redirect.read(directory);
const ASK = `
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(("127.0.0.9", 53)); server.settimeout(5)
for family, target in ((socket.AF_INET, "127.0.0.53"), (socket.AF_INET6, "::ffff:127.0.0.53"), (socket.AF_INET6, "::1")):
    s = socket.socket(family, socket.SOCK_DGRAM); s.settimeout(5)
    try:
        s.sendto(b"x", (target, 53)); data, place = server.recvfrom(9); server.sendto(data, place); print(s.recvfrom(9)[1][0])
    except OSError as error: print(error.strerror)
`;
const inside = `echo $$ > ${directory}/cgroup.procs; exec /usr/bin/python3 -`;
const { stdout } = spawnSync('sh', ['-c', inside], { input: ASK });
const detached = redirect.apply(directory, undefined) ?? redirect.read(directory) ?? 'nothing left';
console.log(JSON.stringify({ attached, answers: stdout.toString().trim().split('\n'), detached }));
