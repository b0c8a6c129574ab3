// RFC 8341 §3.4.6, on real sessions.
import { childElement, elementText } from '@sublane/netconf';
import { expect, test } from 'vitest';
import type { ServerEvent } from '../notifications/event.ts';
import { MemoryEventLog } from '../notifications/memory-event-log.ts';
import { connect } from '../testing/harness.ts';
import { GUARDED_NS, NACM, nacmServer, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import { notification, subscribe } from '../testing/notification-lab.ts';
import { isOk, type TestClient } from '../testing/test-client.ts';

const event = (name: string): ServerEvent => ({
  at: new Date(),
  module: 'guarded',
  name,
  xml: `<${name} ${GUARDED_NS}/>`,
});
/** What a subscriber may not receive would not come: this one always may. */
const LAST = rule('last', 'permit', { notification: 'farewell' });
const ANYTHING = rule('anything', 'permit', { operations: 'exec' });

async function told(rules: string, role: string, more = ''): Promise<string[]> {
  const { server } = await nacmServer(nacmXml(more + ruleList('all', ['*'], LAST, ANYTHING, rules)), {
    notifications: {},
  });
  const client = await connect(server, 'ann', role);
  expect(isOk(await client.rpc(subscribe()))).toBe(true);
  for (const name of ['visit', 'robbery', 'farewell']) await server.publish(event(name));
  return until(client, 'farewell');
}

async function until(client: TestClient, last: string): Promise<string[]> {
  const names: string[] = [];
  while (names.at(-1) !== last) names.push((await notification(client)).content.name);
  return names.slice(0, -1);
}

test.each([
  ['by read-default, but what has default-deny-all (10, 11)', '', 'red', '', ['visit']],
  ['by read-default deny, nothing', '', 'red', '<read-default>deny</read-default>', []],
  ['all, where NACM is disabled (1)', '', 'red', '<enable-nacm>false</enable-nacm>', ['visit', 'robbery']],
  ['all, in a recovery session (2)', rule('no', 'deny'), 'recovery', '', ['visit', 'robbery']],
  ['what a rule permits', rule('yes', 'permit', { notification: 'robbery' }), 'red', '', ['visit', 'robbery']],
  ['not what a rule denies', rule('no', 'deny', { notification: 'visit' }), 'red', '', []],
  ['what a rule for another module does not deny', rule('no', 'deny', { module: 'lab' }), 'red', '', ['visit']],
  [
    'what a rule that is not about reading does not deny',
    rule('no', 'deny', { operations: 'update' }),
    'red',
    '',
    ['visit'],
  ],
  ['what a rule about data does not deny', rule('no', 'deny', { path: '/' }), 'red', '', ['visit']],
] as const)('a subscriber receives %s', async (_, rules, role, more, names) => {
  expect(await told(rules, role, more)).toEqual(names);
});

test('the end of a replay is told to those who may receive nothing (3)', async () => {
  const nothing = rule('nothing', 'deny', { operations: 'read' });
  const { server } = await nacmServer(nacmXml(ruleList('all', ['*'], ANYTHING, nothing)), {
    notifications: { log: new MemoryEventLog({ events: 10 }) },
  });
  await server.publish(event('visit'));
  const client = await connect(server, 'ann', 'red');
  const start = new Date(Date.now() - 60_000).toISOString();
  const stop = new Date(Date.now() - 1).toISOString();
  expect(isOk(await client.rpc(subscribe(`<startTime>${start}</startTime><stopTime>${stop}</stopTime>`)))).toBe(true);
  expect((await notification(client)).content.name).toBe('replayComplete');
  expect((await notification(client)).content.name).toBe('notificationComplete');
});

test('rules that change hold for a subscription that is there, and what was held back is counted', async () => {
  const rules = (action: 'permit' | 'deny') =>
    nacmXml(ruleList('all', ['*'], LAST, ANYTHING, rule('visits', action, { notification: 'visit' })));
  const { server, datastores } = await nacmServer(rules('permit'), { notifications: {} });
  const client = await connect(server, 'ann', 'red');
  await client.rpc(subscribe());
  await server.publish(event('visit'));
  await datastores.running.commit(() => ({ ok: true, value: rules('deny') }));
  await server.publish(event('visit'));
  await server.publish(event('farewell'));
  const names = (await until(client, 'farewell')).filter((name) => name === 'visit');
  expect(names).toEqual(['visit']);

  const root = await connect(server, 'root', 'recovery');
  const reply = await root.rpc(`<get><filter><nacm ${NACM}/></filter></get>`);
  const nacm = childElement(childElement(reply, 'data')!, 'nacm')!;
  // The second visit.
  expect(Number(elementText(childElement(nacm, 'denied-notifications')!))).toBe(1);
});
