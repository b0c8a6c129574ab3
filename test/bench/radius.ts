import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Freeradius, freeradiusMissing, startFreeradius } from '../interop/freeradius.ts';
import { CLIENT_CORE, SERVER_CORE } from './load.ts';
import type { Benchmark, Figure } from './measure.ts';

const SECONDS = 4;
const IN_FLIGHT = 64;
/** Requests of one round of radclient, which takes a number and not a time. */
const ROUND = 20_000;

/** What the client's process is told. */
export interface RadiusLoad {
  readonly transport: 'udp' | 'tls';
  readonly what: 'authenticate' | 'account';
  readonly port: number;
  readonly accountingPort: number;
  readonly secret: string;
  readonly tls?: Freeradius['tls'];
  readonly inFlight: number;
  readonly seconds: number;
}

export interface RadiusLoadReport {
  readonly perSecond: number;
  /** Requests without the answer there should have been. */
  readonly failures: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU time of the client for each. */
  readonly microseconds: number;
}

/** The client against FreeRADIUS, and beside it FreeRADIUS' own client. */
export const radius: Benchmark = {
  name: 'radius',
  async run(progress) {
    const missing = freeradiusMissing();
    if (missing !== undefined) {
      process.stderr.write(`without RADIUS: ${missing}\n`);
      return [];
    }
    const users = [{ name: 'alice', password: 'secret word', reply: { 'Filter-Id': 'gold', 'Session-Timeout': 600 } }];
    await using server = await onServerCore(() => startFreeradius({ users, tls: true, keep: false }));
    const figures: Figure[] = [];
    for (const what of ['authenticate', 'account'] as const) {
      for (const transport of ['udp', 'tls'] as const) {
        const name = `RADIUS over ${transport === 'udp' ? 'UDP' : 'TLS'}, ${what}, ${IN_FLIGHT} in flight`;
        progress(name);
        const ours = await load(server, { transport, what });
        if (ours.failures > 0)
          throw new Error(`${name}: ${ours.failures} requests were not answered as they should be`);
        const peer = transport === 'udp' ? await radclientRate(server, what) : undefined;
        figures.push({
          what: name,
          unit: '/s',
          ours: ours.perSecond,
          ...(peer !== undefined && { peer: { name: 'radclient', value: peer } }),
          goal: 4_000,
          note: `p50 ${ours.p50.toFixed(2)} ms, p99 ${ours.p99.toFixed(2)} ms, client CPU ${Math.round(ours.microseconds)} µs each; FreeRADIUS on one core`,
        });
      }
    }
    return figures;
  },
};

async function load(
  server: Freeradius,
  { transport, what }: Pick<RadiusLoad, 'transport' | 'what'>,
): Promise<RadiusLoadReport> {
  const { authenticationPort, accountingPort, secret, tls } = server;
  const told: RadiusLoad = {
    transport,
    what,
    port: transport === 'tls' ? tls!.port : authenticationPort,
    accountingPort,
    secret,
    ...(transport === 'tls' && { tls }),
    inFlight: IN_FLIGHT,
    seconds: SECONDS,
  };
  const file = new URL('./radius-client.fixture.ts', import.meta.url).pathname;
  const arguments_ = ['-c', String(CLIENT_CORE), process.execPath, file, JSON.stringify(told)];
  return JSON.parse(await printed('taskset', arguments_)) as RadiusLoadReport;
}

/** Requests a second of FreeRADIUS' own client, with as many in flight. */
async function radclientRate(server: Freeradius, what: RadiusLoad['what']): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'radclient-'));
  try {
    const file = join(folder, 'request');
    const attributes = ['User-Name = "alice"', 'NAS-Identifier = "bench"'];
    const access = [...attributes, 'User-Password = "secret word"', 'Message-Authenticator = 0x00'];
    const account = [...attributes, 'Acct-Status-Type = Start', 'Acct-Session-Id = "lane-1"'];
    writeFileSync(file, `${(what === 'account' ? account : access).join('\n')}\n`);
    const port = what === 'account' ? server.accountingPort : server.authenticationPort;
    const shape = ['-q', '-s', '-p', String(IN_FLIGHT), '-c', String(ROUND), '-f', file];
    const target = [`127.0.0.1:${port}`, what === 'account' ? 'acct' : 'auth', server.secret];
    const begun = performance.now();
    const said = await printed('taskset', ['-c', String(CLIENT_CORE), 'radclient', ...shape, ...target]);
    const took = (performance.now() - begun) / 1_000;
    const [, lost] = /Lost\s*:\s*(\d+)/.exec(said) ?? [];
    if (lost !== '0') throw new Error(`radclient: ${said}`);
    return ROUND / took;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function printed(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`);
  return said;
}

/** What this process starts inherits the core it is bound to at that moment. */
async function onServerCore<T>(start: () => Promise<T>): Promise<T> {
  const bind = (cores: string) => execFileSync('taskset', ['-acp', cores, String(process.pid)], { stdio: 'ignore' });
  bind(String(SERVER_CORE));
  try {
    return await start();
  } finally {
    bind(`${SERVER_CORE},${CLIENT_CORE}`);
  }
}
