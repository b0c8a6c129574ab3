// The real headend tells operators who subscribed what its configuration becomes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { childElement, childElements, elementText, writeXml, type XmlElement } from '@sublane/netconf';
import { connectUnix, type NetconfClient, type NotificationEvent } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addBestEffort } from './best-effort-plan.ts';
import { Host, newKey } from './headend-host.ts';
import { eventually, HeadendProgram } from './headend-program.ts';

const POOLS = '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"><pool/></headend>';

/** One story: each step rests on those before it. */
describe('an operator subscribes to what the headend is configured to do', () => {
  const program = new HeadendProgram();
  const come: NotificationEvent[] = [];
  let watcher: NetconfClient;
  let port: number;
  let hostKey: string;
  let id: number;

  beforeAll(async () => {
    hostKey = /SHA256:\S+/.exec(await program.must('init', '--listen', '127.0.0.1:0'))?.[0] ?? '';
    port = await program.serve();
    await program.must('pool', 'add', 'calls', '--class', 'c', '--prefix', '203.0.113.0/24');
    watcher = unwrap(await connectUnix(join(program.folder, 'headend.sock')));
    watcher.listen((event) => void come.push(event));
  });
  afterAll(async () => {
    await watcher.close();
    await program.dispose();
  });

  const next = (name: string) =>
    eventually(() => {
      const index = come.findIndex(({ content }) => content.name === name);
      return index >= 0 && come.splice(index, 1)[0]!.content;
    });

  it('gets all pools at first', async () => {
    const made = await watcher.establishSubscription({
      datastore: 'running',
      filter: { subtree: POOLS },
      onChange: {},
    });
    id = unwrap(made).id;
    const update = await next('push-update');
    expect(writeXml(update)).toContain('<name>calls</name>');
    expect(writeXml(update)).not.toContain('<nacm');
  });

  it('is told when another operator adds, changes and removes a pool', async () => {
    await program.must('pool', 'add', 'films', '--class', 'f', '--prefix', '198.51.100.0/24');
    expect(editsOf(await next('push-change-update'))).toEqual(['create /sublane-headend:headend/pool=films']);
    await program.must('config', 'rollback', String(await newestVersion(-1)));
    expect(editsOf(await next('push-change-update'))).toEqual(['delete /sublane-headend:headend/pool=films']);
  });

  it('sees its subscription among the state of the headend', async () => {
    const subscriptions = '<subscriptions xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"/>';
    const { data } = unwrap(await watcher.get({ filter: { subtree: subscriptions } }));
    const text = writeXml(data!);
    expect(text).toContain(`<id>${id}</id>`);
    expect(text).toContain('<sent-event-records>3</sent-event-records>');
  });

  it('gets state from time to time, and only what a filter narrows down', async () => {
    const sessions =
      '<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><statistics/></netconf-state>';
    const made = await watcher.establishSubscription({
      datastore: 'operational',
      filter: { subtree: sessions },
      periodic: { period: 100 },
    });
    expect(made.ok).toBe(true);
    for (let updates = 0; updates < 2; updates++) {
      expect(writeXml(await next('push-update'))).toContain('<in-sessions>');
    }
    await watcher.deleteSubscription(unwrap(made).id);
  });

  it('a host may not', async () => {
    const key = newKey('laptop');
    writeFileSync(program.file('laptop.pub'), key.public);
    await addBestEffort(program, 'alice');
    await program.must('host', 'enrol', 'laptop', '--subscriber', 'alice', '--key', program.file('laptop.pub'));
    const { client } = await Host.open(port, 'laptop', key, hostKey);
    for (const target of [{ stream: 'NETCONF' }, { datastore: 'running', onChange: {} } as const]) {
      const refused = await client.establishSubscription(target);
      expect(refused).toMatchObject({ ok: false, failure: { kind: 'refused', errors: [{ tag: 'access-denied' }] } });
    }
    const killed = await client.killSubscription(id);
    expect(killed).toMatchObject({ ok: false, failure: { errors: [{ tag: 'access-denied' }] } });
    await client.close();
  });

  async function newestVersion(back: number): Promise<number> {
    const [newest] = await program.json<readonly { readonly version: number }[]>('config', 'history');
    return newest!.version + back;
  }
});

function editsOf(update: XmlElement): string[] {
  const patch = childElement(childElement(update, 'datastore-changes')!, 'yang-patch')!;
  return childElements(patch)
    .filter(({ name }) => name === 'edit')
    .map((edit) => ['operation', 'target'].map((name) => elementText(childElement(edit, name)!)).join(' '));
}
