// Debian's netconfd (yuma123) behind its own sshd, both private: everything they read and write is in one folder.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Netconfd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly privateKey: string;
  readonly hostKeyFingerprint: string;
  /** Of netconfd and of sshd. */
  readonly pids: readonly number[];
}

const PROGRAMS = {
  netconfd: '/usr/sbin/netconfd',
  subsystem: '/usr/sbin/netconf-subsystem',
  sshd: '/usr/sbin/sshd',
  keygen: '/usr/bin/ssh-keygen',
};

/** Why it cannot run here; `undefined` where it can. */
export function netconfdMissing(): string | undefined {
  const missing = Object.values(PROGRAMS).filter((path) => !existsSync(path));
  if (missing.length > 0) {
    return `${missing.join(', ')} missing: apt-get install --no-install-recommends netconfd openssh-server openssh-client`;
  }
  return process.getuid?.() === 0 ? undefined : 'sshd needs root';
}

/** Starts both on a free port of 127.0.0.1, with modules added to netconfd's own. */
export async function startNetconfd(modules: readonly string[] = []): Promise<Netconfd> {
  const folder = mkdtempSync(join(tmpdir(), 'netconfd-'));
  const at = (name: string) => join(folder, name);
  const port = await freePort();
  const key = (name: string) =>
    execFileSync(PROGRAMS.keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at(name)]);
  key('host');
  key('user');
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }); // sshd insists, whatever its configuration
  writeFileSync(
    at('sshd_config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('user.pub')}`,
      'AuthenticationMethods publickey',
      'PermitRootLogin yes',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      // Its defaults drop connections that come by the dozen.
      'MaxStartups 10000',
      'MaxSessions 1000',
      'UseDNS no',
      `Subsystem netconf "${PROGRAMS.subsystem} --ncxserver-sockname=${port}@${at('netconfd.sock')}"`,
    ].join('\n'),
  );
  const { username: user } = userInfo();
  const children = [
    spawn(
      PROGRAMS.netconfd,
      [
        `--ncxserver-sockname=${at('netconfd.sock')}`,
        `--port=${port}`,
        '--no-startup',
        '--target=candidate',
        '--access-control=off',
        `--superuser=${user}`,
        `--log=${at('netconfd.log')}`,
        '--log-level=warn',
        ...modules.map((name) => `--module=${name}`),
      ],
      { cwd: folder, stdio: 'ignore', env: { ...process.env, HOME: folder } },
    ),
    spawn(PROGRAMS.sshd, ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' }),
  ];
  const stop = async () => {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([
      until('sshd', children[1]!, () => answers({ port, host: '127.0.0.1' })),
      until('netconfd', children[0]!, () => answers({ path: at('netconfd.sock') })),
    ]);
  } catch (reason) {
    await stop();
    throw reason;
  }
  return {
    port,
    user,
    privateKey: readFileSync(at('user'), 'utf8'),
    hostKeyFingerprint: execFileSync(PROGRAMS.keygen, ['-l', '-f', at('host.pub')], { encoding: 'utf8' }).split(
      ' ',
    )[1]!,
    pids: children.map(({ pid }) => pid!),
    [Symbol.asyncDispose]: stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function until(name: string, child: ChildProcess, ready: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    if (await ready()) return;
    await delay(50);
  }
  throw new Error(`${name} is not ready after 10 s`);
}

function answers(to: { readonly port: number; readonly host: string } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(patience);
}
