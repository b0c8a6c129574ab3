// Both programs killed while hosts enrol themselves: nothing that was said is lost, and everybody gets there in the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HeadendProgram } from './headend-program.ts';

const AGENT = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
const GOLD = `name: gold
classes: { best-effort: { dscp: 0, priority: L, dnld: { ceiling: unlimited } } }
`;
const HOSTS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

const program = new HeadendProgram();
const tokens = new Map<string, string>();

/** A port that stays the same when the headend is started again. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

beforeAll(async () => {
  await program.must('init', '--listen', `127.0.0.1:${await freePort()}`);
  await program.serve();
  writeFileSync(program.file('gold.yaml'), GOLD);
  await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
  await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
  for (const host of HOSTS) tokens.set(host, (await program.must('host', 'invite', '--subscriber', 'alice')).trim());
});
afterAll(() => program.dispose());

const start = (host: string): ChildProcess =>
  spawn(process.execPath, [
    ...[AGENT, 'init', '--dir', program.file(host), '--token', tokens.get(host) ?? '', '--host-id', host],
  ]);
const codeOf = async (child: ChildProcess) => ((await once(child, 'close')) as [number | null])[0];
const enrolled = async () =>
  (await program.json<{ 'host-id': string }[]>('host', 'list')).map((host) => host['host-id']).sort();
const isWhole = (host: string) => existsSync(`${program.file(host)}/agent.yaml`);

it.each(['the headend', 'the agents'])('%s killed in the middle', async (who) => {
  const mine = who === 'the headend' ? HOSTS.slice(0, 3) : HOSTS.slice(3);
  const children = mine.map(start);
  const codes = Promise.all(children.map(codeOf));
  if (who === 'the headend') {
    // As soon as the first of them is in.
    await expect.poll(() => program.stderr, { timeout: 30_000 }).toMatch(/host enrolled itself/);
    await program.stop('SIGKILL');
  } else {
    await expect.poll(() => mine.some((host) => existsSync(program.file(host))), { timeout: 30_000 }).toBe(true);
    for (const child of children) child.kill('SIGKILL');
  }
  const ended = await codes;
  if (who === 'the headend') await program.serve();
  const known = await enrolled();
  for (const [at, host] of mine.entries()) {
    // Who has an agent.yaml is enrolled; who has none says the same again.
    if (ended[at] === 0) expect(isWhole(host)).toBe(true);
    if (isWhole(host)) expect(known).toContain(host);
    else expect(await codeOf(start(host))).toBe(0);
    expect(readdirSync(program.file(host)).sort()).toEqual(['agent.yaml', 'id_ed25519', 'id_ed25519.pub']);
  }
  expect(await enrolled()).toEqual(expect.arrayContaining(mine));
  expect(await program.json('host', 'invitations')).toHaveLength(who === 'the headend' ? 3 : 0);
});
