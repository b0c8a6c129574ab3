import { encodeNotification as envelope } from '@sublane/netconf';
import { openContext } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { expect, test } from 'vitest';
import type { AuditEntry } from '../store/records.ts';
import { time } from '../store/store-fixture.ts';
import { eventOf, notificationEvent } from './trail-events.ts';

const context = openContext(Libyang.load(), 'headend');

/** What is told of a row, once libyang has found it valid. */
function told(entry: Omit<AuditEntry, 'at'>) {
  const event = eventOf({ at: time(0), ...entry });
  if (event === undefined) return undefined;
  const read = context.readNotification(envelope(new Date(event.at).toISOString(), event.xml));
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  expect([read.value.module, read.value.name, event.at]).toEqual([event.module, event.name, time(0)]);
  return { name: event.name, about: event.about, content: read.value.content };
}

const released = { event: 'lease-released', hostId: 'laptop', groupId: 2 } as const;

test('a lane that somebody else than its host ends is withdrawn, with the reason where there is one', () => {
  expect(told({ ...released, actor: 'olga', detail: { lease: '7', reason: 'why & how' } })).toEqual({
    name: 'service-withdrawn',
    about: 'laptop',
    content: { 'host-id': 'laptop', 'group-id': [2], reason: 'why & how', grace: 0 },
  });
  expect(told({ ...released, actor: 'radius isp', detail: {} })?.content).toMatchObject({
    reason: 'the provider took it back',
  });
});

test('what a host gives back by itself, and what merely runs out, is not told of', () => {
  expect(told({ ...released, actor: 'laptop', detail: {} })).toBeUndefined();
  expect(told({ ...released, event: 'lease-expired', actor: 'headend', detail: {} })).toBeUndefined();
});

test('pools that fill or are empty are alarms, about no host', () => {
  const detail = { pool: 'films', held: 9, capacity: 10, percent: 90, 'empty-at': time(3600) };
  expect(told({ event: 'pool-filling', actor: 'headend', detail })).toEqual({
    name: 'pool-alarm',
    about: undefined,
    content: {
      pool: 'films',
      state: 'filling',
      held: '9',
      capacity: '10',
      percent: 90,
      'empty-at': '2027-01-15T09:00:00.000+00:00',
    },
  });
  const empty = { pool: 'films', held: 40, capacity: 10, percent: 400 };
  expect(told({ event: 'pool-empty', actor: 'headend', detail: empty })?.content).toMatchObject({ percent: 255 });
});

test('an alarm of an authority is valid too', () => {
  const alarm = { authority: 'isp', server: 'r1', state: 'dead' } as const;
  const event = notificationEvent('sublane-headend:authority-alarm', time(0), alarm);
  expect(context.readNotification(envelope(new Date(event.at).toISOString(), event.xml))).toMatchObject({
    ok: true,
    value: { module: 'sublane-headend', name: 'authority-alarm', content: alarm },
  });
});
