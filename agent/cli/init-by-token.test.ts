import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, milliseconds, ok, type Result, unwrap } from '@sublane/basics';
import type { EnrolmentToken } from '@sublane/enrolment';
import { rpcError } from '@sublane/netconf';
import type { ConnectFailure, NetconfClient, RpcFailure } from 'netconf-client';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAgentConfig } from '../config/agent-config.ts';
import { initialiseByToken } from './init.ts';
import { type Places, placesOf } from './places.ts';

let above: string;
let places: Places;
let folder: string;
beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'agent-init-'));
  folder = join(above, 'agent');
  places = placesOf({ dir: folder });
});
afterEach(() => rmSync(above, { recursive: true }));

const TOKEN: EnrolmentToken = {
  addresses: [
    { host: '192.0.2.1', port: 830 },
    { host: '2001:db8::1', port: 8830 },
  ],
  hostKeys: [`SHA256:${'A'.repeat(43)}`, `SHA256:${'B'.repeat(43)}`],
  secret: new Uint8Array(32),
  expires: milliseconds(0),
};
const REFUSED: Result<unknown, RpcFailure> = failed({
  kind: 'refused',
  message: 'refused',
  errors: [rpcError.inUse('application', { appTag: 'host-id-taken', message: 'It is taken.' })],
});
const LOST: Result<unknown, RpcFailure> = failed({ kind: 'closed', message: 'The session broke.' });
const NOWHERE = { kind: 'unreachable', message: 'Nobody is there.', code: undefined } as ConnectFailure;

const keysSeen: string[] = [];
const init = (answer: Result<unknown, RpcFailure> | ConnectFailure, hostId = 'laptop') =>
  initialiseByToken(places, {
    token: TOKEN,
    hostId,
    open: async () => {
      if (!('ok' in answer)) return failed(answer);
      const rpc = async (xml: string) => {
        // While it is asked, the key is on disk already: nothing is lost with this process.
        keysSeen.push(/<public-key>(\S+ \S+)/.exec(xml)?.[1] ?? '');
        expect(existsSync(join(folder, 'id_ed25519'))).toBe(true);
        expect(existsSync(places.config)).toBe(false);
        return answer;
      };
      return ok({ rpc, close: async () => undefined } as unknown as NetconfClient);
    },
  });

test('makes a configuration with every address and key of the token, and a key only its owner reads', async () => {
  const made = unwrap(await init(ok({})));
  const config = unwrap(readAgentConfig(places.config, places.configFolder));
  expect(config.hostId).toBe('laptop');
  expect(config.headends).toMatchObject([
    { address: '192.0.2.1', port: 830, hostKeys: TOKEN.hostKeys, user: 'laptop', keyFile: join(folder, 'id_ed25519') },
    { address: '2001:db8::1', port: 8830, hostKeys: TOKEN.hostKeys, user: 'laptop' },
  ]);
  expect(statSync(join(folder, 'id_ed25519')).mode & 0o777).toBe(0o600);
  const key = ssh2.utils.parseKey(readFileSync(join(folder, 'id_ed25519')));
  if (key instanceof Error) throw key;
  const line = `ssh-ed25519 ${key.getPublicSSH().toString('base64')}`;
  expect(keysSeen.at(-1)).toBe(line);
  expect(made.publicKey).toBe(`${line} laptop`);
  expect(readFileSync(made.publicKeyFile, 'utf8')).toBe(`${line} laptop\n`);
  expect(readdirSync(folder).sort()).toEqual(['agent.yaml', 'id_ed25519', 'id_ed25519.pub']);
  expect(readFileSync(places.config, 'utf8')).not.toContain('secret');
});

test.each([
  ['refused', REFUSED, 'refused'],
  ['not reached', NOWHERE, 'unreachable'],
])('%s, it leaves nothing behind, not even the folder', async (_, answer, kind) => {
  expect(await init(answer)).toMatchObject({ failure: { kind } });
  expect(readdirSync(above)).toEqual([]);
});

test('refused, it takes away nothing that was there before', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine'), 'x');
  await init(REFUSED);
  expect(readdirSync(folder)).toEqual(['mine']);
});

test('whose answer was lost keeps the key, and comes again with it', async () => {
  expect(await init(LOST)).toMatchObject({ failure: { kind: 'uncertain' } });
  expect(readdirSync(folder)).toEqual(['id_ed25519']);
  unwrap(await init(ok({})));
  expect(new Set(keysSeen.slice(-2)).size).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(['agent.yaml', 'id_ed25519', 'id_ed25519.pub']);
});

test('that died before the configuration was written goes on where it was, and a refusal takes no old key', async () => {
  unwrap(await init(ok({})));
  rmSync(places.config);
  expect(await init(REFUSED)).toMatchObject({ failure: { kind: 'refused' } });
  expect(readdirSync(folder).sort()).toEqual(['id_ed25519', 'id_ed25519.pub']);
  unwrap(await init(ok({})));
  expect(new Set(keysSeen.slice(-3)).size).toBe(1);
});

test('what a killed run had half written is taken away, what another run writes now is not', async () => {
  mkdirSync(folder);
  const { pid } = spawnSync('true');
  const another = `id_ed25519.${process.ppid}.new`;
  for (const name of [`id_ed25519.${pid}.new`, `agent.yaml.${pid}.new`, another, 'other.7.new'])
    writeFileSync(join(folder, name), 'half');
  await init(REFUSED);
  expect(readdirSync(folder).sort()).toEqual([another, 'other.7.new']);
});

test('a configuration that is there is not touched, and nobody is asked', async () => {
  mkdirSync(folder);
  writeFileSync(places.config, 'mine');
  expect(await init(ok({}))).toEqual({ ok: false, failure: { kind: 'exists', file: places.config } });
  expect(readdirSync(folder)).toEqual(['agent.yaml']);
});

test('a key that cannot be used is named, and stays', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'id_ed25519'), 'no key');
  expect(await init(ok({}))).toMatchObject({ failure: { kind: 'key', file: join(folder, 'id_ed25519') } });
  expect(readdirSync(folder)).toEqual(['id_ed25519']);
});

test('a place that cannot be written is named', async () => {
  writeFileSync(folder, 'a file');
  expect(await init(ok({}))).toMatchObject({
    failure: { kind: expect.stringMatching(/exists|unwritable/), file: folder },
  });
});
