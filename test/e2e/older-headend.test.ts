// The agent's session with headends of other ages: what a request says of the host is not said to who does not know it.
import { duplexPair } from 'node:stream';
import { ok, silentLog, systemClock, unwrap } from '@sublane/basics';
import { encodeReply, moduleSources, openContext, ROLE_MODULES } from '@sublane/yang';
import { type Context, Libyang } from 'libyang-wasm';
import { attach } from 'netconf-client';
import { createNetconfServer, UNRESTRICTED } from 'netconf-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NetconfLink } from '../../agent/service/netconf-link.ts';

const REQUEST = 'ietf-subscriber-service-message:subscriber-service-message';
const GROUP = { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H' } as const;
const MESSAGE = {
  'host-id': 'laptop',
  location: 'auto',
  'application-group': [GROUP],
  'sublane-service:wireguard-public-key': `${'H'.repeat(42)}A=`,
  'sublane-service:host-address': ['192.0.2.7', '2001:db8:a::7'],
} as const;

const AUGMENT = /\n {2}augment "\/ssm:subscriber-service-message\/ssm:input" \{.*?\n {2}\}\n/s;

/** The headend's modules before a request said anything of the host, or without sublane-service altogether. */
function schemaOf(age: 'now' | 'before' | 'other make'): Context {
  if (age === 'now') return openContext(Libyang.load(), 'headend');
  const sources = moduleSources().map((source) => {
    if (source.name !== 'sublane-service') return source;
    const text = source.text.replace(AUGMENT, '\n');
    if (text === source.text) throw new Error('sublane-service adds nothing to a request any more');
    return { ...source, text };
  });
  const implement = ROLE_MODULES.headend.filter(
    ({ name }) => age === 'before' || (name !== 'sublane-service' && name !== 'sublane-headend'),
  );
  return unwrap(Libyang.load().createContext({ sources, implement }));
}

let ours: Context;
beforeAll(() => {
  ours = openContext(Libyang.load(), 'agent');
});
afterAll(() => ours?.[Symbol.dispose]());

/** A link to a headend, and what that was asked: every request that its schema let through. */
function linkTo(age: Parameters<typeof schemaOf>[0]) {
  const asked: unknown[] = [];
  const schema = schemaOf(age);
  const server = createNetconfServer({
    schema,
    access: UNRESTRICTED,
    log: silentLog,
    rpcs: {
      [REQUEST]: ({ input }) => {
        asked.push(input);
        const message = { 'host-id': 'laptop' };
        return {
          kind: 'data',
          xml: encodeReply(REQUEST, { 'ietf-portal-backend-message:sp-service-message': message }),
        };
      },
    },
  });
  let rpcs = 0;
  const connect = async () => {
    const [near, far] = duplexPair();
    unwrap(server.accept(far, { identity: { user: 'laptop', role: 'host' }, transport: 'other' }));
    const client = unwrap(await attach(near));
    const send = client.rpc.bind(client);
    client.rpc = (...words) => {
      rpcs++;
      return send(...words);
    };
    return ok(client);
  };
  const link = new NetconfLink({
    hostId: 'laptop',
    doors: [{ name: age, connect }],
    schema: () => ours,
    clock: systemClock,
    log: silentLog,
  });
  return {
    link,
    asked,
    sent: () => rpcs,
    close: async () => {
      await link.close();
      await server.close({ drain: 0 });
      schema[Symbol.dispose]();
    },
  };
}

it('a headend of now is told the addresses and the key', async () => {
  const { link, asked, sent, close } = linkTo('now');
  unwrap(await link.request(MESSAGE));
  expect(sent()).toBe(1);
  expect(JSON.stringify(asked)).toContain(MESSAGE['sublane-service:wireguard-public-key']);
  await close();
});

it.each(['before', 'other make'] as const)('one of %s is asked without, and knows no less', async (age) => {
  const { link, asked, sent, close } = linkTo(age);
  for (let n = 0; n < 2; n++) unwrap(await link.request(MESSAGE));
  expect(asked).toHaveLength(2);
  expect(JSON.stringify(asked)).not.toMatch(/wireguard|host-address/);
  expect(asked[0]).toMatchObject({ 'host-id': 'laptop' });
  // It was refused once, not at every request of the session.
  expect(sent()).toBe(3);
  // Another session may be with another headend.
  link.reopen();
  await expect.poll(async () => (await link.request(MESSAGE)).ok).toBe(true);
  expect(sent()).toBe(5);
  await close();
});

it('what else is refused stays refused', async () => {
  const { link, asked, close } = linkTo('before');
  const wrong = { ...MESSAGE, location: '' };
  expect(await link.request(wrong)).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  expect(asked).toEqual([]);
  await close();
});
