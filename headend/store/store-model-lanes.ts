import { kilobitsPerSecond, seconds, unwrap } from '@sublane/basics';
import { expect } from 'vitest';
import { addressTextsAt } from '../pools/pool-shape.ts';
import { deed, group as laneOf, reservation, time } from './store-fixture.ts';
import {
  GROUPS_MAX,
  type ModelLease,
  type ModelWish,
  QUARANTINE_TIME,
  QUARANTINED_PER_HOST,
  QUARANTINED_PER_SUBSCRIBER,
  type StoreModel,
} from './store-model.ts';
import { HOSTS, kinds, PLAIN, type Real, Step, type StoreCommand, shapeOf } from './store-model-real.ts';

/** One of those held, or nobody's. */
function pick(model: StoreModel, at: number): { readonly host: string; readonly group: number } {
  return model.leases[at % Math.max(1, model.leases.length)] ?? { host: 'laptop', group: 1 };
}

export function request([name, asked, where, valid]: [
  string,
  readonly ModelWish[],
  string | undefined,
  number,
]): StoreCommand {
  return new Step(`request ${name} ${JSON.stringify(asked)} at ${where} for ${valid} s`, async (model, { store }) => {
    const { subscriber: owner } = model.hosts.get(name)!;
    const { plan } = model.subscribers.get(owner)!;
    const groups = asked.map((one) => {
      const keep = model.poolsOf(one.class, ['open', 'draining']);
      const moving = model.poolsOf(one.class, ['moving']);
      const { upld: _, ...plain } = laneOf(one.group);
      return {
        ...plain,
        plan,
        class: one.class,
        guaranteed: one.guaranteed,
        ...(one.upld > 0 && { upld: { rate: kilobitsPerSecond(one.upld) } }),
        ...(one.dnld > 0 && { dnld: { rate: kilobitsPerSecond(one.dnld) } }),
        open: model.poolsOf(one.class, ['open']),
        keep,
        draining: new Set(model.poolsOf(one.class, ['draining'])),
        successors: new Map(moving.map((each) => [each, model.successor(each)])),
        validUntil: time(model.now + valid),
      };
    });
    const expected = model.request(name, asked, where, model.now + valid);
    const answer = await store.leases.reserve(
      reservation(name, groups, {
        subscriber: owner,
        at: time(model.now),
        groupsMax: GROUPS_MAX,
        ...(where !== undefined && { location: where }),
      }),
    );
    if ('refused' in expected) {
      const said = new Set(kinds(model, answer));
      // That an address is in quarantine may be found only as it is written: until then it counts as one to be had, and
      // what is found then is said alone.
      if (expected.refused.has('pool-empty'))
        expect([...expected.refused, 'capacity-exceeded']).toEqual(expect.arrayContaining([...said]));
      else expect(said).toEqual(expected.refused);
      expect(said).not.toContain('ok');
      return;
    }
    const given = unwrap(answer);
    expect(given.map(({ groupId }) => groupId)).toEqual(asked.map((one) => one.group));
    for (const { groupId, id } of given) {
      const before = model.leaseOf(name, groupId);
      if (before !== undefined && model.isLive(before)) expect(id).toBe(model.ids.get(`${name} ${groupId}`));
      else expect(model.usedIds.has(id)).toBe(false);
      model.usedIds.add(id);
      model.ids.set(`${name} ${groupId}`, id);
    }
    model.leases = expected.after;
    model.resting = expected.resting;
    model.trail.push(...expected.trail);
  });
}

export function renew([at, other, valid]: [number, number | null, number]): StoreCommand {
  return new Step(`renew lease ${at} and group ${other} for ${valid} s`, async (model, { store }) => {
    const { host: name, group: own } = pick(model, at);
    const groups = other === null || other === own ? [own] : [own, other];
    const validUntil = model.now + valid;
    const ends = groups.map((groupId) => ({ groupId, validUntil: time(validUntil) }));
    const answer = await store.leases.extend(name, ends, time(model.now));
    const found = groups.map((one) => model.leaseOf(name, one));
    const standing = model.standing(name);
    if (found.some((one) => one === undefined || !model.isLive(one)))
      expect(new Set(kinds(model, answer))).toEqual(new Set(['lease-unknown']));
    else if (standing !== undefined) expect(kinds(model, answer)).toEqual([standing]);
    else {
      unwrap(answer);
      model.leases = model.leases.map((one) => (found.includes(one) ? { ...one, validUntil } : one));
    }
  });
}

export function release([at, other]: [number, number | null]): StoreCommand {
  return new Step(`release lease ${at} and group ${other}`, async (model, real) => {
    const { host: name, group: own } = pick(model, at);
    await giveBack(model, real, name, other === null || other === own ? [own] : [own, other]);
  });
}

export function releaseAll(name: string): StoreCommand {
  return new Step(`release all of ${name}`, (model, real) => giveBack(model, real, name, []));
}

async function giveBack(model: StoreModel, { store }: Real, name: string, groups: readonly number[]): Promise<void> {
  const ended = model.leases.filter((one) => one.host === name && (groups.length === 0 || groups.includes(one.group)));
  expect(unwrap(await store.leases.release(name, groups, deed(model.now, name)))).toHaveLength(ended.length);
  model.end(ended, model.released);
}

export function releaseByOperator(at: number): StoreCommand {
  return new Step(`take back lease ${at}`, async (model, { store }) => {
    const one = model.leases[at % Math.max(1, model.leases.length)];
    const id = one === undefined ? '999999999' : model.ids.get(`${one.host} ${one.group}`)!;
    const answer = await store.leases.releaseById(id, deed(model.now));
    if (one === undefined) expect(kinds(model, answer)).toEqual(['record-unknown']);
    else {
      unwrap(answer);
      model.end([one], () => 'lease-released');
    }
  });
}

export function expire(limit: number): StoreCommand {
  return new Step(`expire ${limit}`, async (model, { store }) => {
    const over = model.leases.filter((one) => !model.isLive(one));
    const taken = unwrap(await store.leases.expire(time(model.now), limit));
    expect(taken).toHaveLength(Math.min(limit, over.length));
    const ended = taken.map(({ hostId, groupId }) => model.leaseOf(hostId, groupId) as ModelLease);
    for (const one of ended) expect(over).toContain(one);
    // The longest ended first.
    const left = over.filter((one) => !ended.includes(one)).map(({ validUntil }) => validUntil);
    for (const one of ended) expect(Math.min(...left)).toBeGreaterThanOrEqual(one.validUntil);
    model.end(ended, () => 'lease-expired');
    model.endRests(limit);
  });
}

export function wait(seconds: number): StoreCommand {
  return new Step(`wait ${seconds} s`, async (model) => {
    model.now += seconds;
  });
}

export function report([at, what]: [number, string]): StoreCommand {
  return new Step(`report lease ${at} ${what}`, async (model, { store }) => {
    const earlier = model.quarantine[at];
    const { host: name, group: groupId } =
      what === 'unknown' ? (earlier ?? { host: 'phone', group: 9 }) : pick(model, at);
    const conflict = what !== 'applied';
    const lease = model.leaseOf(name, groupId);
    const told = model.quarantine.find((one) => one.host === name && one.group === groupId);
    const where = conflict ? (lease ?? told) : undefined;
    const state = conflict ? ('address-conflict' as const) : ('applied' as const);
    const conflictAddresses = where === undefined ? [] : [addressOf(where)];
    const answer = await store.leases.report(
      name,
      [{ groupId, report: { state, at: time(model.now), conflictAddresses } }],
      () => ({
        time: seconds(QUARANTINE_TIME),
        perHost: QUARANTINED_PER_HOST,
        perSubscriber: QUARANTINED_PER_SUBSCRIBER,
      }),
    );
    if (lease === undefined) expect(kinds(model, answer)).toEqual([where === undefined ? 'lease-unknown' : 'ok']);
    else if (!conflict) {
      expect(unwrap(answer)).toEqual([]);
      if (!lease.reported) model.trail.push(`lane-reported ${name} ${groupId}`);
      model.leases = model.leases.map((one) => (one === lease ? { ...one, reported: true } : one));
    } else if (isFull(model, lease)) expect(kinds(model, answer)).toEqual(['quarantine-full']);
    else {
      expect(unwrap(answer)).toHaveLength(1);
      model.trail.push(`lane-reported ${name} ${groupId}`);
      const { index } = lease;
      const until = model.now + QUARANTINE_TIME;
      model.quarantine = [...model.quarantine, { pool: lease.pool, index, host: name, group: groupId, until }];
      model.end([lease], () => 'address-quarantined', true);
    }
  });
}

/** Whether this host's reports, or those of its subscriber's hosts, keep back enough of the pool. */
function isFull(model: StoreModel, { pool: name, host: reporter, subscriber: owner }: ModelLease): boolean {
  const there = model.quarantine.filter((one) => one.pool === name);
  return (
    there.filter((one) => one.host === reporter).length >= QUARANTINED_PER_HOST ||
    there.filter((one) => HOSTS[one.host] === owner).length >= QUARANTINED_PER_SUBSCRIBER
  );
}

const addressOf = ({ pool: name, index }: { readonly pool: string; readonly index: number }): string =>
  addressTextsAt(shapeOf(name, { ...PLAIN, class: '', length: 28 }), index).ipv4!;

export function liftQuarantine(at: number): StoreCommand {
  return new Step(`release quarantine ${at}`, async (model, { store }) => {
    const one = model.quarantine[at];
    const answer = await store.quarantine.release(one === undefined ? '192.0.2.200' : addressOf(one), deed(model.now));
    if (one === undefined) expect(kinds(model, answer)).toEqual(['record-unknown']);
    else {
      unwrap(answer);
      model.quarantine = model.quarantine.filter((each) => each !== one);
      model.trail.push(`quarantine-released ${one.host} ${one.group}`);
    }
  });
}

export function endQuarantine(limit: number): StoreCommand {
  return new Step(`end quarantines, ${limit}`, async (model, { store }) => {
    const over = model.quarantine.filter(({ until }) => until <= model.now);
    const ended = unwrap(await store.quarantine.expire(time(model.now), limit));
    expect(ended).toHaveLength(Math.min(limit, over.length));
    for (const { ipv4 } of ended) {
      const one = over.find((each) => addressOf(each) === ipv4);
      expect(one).toBeDefined();
      model.quarantine = model.quarantine.filter((each) => each !== one);
      model.trail.push(`quarantine-ended ${one?.host} ${one?.group}`);
    }
  });
}
