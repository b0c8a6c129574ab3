import { failed, ManualClock, milliseconds, ok, seconds } from '@sublane/basics';
import { elementText, rpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import type { DatastoreEvent } from '../datastores.ts';
import type { DatastoreOptions } from '../open-datastores.ts';
import { confirmed, edit, labOf, lock, said, unlock } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';
import { MemoryPersistence } from '../testing/memory-persistence.ts';

const A = '<name>a</name>';
const B = '<name>b</name>';

/** Two sessions before datastores that hold A. */
async function open(more: Partial<DatastoreOptions> = {}) {
  const clock = new ManualClock();
  const persistence = new MemoryPersistence();
  const datastores = await running(inLab(A), { candidate: true, clock, persistence, ...more });
  const events: string[] = [];
  datastores.watch((event) => void events.push(...told(event)));
  const server = serve({ datastores });
  const [ann, ben] = [await connect(server), await connect(server, 'ben')];
  const pass = async (seconds: number) => {
    await clock.advance(milliseconds(seconds * 1000));
    await datastores.settled();
  };
  const end = async (client: typeof ann) => {
    client.stream.destroy();
    await client.closed;
    await datastores.settled();
  };
  return { datastores, persistence, events, server, ann, ben, pass, end, clock };
}

function told(event: DatastoreEvent): string[] {
  if (event.kind === 'confirmed-commit') return [`${event.event} ${event.session?.id ?? '-'} ${event.timeout ?? '-'}`];
  return event.kind === 'revert-refused' ? [`revert-refused ${event.errors.map(({ tag }) => tag)}`] : [];
}

const id = (persist: string) => `<persist-id>${persist}</persist-id>`;
const confirming = (persist: string) => `<commit>${id(persist)}</commit>`;

describe('a confirmed commit', () => {
  test('is taken back when its time is over (RFC 6241 §8.4.1)', async () => {
    const { ann, pass, events, persistence } = await open();
    expect(await said(ann, edit('candidate', B))).toBe('ok');
    expect(await said(ann, confirmed())).toBe('ok');
    expect(persistence.saved).toEqual({ running: inLab(B), revertTo: inLab(A) });
    await pass(599);
    expect(await labOf(ann, 'running')).toBe(B);
    await pass(1);
    expect(await labOf(ann, 'running')).toBe(A);
    expect(await labOf(ann, 'candidate')).toBe(A);
    expect(persistence.saved).toEqual({ running: inLab(A) });
    expect(events).toEqual(['start 1 600', 'timeout - -']);
    expect(persistence.purposes).toEqual(['running confirmed', 'running revert']);
  });

  test('stays when it is confirmed', async () => {
    const { ann, pass, events, persistence } = await open();
    expect(await said(ann, edit('candidate', B))).toBe('ok');
    expect(await said(ann, confirmed('<confirm-timeout>120</confirm-timeout>'))).toBe('ok');
    await pass(119);
    expect(await said(ann, '<commit/>')).toBe('ok');
    expect(persistence.saved).toEqual({ running: inLab(B) });
    await pass(1000);
    expect(await labOf(ann, 'running')).toBe(B);
    expect(events).toEqual(['start 1 120', 'complete 1 -']);
    expect(persistence.purposes).toEqual(['running confirmed', 'running confirm']);
  });

  test('is extended by another, whose changes go with it', async () => {
    const { ann, pass, events } = await open();
    await said(ann, edit('candidate', B));
    expect(await said(ann, confirmed('<confirm-timeout>10</confirm-timeout>'))).toBe('ok');
    await pass(9);
    await said(ann, edit('candidate', '<level>9</level>'));
    expect(await said(ann, confirmed('<confirm-timeout>20</confirm-timeout>'))).toBe('ok');
    await pass(19);
    expect(await labOf(ann, 'running')).toBe(`${B}<level>9</level>`);
    await pass(1);
    expect(await labOf(ann, 'running')).toBe(A);
    expect(events).toEqual(['start 1 10', 'extend 1 20', 'timeout - -']);
  });

  test('is confirmed with further changes', async () => {
    const { ann, pass } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    await said(ann, edit('candidate', '<level>9</level>'));
    expect(await said(ann, '<commit/>')).toBe('ok');
    await pass(1000);
    expect(await labOf(ann, 'running')).toBe(`${B}<level>9</level>`);
  });

  test('is cancelled', async () => {
    const { ann, ben, events, persistence, pass } = await open();
    expect(await said(ann, '<cancel-commit/>')).toBe('operation-failed');
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    expect(await said(ben, '<cancel-commit/>')).toBe('in-use');
    expect(await said(ann, '<cancel-commit/>')).toBe('ok');
    expect(await labOf(ann, 'running')).toBe(A);
    expect(persistence.saved).toEqual({ running: inLab(A) });
    await pass(1000);
    expect(events).toEqual(['start 1 600', 'cancel 1 -']);
  });

  test('without changes waits as well, and takes back what comes meanwhile', async () => {
    const { ann, pass } = await open();
    expect(await said(ann, confirmed())).toBe('ok');
    await said(ann, edit('running', B));
    await pass(600);
    expect(await labOf(ann, 'running')).toBe(A);
  });

  test.each(['0', '-1', '4294967296', 'soon', ''])('has no time of "%s"', async (time) => {
    const { ann } = await open();
    expect(await said(ann, confirmed(`<confirm-timeout>${time}</confirm-timeout>`))).toBe('invalid-value');
  });

  test('has no more time than the application lets it have', async () => {
    const { ann } = await open({ longestTrial: seconds(60) });
    await said(ann, edit('candidate', B));
    const [error] = await ann.errors(confirmed('<confirm-timeout>61</confirm-timeout>'));
    expect(error).toMatchObject({ tag: 'invalid-value', message: expect.stringContaining('1 to 60 seconds') });
    expect(await said(ann, confirmed('<confirm-timeout>60</confirm-timeout>'))).toBe('ok');
  });

  test('may have 136 years', async () => {
    const { ann, pass } = await open();
    await said(ann, edit('candidate', B));
    expect(await said(ann, confirmed('<confirm-timeout>4294967295</confirm-timeout>'))).toBe('ok');
    await pass(4_294_967_294);
    expect(await labOf(ann, 'running')).toBe(B);
    await pass(1);
    expect(await labOf(ann, 'running')).toBe(A);
  });

  test.each(['<confirm-timeout>5</confirm-timeout>', '<persist>x</persist>'])(
    'is not made by %s alone',
    async (parameter) => {
      const { ann } = await open();
      const [error] = await ann.errors(`<commit>${parameter}</commit>`);
      expect(error?.tag).toBe('missing-element');
      expect(error?.info?.map(elementText)).toEqual(['confirmed']);
    },
  );
});

describe('another session', () => {
  test('neither confirms nor continues it, and commits nothing meanwhile', async () => {
    const { ann, ben, pass } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    for (const operation of ['<commit/>', confirmed(), confirmed('<persist>x</persist>')])
      expect(await said(ben, operation)).toBe('in-use');
    expect(await said(ben, confirming('x'))).toBe('invalid-value');
    await pass(600);
    expect(await said(ben, edit('candidate', B))).toBe('ok');
    expect(await said(ben, '<commit/>')).toBe('ok');
  });

  test('does not get the lock of running meanwhile (§7.5)', async () => {
    const { ann, ben } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    const [error] = await ben.errors(lock('running'));
    expect([error?.tag, error?.info?.map(elementText)]).toEqual(['lock-denied', ['1']]);
    expect(await said(ann, lock('running'))).toBe('ok');
    expect(await said(ann, unlock('running'))).toBe('ok');
    expect(await said(ann, '<commit/>')).toBe('ok');
    expect(await said(ben, lock('running'))).toBe('ok');
  });

  test('may edit running meanwhile, and its changes are taken back too (§8.4.1)', async () => {
    const { ann, ben, pass, persistence } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    expect(await said(ben, edit('running', '<level>3</level>'))).toBe('ok');
    expect(persistence.saved?.revertTo).toBe(inLab(A));
    await pass(600);
    expect(await labOf(ben, 'running')).toBe(A);
  });
});

describe('the end of the session', () => {
  test('takes it back at once', async () => {
    const { ann, ben, end, events } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    await end(ann);
    expect(await labOf(ben, 'running')).toBe(A);
    expect(events).toEqual(['start 1 600', 'cancel 1 -']);
  });

  test('by kill-session too (§7.9)', async () => {
    const { ann, ben, datastores } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    expect(await said(ben, '<kill-session><session-id>1</session-id></kill-session>')).toBe('ok');
    await datastores.settled();
    expect(await labOf(ben, 'running')).toBe(A);
  });

  test('takes back nothing with a token, and any session confirms', async () => {
    const { ann, ben, end, pass, events } = await open();
    await said(ann, edit('candidate', B));
    expect(await said(ann, confirmed('<persist>IQ,d4668</persist>'))).toBe('ok');
    await end(ann);
    expect(await labOf(ben, 'running')).toBe(B);
    expect(await said(ben, '<commit/>')).toBe('in-use');
    expect(await said(ben, confirming('IQ'))).toBe('invalid-value');
    const [error] = await ben.errors(lock('running'));
    expect([error?.tag, error?.info?.map(elementText)]).toEqual(['lock-denied', ['0']]);
    expect(await said(ben, confirming('IQ,d4668'))).toBe('ok');
    await pass(1000);
    expect(await labOf(ben, 'running')).toBe(B);
    expect(events).toEqual(['start 1 600', 'complete 2 -']);
  });

  test('with a token: who issued it must name it as well, and it is cancelled by its name', async () => {
    const { ann, ben } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed('<persist>t</persist>'));
    expect(await said(ann, '<commit/>')).toBe('in-use');
    expect(await said(ben, '<cancel-commit/>')).toBe('in-use');
    expect(await said(ben, `<cancel-commit>${id('u')}</cancel-commit>`)).toBe('invalid-value');
    expect(await said(ben, `<cancel-commit>${id('t')}</cancel-commit>`)).toBe('ok');
    expect(await labOf(ben, 'running')).toBe(A);
  });

  test('with a token: it is not cancelled under the lock of another', async () => {
    const { ann, ben } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed('<persist>t</persist>'));
    expect(await said(ann, lock('running'))).toBe('ok');
    expect(await said(ben, `<cancel-commit>${id('t')}</cancel-commit>`)).toBe('in-use');
    expect(await said(ben, confirming('t'))).toBe('in-use');
    expect(await said(ann, `<cancel-commit>${id('t')}</cancel-commit>`)).toBe('ok');
  });

  test('a follow-up keeps the token, or sets another', async () => {
    const { ann, ben, end } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed('<persist>t</persist>'));
    expect(await said(ben, confirmed(id('t')))).toBe('ok');
    await end(ben);
    expect(await labOf(ann, 'running')).toBe(B);
    expect(await said(ann, confirmed(`<persist>u</persist>${id('t')}`))).toBe('ok');
    expect(await said(ann, confirming('t'))).toBe('invalid-value');
    expect(await said(ann, confirming('u'))).toBe('ok');
  });
});

describe('a restart', () => {
  test('takes it back, token or not (§8.4.1)', async () => {
    const { ann, datastores, persistence } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed('<persist>t</persist>'));
    await datastores.close();
    const asked: string[] = [];
    const participant = {
      name: 'p',
      apply: ({ purpose, changes }: { purpose: string; changes: readonly unknown[] }) => {
        asked.push(`${purpose} ${changes.length}`);
        return ok();
      },
    };
    const again = await running('', { candidate: true, persistence, participants: [participant] });
    expect(again.running.read().xml).toBe(inLab(A));
    expect(again.candidate?.read().xml).toBe(inLab(A));
    expect(persistence.saved).toEqual({ running: inLab(A) });
    expect(asked).toEqual(['revert 1']);
  });

  test('after the confirmation takes nothing back', async () => {
    const { ann, persistence } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    await said(ann, '<commit/>');
    expect((await running('', { candidate: true, persistence })).running.read().xml).toBe(inLab(B));
  });

  test('finds what the schema of today does not take: what was before is restored', async () => {
    const persistence = new MemoryPersistence();
    persistence.saved = { running: '<gone xmlns="urn:example:gone"/>', revertTo: inLab(A) };
    const again = await running('', { candidate: true, persistence });
    expect(again.running.read().xml).toBe(inLab(A));
    expect(persistence.saved).toEqual({ running: inLab(A) });
  });
});

describe('a revert that a participant refuses', () => {
  const stubborn = () => {
    const state = { refuses: true, asked: 0 };
    const participant = {
      name: 'stubborn',
      apply: ({ purpose }: { purpose: string }) => {
        if (purpose !== 'revert') return ok();
        state.asked++;
        return state.refuses ? failed([rpcError.inUse('application', { message: 'leases are held' })]) : ok();
      },
    };
    return { state, participants: [participant] };
  };

  test('is tried again until nobody does; what is to be restored stays saved', async () => {
    const { state, participants } = stubborn();
    const { ann, pass, persistence, events } = await open({ participants });
    await said(ann, edit('candidate', B));
    await said(ann, confirmed('<confirm-timeout>10</confirm-timeout>'));
    await pass(10);
    expect(await labOf(ann, 'running')).toBe(B);
    expect(persistence.saved).toEqual({ running: inLab(B), revertTo: inLab(A) });
    await pass(100);
    expect(state.asked).toBeGreaterThan(2);
    expect(new Set(events)).toEqual(new Set(['start 1 10', 'timeout - -', 'revert-refused in-use']));
    state.refuses = false;
    await pass(300);
    expect(await labOf(ann, 'running')).toBe(A);
    expect(persistence.saved).toEqual({ running: inLab(A) });
    const asked = state.asked;
    await pass(3000);
    expect(state.asked).toBe(asked);
  });

  test('is ended by whoever commits next, and holds up no lock', async () => {
    const { state, participants } = stubborn();
    const { ann, ben, end, pass, persistence, events } = await open({ participants });
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    await end(ann);
    expect(await said(ben, lock('running'))).toBe('ok');
    // Nothing changes under the lock, although it could be taken back now.
    state.refuses = false;
    await pass(3000);
    expect(await labOf(ben, 'running')).toBe(B);
    expect(await said(ben, edit('candidate', '<level>4</level>'))).toBe('ok');
    expect(await said(ben, '<commit/>')).toBe('ok');
    expect(persistence.saved).toEqual({ running: inLab(`${B}<level>4</level>`) });
    await pass(3000);
    expect(await labOf(ben, 'running')).toBe(`${B}<level>4</level>`);
    expect(events).toEqual(['start 1 600', 'cancel 1 -', 'revert-refused in-use', 'complete 2 -']);
  });

  test('by cancel-commit says why, and goes on waiting', async () => {
    const { state, participants } = stubborn();
    const { ann, events, pass } = await open({ participants });
    await said(ann, edit('candidate', B));
    await said(ann, confirmed());
    expect(await said(ann, '<cancel-commit/>')).toBe('in-use');
    expect(await labOf(ann, 'running')).toBe(B);
    expect(events).toEqual(['start 1 600']);
    state.refuses = false;
    await pass(600);
    expect(await labOf(ann, 'running')).toBe(A);
  });

  test('at a start lets it start, and is tried again', async () => {
    const { state, participants } = stubborn();
    const persistence = new MemoryPersistence();
    const clock = new ManualClock();
    persistence.saved = { running: inLab(B), revertTo: inLab(A) };
    const datastores = await running('', { candidate: true, persistence, participants, clock });
    expect(datastores.running.read().xml).toBe(inLab(B));
    expect(persistence.saved).toEqual({ running: inLab(B), revertTo: inLab(A) });
    state.refuses = false;
    await clock.advance(milliseconds(10_000));
    await datastores.settled();
    expect(datastores.running.read().xml).toBe(inLab(A));
  });
});

describe('what cannot be saved', () => {
  test('is not begun, and not confirmed: it is taken back in time', async () => {
    const { ann, persistence, pass, events } = await open();
    await said(ann, edit('candidate', B));
    persistence.full = true;
    expect(await said(ann, confirmed())).toBe('operation-failed');
    expect(await labOf(ann, 'running')).toBe(A);
    persistence.full = false;
    expect(await said(ann, confirmed())).toBe('ok');
    persistence.full = true;
    expect(await said(ann, '<commit/>')).toBe('operation-failed');
    persistence.full = false;
    await pass(600);
    expect(await labOf(ann, 'running')).toBe(A);
    expect(events).toEqual(['start 1 600', 'timeout - -']);
  });

  test('is not forgotten when it is to be taken back: that is tried again', async () => {
    const { ann, persistence, pass, events } = await open();
    await said(ann, edit('candidate', B));
    await said(ann, confirmed('<confirm-timeout>10</confirm-timeout>'));
    persistence.full = true;
    await pass(10);
    expect(await labOf(ann, 'running')).toBe(B);
    expect(events).toEqual(['start 1 10', 'timeout - -', 'revert-refused operation-failed']);
    persistence.full = false;
    await pass(300);
    expect(await labOf(ann, 'running')).toBe(A);
    expect(persistence.saved).toEqual({ running: inLab(A) });
  });
});
