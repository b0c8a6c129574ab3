import { unwrap } from '@sublane/basics';
import { expect } from 'vitest';
import { deed } from './store-fixture.ts';
import { indexesOf, type ModelLease, type ModelPool, type ModelReservation } from './store-model.ts';
import { commit, kinds, PLAIN, Step, type StoreCommand } from './store-model-real.ts';

/** Opens, drains, or lets it move to the other pool of its class. */
export function setState([name, state]: [string, ModelPool['state']]): StoreCommand {
  return new Step(`pool ${name} is ${state}`, async (model, real) => {
    const present = model.pools.get(name);
    const other = [...model.pools.keys()].find(
      (each) => each !== name && model.pools.get(each)?.class === present?.class,
    );
    // As a commit asks for it: a pool moves to one that is there, and not in a circle.
    const moves = state === 'moving' && other !== undefined && model.successor(other) !== name;
    if (present !== undefined && (state !== 'moving' || moves)) {
      const { successor: _, ...plain } = present;
      model.pools.set(name, { ...plain, state, ...(moves && { successor: other }) });
    }
    unwrap(await commit(model, real, model.pools));
  });
}

/** Grows, shrinks, begins elsewhere, excludes, reserves, lets rest, and adds what was removed. */
export function layOut([name, [begin, length], without, wished, rest]: [
  string,
  readonly [begin: number, length: number],
  readonly number[],
  readonly ModelReservation[],
  number,
]): StoreCommand {
  const indexes = indexesOf({ begin, length });
  const excluded = without.filter((index) => indexes.includes(index));
  const reserved = wished.filter(({ index }) => indexes.includes(index) && !excluded.includes(index));
  const text = `${begin}/${length} without ${excluded}, reserved ${JSON.stringify(reserved)}, rest ${rest} s`;
  return new Step(`pool ${name} ${text}`, async (model, real) => {
    const service = name === 'films' ? 'films' : 'calls';
    const before = model.pools.get(name);
    const next: ModelPool = { ...PLAIN, class: service, ...before, begin, length, excluded, reserved, rest };
    const held = model.leases.filter((one) => one.pool === name);
    const outside = held.some(({ index }) => !indexes.includes(index));
    const taken = reserved
      .filter((one) => !before?.reserved.some((other) => JSON.stringify(other) === JSON.stringify(one)))
      .some(({ index, subscriber: owner, host: only }) =>
        held.some(
          (one) => one.index === index && (one.subscriber !== owner || (only !== undefined && only !== one.host)),
        ),
      );
    const answer = await commit(model, real, new Map([...model.pools, [name, next]]));
    expect(kinds(model, answer)).toEqual([outside || taken ? 'record-in-use' : 'ok']);
    if (answer.ok) model.pools.set(name, next);
    model.forgetRests();
  });
}

export function removePool([name, emptied]: [string, boolean]): StoreCommand {
  return new Step(`${emptied ? 'empty and ' : ''}remove ${name}`, async (model, real) => {
    if (emptied) {
      const ended = model.leases.filter((one) => one.pool === name);
      const leaseIds = ended.map((one) => model.ids.get(`${one.host} ${one.group}`)!);
      expect(unwrap(await real.store.leases.withdraw({ leaseIds }, deed(model.now)))).toHaveLength(ended.length);
      model.end(ended, model.released);
    }
    if ([...model.pools.values()].some(({ successor }) => successor === name)) return;
    const held = model.leases.some((one) => one.pool === name);
    const answer = await commit(model, real, new Map([...model.pools].filter(([each]) => each !== name)));
    expect(kinds(model, answer)).toEqual([held ? 'record-in-use' : 'ok']);
    if (answer.ok) model.pools.delete(name);
    model.forgetRests();
  });
}

export function place([name, dnld, there]: [string, number | undefined, boolean]): StoreCommand {
  return new Step(`${there ? 'location' : 'remove location'} ${name} ${dnld}`, async (model, real) => {
    const parent = name === 'cell' && model.locations.has('region') ? { parent: 'region' } : {};
    if (there) model.locations.set(name, { ...parent, ...(dnld !== undefined && { dnld, upld: 2000 }) });
    else {
      model.locations.delete(name);
      // As a commit asks for it: nobody is part of what is not there.
      const cell = model.locations.get('cell');
      if (name === 'region' && cell !== undefined) {
        const { parent: _, ...alone } = cell;
        model.locations.set('cell', alone);
      }
    }
    unwrap(await commit(model, real, model.pools));
  });
}

export function revoke(name: string): StoreCommand {
  return new Step(`revoke ${name}`, async (model, { store }) => {
    const known = model.hosts.get(name)!;
    const answer = await store.hosts.revoke(name, deed(model.now));
    expect(kinds(model, answer)).toEqual([known.revoked ? 'record-unknown' : 'ok']);
    if (!answer.ok) return;
    model.hosts.set(name, { ...known, revoked: true });
    model.trail.push(`host-revoked ${name} -`);
    model.end(
      model.leases.filter((one) => one.host === name),
      model.released,
    );
  });
}

export function enrol(name: string): StoreCommand {
  return new Step(`enrol ${name}`, async (model, { store }) => {
    const known = model.hosts.get(name)!;
    const publicKey = `ssh-ed25519 ${name} ${known.keys + 1}`;
    const answer = await store.hosts.enrol({ hostId: name, subscriber: known.subscriber, publicKey }, deed(model.now));
    expect(kinds(model, answer)).toEqual([known.revoked ? 'ok' : 'record-exists']);
    if (!answer.ok) return;
    model.hosts.set(name, { ...known, keys: known.keys + 1, revoked: false });
    model.trail.push(`host-enrolled ${name} -`);
  });
}

export function suspend([name, suspended]: [string, boolean]): StoreCommand {
  return new Step(`${suspended ? 'suspend' : 'resume'} ${name}`, async (model, { store }) => {
    unwrap(await store.subscribers.change(name, { suspended }, deed(model.now)));
    model.subscribers.set(name, { ...model.subscribers.get(name)!, suspended });
    model.trail.push('subscriber-changed - -');
    if (suspended)
      model.end(
        model.leases.filter((one) => one.subscriber === name),
        model.released,
      );
  });
}

export function changePlan([name, plan]: [string, string]): StoreCommand {
  return new Step(`plan ${plan} for ${name}`, async (model, { store }) => {
    const before = model.subscribers.get(name)!;
    unwrap(await store.subscribers.change(name, { plan }, deed(model.now)));
    model.subscribers.set(name, { ...before, plan });
    model.trail.push('subscriber-changed - -');
    if (before.plan !== plan) model.recall((one) => one.subscriber === name);
  });
}

export function recall(selection: { readonly hostId: string } | { readonly subscriber: string }): StoreCommand {
  return new Step(`recall ${JSON.stringify(selection)}`, async (model, { store }) => {
    const fits = (one: ModelLease) =>
      'hostId' in selection ? one.host === selection.hostId : one.subscriber === selection.subscriber;
    const called = await store.leases.recall(selection, deed(model.now));
    expect(unwrap(called)).toHaveLength(model.recall(fits));
  });
}

export function reopen(): StoreCommand {
  return new Step('close and open', async (_, real) => {
    if (real.reopen !== undefined) real.store = await real.reopen();
  });
}
