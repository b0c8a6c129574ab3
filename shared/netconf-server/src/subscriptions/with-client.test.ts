// Subscriptions as the sister package has them.
import { duplexPair } from 'node:stream';
import { milliseconds, ok, unwrap } from '@sublane/basics';
import { childElement, childElements, elementText } from '@sublane/netconf';
import { attach, type NotificationEvent } from 'netconf-client';
import { expect, it } from 'vitest';
import { inLab } from '../testing/harness.ts';
import { ALARM_NAMESPACE, alarm } from '../testing/notification-lab.ts';
import { serveSubscriptions } from '../testing/subscription-lab.ts';

async function session(limits = {}) {
  const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'), { limits });
  const [ours, theirs] = duplexPair();
  unwrap(server.accept(ours, { identity: { user: 'ann', role: 'operator' }, transport: 'other' }));
  const client = unwrap(await attach(theirs));
  const waiting: ((event: NotificationEvent) => void)[] = [];
  const come: NotificationEvent[] = [];
  client.listen((event) => {
    const next = waiting.shift();
    if (next === undefined) come.push(event);
    else next(event);
  });
  const next = () =>
    new Promise<NotificationEvent>((resolve) => {
      const event = come.shift();
      if (event === undefined) waiting.push(resolve);
      else resolve(event);
    });
  /** Its name and the subscription's number. */
  const told = async () => {
    const { content } = await next();
    const id = childElement(content, 'id');
    return `${content.name} ${id === undefined ? '' : elementText(id)}`.trim();
  };
  return { server, datastores, client, next, told };
}

it('several subscriptions of one session, of streams and of datastores, from first to last', async () => {
  const { server, datastores, client, next, told } = await session({ pushPeriod: milliseconds(10) });
  const alarms = unwrap(
    await client.establishSubscription({
      stream: 'NETCONF',
      filter: { xpath: `/a:alarm`, namespaces: { a: ALARM_NAMESPACE } },
    }),
  );
  await server.publish(alarm(1));
  expect(await told()).toBe('alarm');

  const filter = { subtree: inLab('<name/>') };
  const changes = unwrap(await client.establishSubscription({ datastore: 'running', filter, onChange: {} }));
  expect(changes.id).not.toBe(alarms.id);
  expect(await told()).toBe(`push-update ${changes.id}`);
  unwrap(await datastores.running.commit(() => ok(inLab('<name>b</name>'))));
  const { content } = await next();
  expect(content.name).toBe('push-change-update');
  const patch = childElement(childElement(content, 'datastore-changes')!, 'yang-patch')!;
  const [edit] = childElements(patch).filter(({ name }) => name === 'edit');
  expect(elementText(childElement(edit!, 'target')!)).toBe('/lab:lab/name');
  unwrap(await client.resyncSubscription(changes.id));
  expect(await told()).toBe(`push-update ${changes.id}`);
  unwrap(await client.modifySubscription({ id: changes.id, datastore: 'running', onChange: { dampeningPeriod: 10 } }));
  unwrap(await client.deleteSubscription(changes.id));

  const periodic = unwrap(
    await client.establishSubscription({ datastore: 'operational', filter, periodic: { period: 2 } }),
  );
  expect([await told(), await told()]).toEqual([`push-update ${periodic.id}`, `push-update ${periodic.id}`]);
  unwrap(await client.killSubscription(periodic.id));
  let last = '';
  while (!last.startsWith('subscription-terminated')) last = await told();
  expect(last).toBe(`subscription-terminated ${periodic.id}`);
  await client.close();
});

it('a refusal reaches the caller with its identity and hints', async () => {
  const { client } = await session();
  const refused = await client.establishSubscription({ datastore: 'running', periodic: { period: 1 } });
  expect(refused).toMatchObject({
    ok: false,
    failure: { kind: 'refused', errors: [{ appTag: 'ietf-yang-push:period-unsupported', info: [{ children: {} }] }] },
  });
  await client.close();
});
