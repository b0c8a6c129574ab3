// Every operation of our client against Debian's netconfd (yuma123): what it does, what it refuses, and what it does not have.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, milliseconds, ok, seconds, unwrap } from '@sublane/basics';
import { childElement, childElements, elementText, type XmlElement } from '@sublane/netconf';
import { connect, keepLive, type NetconfClient, type RpcFailure } from 'netconf-client';
import { checkedClient, openSchemas, SchemaCache, xmlToJson } from 'netconf-client/schemas';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Netconfd, netconfdMissing, startNetconfd } from './netconfd.ts';

const missing = netconfdMissing();
if (missing !== undefined) console.warn(`skipped: the operations of netconf-client against netconfd: ${missing}`);

const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system';
const system = (content: string) => `<system xmlns="${SYSTEM}">${content}</system>`;
const filter = { subtree: `<system xmlns="${SYSTEM}"/>` };
const NMDA = 'urn:ietf:params:netconf:capability:yang-library:1.1';

let peer: Netconfd;
let client: NetconfClient;
let folder: string;

const open = async (signal?: AbortSignal) =>
  connect({
    host: '127.0.0.1',
    port: peer.port,
    user: peer.user,
    privateKey: peer.privateKey,
    hostKey: { fingerprints: [peer.hostKeyFingerprint] },
    ...(signal && { signal }),
  });

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'operations-'));
  peer = await startNetconfd(['ietf-system']);
});
afterAll(async () => {
  await peer?.[Symbol.asyncDispose]();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});
beforeEach(async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  client = unwrap(await open());
  return async () => {
    // A session that leaves changes in the candidate leaves them to the next one, and netconfd's discard-changes keeps them.
    if (client.over === undefined) await client.copyConfig({ source: 'running', target: 'candidate' });
    await client.close();
  };
});

const location = async (source: 'running' | 'candidate' = 'running', by = client): Promise<string | undefined> => {
  const { data } = unwrap(await by.getConfig({ source, filter }));
  const found = childElement(data, 'system', SYSTEM);
  const leaf = found && childElement(found, 'location', SYSTEM);
  return leaf && elementText(leaf);
};
const setLocation = async (text: string) =>
  unwrap(await client.editConfig({ target: 'candidate', config: system(`<location>${text}</location>`) }));
const tags = (failure: RpcFailure) =>
  failure.kind === 'refused' ? failure.errors.map(({ tag }) => tag) : [failure.kind];

describe('transactions', () => {
  test('an edit is locked, committed and unlocked', async () => {
    unwrap(await client.edit({ config: system('<location>attic</location>') }));
    expect(await location()).toBe('attic');
    const other = unwrap(await open());
    unwrap(await other.lock('candidate'));
    unwrap(await other.lock('running'));
    // Nobody else gets in meanwhile, and nothing of ours stays.
    expect(await client.edit({ config: system('<location>cellar</location>') })).toMatchObject({
      failure: { kind: 'refused', errors: [{ tag: 'lock-denied' }] },
    });
    await other.close();
    expect(await location()).toBe('attic');
  });

  test('one that the server refuses leaves candidate and locks as they were', async () => {
    const result = await client.transaction(async ({ edit }) => {
      unwrap(await edit({ config: system('<contact>Ada</contact>') }));
      return edit({ config: system('<clock><timezone-utc-offset>9000</timezone-utc-offset></clock>') });
    });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'refused' } });
    const candidate = unwrap(await client.getConfig({ source: 'candidate', filter }));
    expect(candidate.xml).not.toContain('Ada');
    const other = unwrap(await open());
    expect((await other.lock('candidate')).ok).toBe(true);
    await other.close();
  });

  test('one whose work fails by itself, or that is given up, is discarded', async () => {
    const before = await location();
    const stop = new AbortController();
    const giveUp = () => {
      stop.abort();
      return ok();
    };
    for (const end of [() => failed('no'), giveUp]) {
      const result = await client.transaction(
        async ({ edit }) => {
          unwrap(await edit({ config: system('<location>elsewhere</location>') }));
          return end();
        },
        { signal: stop.signal },
      );
      expect(result.ok).toBe(false);
      expect(await location('candidate')).toBe(before);
    }
  });

  test('a confirmed commit is confirmed by its check, or cancelled', async () => {
    const change = (text: string) => ({ config: system(`<location>${text}</location>`) });
    // netconfd's cancel-commit does nothing for a session that holds the locks, and says ok.
    const options = { confirmed: { confirmTimeout: seconds(60) }, lock: false };
    unwrap(await client.edit(change('roof'), { ...options, check: async () => (await location()) === 'roof' }));
    expect(await location()).toBe('roof');
    expect(await client.edit(change('cellar'), { ...options, check: () => false })).toMatchObject({
      failure: { kind: 'check-failed' },
    });
    expect(await location()).toBe('roof');
  });
});

describe('confirmed commits', () => {
  test('cancel-commit takes it back', async () => {
    unwrap(await client.edit({ config: system('<location>before</location>') }));
    await setLocation('for now');
    unwrap(await client.commit({ confirmed: true, confirmTimeout: seconds(120) }));
    expect(await location()).toBe('for now');
    unwrap(await client.cancelCommit());
    expect(await location()).toBe('before');
  });

  test('persist: another session confirms it by its id, and not by another one', async () => {
    await setLocation('kept');
    unwrap(await client.commit({ confirmed: true, confirmTimeout: seconds(120), persist: 'mine' }));
    await client.close();
    client = unwrap(await open());
    expect((await client.commit({ persistId: 'not mine' })).ok).toBe(false);
    unwrap(await client.commit({ persistId: 'mine' }));
    expect(await location()).toBe('kept');
  });

  test('without one, the end of the session takes it back', async () => {
    unwrap(await client.edit({ config: system('<location>before</location>') }));
    await setLocation('for now');
    unwrap(await client.commit({ confirmed: true, confirmTimeout: seconds(120) }));
    await client.close();
    client = unwrap(await open());
    await vi.waitFor(async () => expect(await location()).toBe('before'), 10_000);
  });
});

describe('datastores', () => {
  test('lock, unlock, and what another session is told', async () => {
    unwrap(await client.lock('candidate'));
    const other = unwrap(await open());
    expect(await other.lock('candidate')).toMatchObject({ failure: { errors: [{ tag: 'lock-denied' }] } });
    unwrap(await client.unlock('candidate'));
    unwrap(await other.lock('candidate'));
    await other.close();
  });

  test('discard-changes is answered; copy-config of running over the candidate does it', async () => {
    const before = await location();
    await setLocation('nowhere');
    unwrap(await client.discardChanges());
    unwrap(await client.copyConfig({ source: 'running', target: 'candidate' }));
    expect(await location('candidate')).toBe(before);
  });

  test('validate: the candidate, and a configuration that is given', async () => {
    unwrap(await client.validate('candidate'));
    unwrap(await client.validate({ config: system('<location>here</location>') }));
    const wrong = system('<clock><timezone-utc-offset>9000</timezone-utc-offset></clock>');
    expect(await client.validate({ config: wrong })).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  });

  test('edit-config: every way to mark what is done, and what is wrong', async () => {
    const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
    const edit = (inside: string, more = {}) =>
      client.editConfig({ target: 'candidate', config: `<system xmlns="${SYSTEM}" ${NC}>${inside}</system>`, ...more });
    unwrap(await edit('<contact nc:operation="replace">Ada</contact>'));
    unwrap(await edit('<contact nc:operation="merge">Ben</contact>', { defaultOperation: 'none' }));
    unwrap(await edit('<contact nc:operation="remove"/>'));
    unwrap(await edit('<contact nc:operation="remove"/>'));
    const twice = await edit('<contact nc:operation="delete"/>');
    expect(twice).toMatchObject({ ok: false, failure: { errors: [{ tag: 'data-missing' }] } });
    unwrap(await edit('<contact nc:operation="create">Cid</contact>'));
    expect(await edit('<contact nc:operation="create">Dan</contact>')).toMatchObject({
      failure: { errors: [{ tag: 'data-exists' }] },
    });
    unwrap(await edit('<contact>Eve</contact>', { testOption: 'set', errorOption: 'rollback-on-error' }));
  });

  test('what it does not announce is not sent', async () => {
    const refused = [
      await client.editConfig({ config: system('') }),
      await client.deleteConfig('startup'),
      await client.getConfig({ source: 'startup' }),
      await client.copyConfig({ source: 'candidate', target: 'running' }),
      await client.getData(),
      await client.editData({ datastore: 'running', config: '' }),
      await client.copyConfig({ source: 'running', target: { url: 'https://example.net/a' } }),
    ];
    expect(refused.map((one) => (one.ok ? 'ok' : one.failure.kind))).toEqual(Array(7).fill('unsupported'));
    expect(refused[4]).toMatchObject({ failure: { capability: NMDA } });
  });

  test('subscriptions of RFC 8639 are refused by it', async () => {
    const result = await client.establishSubscription({ stream: 'NETCONF' });
    expect(result.ok ? [] : tags(result.failure)).toEqual(['unknown-namespace']);
  });
});

describe('reads', () => {
  test('with-defaults, every mode', async () => {
    const get = (withDefaults?: 'report-all' | 'report-all-tagged' | 'trim' | 'explicit') =>
      client.get({
        filter: { subtree: '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"/>' },
        ...(withDefaults && { withDefaults }),
      });
    expect(unwrap(await get('report-all')).xml).toContain('<write-default>');
    expect(unwrap(await get('report-all-tagged')).xml).toMatch(/<write-default [^>]*default="true"/);
    for (const mode of ['trim', 'explicit'] as const)
      expect(unwrap(await get(mode)).xml).not.toContain('<write-default>');
  });

  test('XPath, by the prefixes its own modules have: it looks at no others', async () => {
    unwrap(await client.edit({ config: system('<location>found</location><contact>Ada</contact>') }));
    const by = (prefix: string) =>
      client.getConfig({ filter: { xpath: `/${prefix}:system/${prefix}:location`, namespaces: { [prefix]: SYSTEM } } });
    const { data } = unwrap(await by('sys'));
    expect(childElements(childElements(data)[0] as XmlElement).map(elementText)).toEqual(['found']);
    // RFC 6241 §8.9.1 has the prefixes of the request count; netconfd does not.
    expect(await by('other')).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  });

  test('a read that is given up', async () => {
    const stop = new AbortController();
    const given = client.get({ signal: stop.signal });
    stop.abort();
    expect(await given).toMatchObject({ failure: { kind: 'aborted' } });
    expect((await client.getConfig()).ok).toBe(true);
  });
});

describe('schemas', () => {
  test('all that it announces come, load, and hold what is sent and received', async () => {
    const cache = new SchemaCache({ folder: join(folder, 'cache') });
    const schemas = unwrap(await openSchemas(client, { cache }));
    expect(schemas.announced).toMatchObject({
      from: 'yang-library-1.0',
      contentId: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    // Nothing of yuma's is refused by libyang.
    expect({ missing: schemas.missing, refused: schemas.refused }).toEqual({ missing: [], refused: [] });
    expect(schemas.texts.length).toBeGreaterThanOrEqual(20);

    const checked = checkedClient(client, schemas);
    unwrap(await checked.editConfig({ target: 'candidate', config: system('<location>checked</location>') }));
    unwrap(await checked.commit());
    const read = unwrap(await checked.getConfig({ filter }));
    const xml = read.xml.slice(read.xml.indexOf('<system'), read.xml.indexOf('</data>'));
    expect(JSON.parse(unwrap(xmlToJson(schemas.context, xml)))).toMatchObject({
      'ietf-system:system': { location: 'checked' },
    });
    const sent = client.counters.outRpcs;
    expect(await checked.editConfig({ target: 'candidate', config: system('<locality>x</locality>') })).toMatchObject({
      failure: { kind: 'invalid', where: 'request' },
    });
    expect(client.counters.outRpcs).toBe(sent);

    const again = unwrap(await openSchemas(client, { cache }));
    expect(again.texts.every(({ fetched }) => fetched === 'from-cache')).toBe(true);
    expect(client.counters.outRpcs).toBe(sent);
  });
});

describe('notifications', () => {
  test('a session that comes back hears what happened meanwhile, once', async () => {
    const seen: string[] = [];
    const live = keepLive({ open, backoff: { first: milliseconds(50), longest: milliseconds(50) } });
    live.subscribe(({ content }) => {
      const by = childElement(content, 'changed-by');
      const session = by && childElement(by, 'session-id');
      if (session !== undefined && elementText(session) === String(client.sessionId)) seen.push(content.name);
    });
    const first = await live.connected();
    unwrap(await client.edit({ config: system('<contact>one</contact>') }));
    await vi.waitFor(() => expect(seen).toHaveLength(1), 10_000);
    unwrap(await client.killSession(first!.sessionId));
    await first!.closed;
    unwrap(await client.edit({ config: system('<contact>two</contact>') }));
    await vi.waitFor(() => expect(seen).toHaveLength(2), 20_000);
    await live.connected();
    unwrap(await client.edit({ config: system('<contact>three</contact>') }));
    await vi.waitFor(() => expect(seen).toHaveLength(3), 10_000);
    await live.close();
    expect(seen).toHaveLength(3);
  });

  test('a replay with an end', async () => {
    const names: string[] = [];
    const startTime = new Date(Date.now() - 3_600_000).toISOString();
    unwrap(
      await client.subscribe(({ content }) => void names.push(content.name), {
        startTime,
        stopTime: new Date(Date.now() + 1000).toISOString(),
      }),
    );
    await vi.waitFor(() => expect(names).toContain('notificationComplete'), 20_000);
    expect(names).toContain('netconf-config-change');
    expect(names.indexOf('replayComplete')).toBeGreaterThan(0);
  });
});

test('copy-config to a file; what netconfd does not find again is told as it says it', async () => {
  const url = 'file:///saved.xml';
  unwrap(await client.copyConfig({ source: 'running', target: { url } }));
  const results = [
    await client.copyConfig({ source: { url }, target: 'candidate' }),
    await client.editConfig({ target: 'candidate', url }),
    await client.validate({ url }),
    await client.deleteConfig({ url }),
  ];
  expect(results.map((one) => (one.ok ? 'ok' : one.failure.kind))).toEqual(Array(4).fill('refused'));
});
