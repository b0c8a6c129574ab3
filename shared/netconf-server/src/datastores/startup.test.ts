import { ok, unwrap } from '@sublane/basics';
import { CAPABILITY } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { confirmed, copy, deleteConfig, edit, getConfig, labOf, said, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';
import { MemoryPersistence } from '../testing/memory-persistence.ts';

const A = '<name>a</name>';
const FACTORY = inLab('<name>factory</name>');

async function open(more = {}) {
  const persistence = new MemoryPersistence();
  const options = { startup: true, persistence, ...more };
  const datastores = await running(FACTORY, options);
  const server = serve({ datastores });
  const restart = async () => (await running(FACTORY, options)).running.read().xml;
  return { datastores, persistence, server, restart, ann: await connect(server) };
}

describe('startup', () => {
  test('is announced where it is offered, and not known where not', async () => {
    const { server } = await open();
    expect(server.capabilities).toContain(CAPABILITY.startup);
    const without = serve({ datastores: await running() });
    expect(without.capabilities).not.toContain(CAPABILITY.startup);
    const client = await connect(without);
    for (const operation of [getConfig('startup'), copy('<running/>', '<startup/>'), deleteConfig('<startup/>')])
      expect(await said(client, operation)).toBe('operation-not-supported');
  });

  test('is what a start loads, and not what running became (RFC 6241 §8.7.1)', async () => {
    const { ann, restart } = await open();
    expect(await said(ann, edit('running', A))).toBe('ok');
    expect(await labOf(ann, 'startup')).toBe('<name>factory</name>');
    expect(await restart()).toBe(FACTORY);
    expect(await said(ann, edit('running', A))).toBe('ok');
    expect(await said(ann, copy('<running/>', '<startup/>'))).toBe('ok');
    expect(await labOf(ann, 'startup')).toBe(A);
    expect(await restart()).toBe(inLab(A));
  });

  test('deleted, the next start takes the factory defaults (§8.7.5.1)', async () => {
    const { ann, restart, persistence } = await open();
    await said(ann, edit('running', A));
    await said(ann, copy('<running/>', '<startup/>'));
    expect(await said(ann, deleteConfig('<startup/>'))).toBe('ok');
    expect(await labOf(ann, 'startup')).toBe('<name>factory</name>');
    expect(await labOf(ann, 'running')).toBe(A);
    expect(persistence.saved).toEqual({ running: inLab(A), startup: FACTORY });
    expect(await said(ann, deleteConfig('<startup/>'))).toBe('ok');
    expect(await restart()).toBe(FACTORY);
  });

  test('is copied from and to, validated, and not edited', async () => {
    const { ann } = await open({ candidate: true });
    expect(await said(ann, copy(`<config>${inLab(A)}</config>`, '<startup/>'))).toBe('ok');
    expect(await said(ann, copy('<startup/>', '<candidate/>'))).toBe('ok');
    expect(await labOf(ann, 'candidate')).toBe(A);
    expect(await said(ann, validate('<startup/>'))).toBe('ok');
    expect(await said(ann, edit('startup', A))).toBe('operation-not-supported');
  });

  test('takes nothing that could not start', async () => {
    const { ann } = await open({ candidate: true });
    expect(await said(ann, edit('candidate', '<first-box>9</first-box>'))).toBe('ok');
    expect(await said(ann, copy('<candidate/>', '<startup/>'))).toBe('data-missing');
    expect(await labOf(ann, 'startup')).toBe('<name>factory</name>');
  });

  test('is told of, with its author', async () => {
    const { ann, datastores } = await open();
    const told: unknown[] = [];
    datastores.watch((event) => {
      if (event.kind === 'changed') told.push([event.datastore, event.commit.session?.identity.user]);
    });
    await said(ann, edit('running', A));
    await said(ann, copy('<running/>', '<startup/>'));
    await said(ann, copy('<running/>', '<startup/>'));
    expect(told).toEqual([
      ['running', 'ann'],
      ['startup', 'ann'],
    ]);
  });

  test('is not what an unconfirmed commit left (§8.4.1)', async () => {
    const { ann, restart } = await open({ candidate: true });
    await said(ann, edit('candidate', A));
    expect(await said(ann, confirmed())).toBe('ok');
    expect(await restart()).toBe(FACTORY);
  });

  test('that cannot be saved stays as it was', async () => {
    const { ann, persistence, datastores } = await open();
    persistence.full = true;
    expect(await said(ann, copy(`<config>${inLab(A)}</config>`, '<startup/>'))).toBe('operation-failed');
    expect(datastores.startup?.read().xml).toBe(FACTORY);
    persistence.full = false;
    unwrap(await datastores.startup!.replace(() => ok(inLab(A))));
    expect(datastores.startup?.read().xml).toBe(inLab(A));
  });

  test('where it was not offered before is what the device started with then', async () => {
    const persistence = new MemoryPersistence();
    persistence.saved = { running: inLab(A) };
    const datastores = await running(FACTORY, { startup: true, persistence });
    expect(datastores.running.read().xml).toBe(inLab(A));
    expect(datastores.startup?.read().xml).toBe(inLab(A));
    persistence.saved = { running: inLab(A), revertTo: inLab('<name>b</name>') };
    const reverted = await running(FACTORY, { startup: true, persistence });
    expect(reverted.running.read().xml).toBe(inLab('<name>b</name>'));
    // No longer offered, running is what counts again.
    persistence.saved = { running: inLab(A), startup: FACTORY };
    expect((await running(FACTORY, { persistence })).running.read().xml).toBe(inLab(A));
  });
});
