import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { runCommand } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import { DnsServer } from './dns-server.fixture.ts';
import { labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

const FIXTURE = fileURLToPath(new URL('./own-name-service.fixture.ts', import.meta.url));

describeInLab('name servers of a program’s own', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sublane-names-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A machine's own /etc and /run, as `layout` makes them; then `script`, where OWN runs what follows with servers of its own. */
  async function onMachine(layout: string, script: string, servers = '198.51.100.53,2001:db8:b::53') {
    const own = [process.execPath, FIXTURE, folder, servers].join(' ');
    const { stdout, stderr } = await runCommand(['unshare', '--mount', '--propagation', 'private', 'sh', '-e'], {
      input: `
        mount -t tmpfs none /run
        mkdir -p /run/sublane-etc /run/systemd/resolve /run/nscd
        cp /etc/passwd /etc/group /run/sublane-etc/
        mount --bind /run/sublane-etc /etc
        printf 'passwd: files\\nhosts: files resolve [!UNAVAIL=return] dns\\n' > /etc/nsswitch.conf
        touch /run/nscd/socket /run/systemd/resolve/io.systemd.Resolve
        ${layout}
        mount --make-rshared /
        ${script.replaceAll('OWN', own)}`,
    });
    return { lines: stdout.trim().split('\n'), stderr };
  }

  const HOST = 'nameserver 127.0.0.53\\noptions edns0\\nsearch lan\\n';
  const layouts = {
    'a file': `printf '${HOST}' > /etc/resolv.conf`,
    'a link to systemd-resolved’s stub': `printf '${HOST}' > /run/systemd/resolve/stub-resolv.conf
      ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf`,
    'a link into a folder of NetworkManager’s': `mkdir /run/NetworkManager; printf '${HOST}' > /run/NetworkManager/resolv.conf
      ln -s /run/NetworkManager/resolv.conf /etc/resolv.conf`,
  };

  test.each(Object.entries(layouts))('resolv.conf is %s', async (_, layout) => {
    const { lines, stderr } = await onMachine(
      layout,
      `OWN sh -c 'grep -v ^# /etc/resolv.conf; grep hosts /etc/nsswitch.conf; ls /run/nscd'
       echo host; cat /etc/resolv.conf; grep hosts /etc/nsswitch.conf; ls /run/nscd; grep -c '^sublane ' /proc/self/mounts || true`,
    );
    expect(stderr).toBe('');
    expect(lines).toEqual([
      'nameserver 198.51.100.53',
      'nameserver 2001:db8:b::53',
      'options edns0',
      'search lan',
      'hosts: files dns',
      'host',
      'nameserver 127.0.0.53',
      'options edns0',
      'search lan',
      'hosts: files resolve [!UNAVAIL=return] dns',
      'socket',
      '0',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('what the host mounts later arrives; what it renames below /run does not', async () => {
    const { lines } = await onMachine(
      layouts['a link to systemd-resolved’s stub'],
      `mkdir /run/late; mkfifo /run/up /run/go
       OWN sh -c 'echo > /run/up; read line < /run/go; cat /run/late/file; grep nameserver /etc/resolv.conf' &
       read line < /run/up; mount -t tmpfs none /run/late; echo arrived > /run/late/file
       cd /run/systemd/resolve; echo nameserver 127.0.0.1 > new; mv new stub-resolv.conf
       echo > /run/go; wait`,
    );
    expect(lines).toEqual(['arrived', 'nameserver 198.51.100.53', 'nameserver 2001:db8:b::53']);
  });

  test('another user reads it, whatever the umask of who starts it', async () => {
    const { lines, stderr } = await onMachine(
      layouts['a link to systemd-resolved’s stub'],
      `umask 077
       OWN setpriv --reuid=65534 --clear-groups grep -c . /etc/resolv.conf /etc/nsswitch.conf`,
    );
    expect({ lines, stderr }).toEqual({ lines: ['/etc/resolv.conf:5', '/etc/nsswitch.conf:2'], stderr: '' });
  });

  test('none granted: nobody on this host is asked', async () => {
    const { lines } = await onMachine(layouts['a file'], `OWN grep nameserver /etc/resolv.conf`, "''");
    expect(lines).toEqual(['nameserver 100::']);
  });

  test('where it cannot be, the command runs all the same', async () => {
    const { lines, stderr } = await onMachine('', 'OWN echo ran');
    expect(lines).toEqual(['ran']);
    expect(stderr).toBe('there is no /etc/resolv.conf\n');
    const setpriv = 'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin';
    const unprivileged = await onMachine(layouts['a file'], `${setpriv} OWN grep nameserver /etc/resolv.conf`);
    expect(unprivileged.lines).toEqual(['nameserver 127.0.0.53']);
    expect(unprivileged.stderr).toBe('no mount namespace of its own: EPERM\n');
  });
});

describeInLab('exec where the kernel redirects no DNS', () => {
  let subscriber: SubscriberHost;
  let folder: string;
  let engine: Engine;
  let provider: DnsServer;
  onSubscriberHost(async (opened, lab) => {
    subscriber = opened;
    folder = lab.folder;
    engine = subscriber.engine({}, (kernel) => {
      const capabilities = kernel.capabilities.bind(kernel);
      kernel.capabilities = async () =>
        (await capabilities()).map((one) => (one.name === 'dns-redirect' ? { ...one, present: false } : one));
      return kernel;
    });
    const { server } = subscriber.network;
    await server.ip('address add 198.51.100.53/32 dev net', 'address add 2001:db8:b::53/128 dev net nodad');
    provider = await DnsServer.start(server, [
      ['198.51.100.53', 1],
      ['2001:db8:b::53', 2],
    ]);
  });
  afterEach(async () => {
    unwrap(await engine.undo());
  });

  test.each([
    ['198.51.100.53', 'udp', '192.0.2.51'],
    ['2001:db8:b::53', 'udp', '2001:db8:a::51'],
  ])('glibc asks %s from the lane', async (server, over, from) => {
    const report = unwrap(await engine.converge(wishFor(labLane(1, { dns: [server] }))));
    expect(report.lanes[0]?.dns).toBe('exec');
    expect(report.notes.join(' ')).toContain('exec');
    const command = [process.execPath, FIXTURE, folder, server, 'getent', 'ahostsv4', 'some.example'];
    const { stdout } = await subscriber.inGroup(1, command);
    expect(stdout).toMatch(/^203\.0\.113\.[12] /);
    const asked = (await provider.asked()).filter(({ name }) => name === 'some.example');
    expect(new Set(asked.map((one) => `${one.over} ${one.from} ${one.at}`))).toEqual(
      new Set([`${over} ${from} ${server}`]),
    );
  });
});
