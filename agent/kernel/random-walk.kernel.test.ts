import { randomInt } from 'node:crypto';
import { systemClock, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import type { LaneWish, Wish } from '../lanes/wish.ts';
import { wishArbitrary } from '../lanes/wish-arbitrary.fixture.ts';
import { differences, hostState } from './host-state.fixture.ts';
import { knowing } from './lacking-kernel.fixture.ts';
import { StoppingKernel } from './stopping-kernel.fixture.ts';
import { type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

/** A walk again: SUBLANE_WALK_SEED=12345; a longer one: SUBLANE_WALK_STEPS=1000. */
const SEED = Number(process.env.SUBLANE_WALK_SEED ?? randomInt(1_000_000));
const STEPS = Number(process.env.SUBLANE_WALK_STEPS ?? 40);

/** What others may do to what is ours. */
const MEDDLING: readonly (readonly string[])[] = [
  ['nft', 'flush', 'ruleset'],
  ['nft', 'flush', 'chain', 'inet', 'sublane', 'leave'],
  ['ip', 'rule', 'flush', 'protocol', '151'],
  ['ip', '-6', 'rule', 'del', 'preference', '30001'],
  ['ip', 'link', 'delete', 'sl1'],
  ['ip', 'link', 'set', 'sl2', 'down'],
  ['ip', 'route', 'flush', 'table', '510001'],
  ['ip', '-6', 'route', 'flush', 'table', '510003'],
  ['ip', 'address', 'flush', 'dev', 'sl3'],
  ['tc', 'qdisc', 'del', 'dev', 'uplink', 'root'],
  ['tc', 'qdisc', 'del', 'dev', 'uplink', 'ingress'],
];

/** Attachments that every kernel can make, but those of one group; WireGuard needs a key, and perhaps a program. */
const here = (wish: Wish): Wish => ({
  ...wish,
  lanes: wish.lanes.map((lane): LaneWish => {
    const { attachment, groupId } = lane;
    const kind = attachment.type === 'tunnel' ? attachment.encapsulation : attachment.type;
    if (['on-link', 'routed', 'vxlan'].includes(kind) || (groupId === 500 && kind !== 'wireguard')) return lane;
    return { ...lane, attachment: { type: 'on-link' } };
  }),
});

describeInLab('a random walk on the real kernel', () => {
  let subscriber: SubscriberHost;
  onSubscriberHost((opened) => {
    subscriber = opened;
  });

  test('of grants, refusals, failures and meddling ends in the state of a fresh apply', async () => {
    const state = () => hostState(subscriber.options.slice as string);
    const known = knowing();
    const pristine = state();
    const engine = subscriber.engine({}, known);
    const now = systemClock.sinceBoot();
    const step = fc.record({
      wish: wishArbitrary(now, ['auto']).map(here),
      at: fc.nat(40),
      kind: fc.constantFrom('grant', 'grant', 'failure', 'meddling', 'renewal', 'restart'),
      meddling: fc.constantFrom(...MEDDLING),
    });
    const history: string[] = [`seed ${SEED}`];
    let last: Wish = wishFor();
    let reached = 0;
    for (const { kind, wish, at, meddling } of fc.sample(step, { seed: SEED, numRuns: STEPS })) {
      history.push(`${kind} ${kind === 'meddling' ? meddling.join(' ') : JSON.stringify(wish)}`);
      if (kind === 'meddling') {
        await subscriber.network.host.run(meddling);
        unwrap(await engine.converge(last));
      } else if (kind === 'restart') {
        unwrap(await subscriber.engine({}, known).repair());
      } else if (kind === 'renewal') {
        const end = systemClock.sinceBoot() + 1_800_000;
        const ends = new Map(last.lanes.map(({ groupId }) => [groupId, end as never]));
        last = { ...last, lanes: last.lanes.map((lane) => ({ ...lane, validUntil: end as never })) };
        unwrap(await engine.extend(ends));
      } else {
        const failing = subscriber.engine({}, (kernel) => new StoppingKernel(known(kernel), at));
        const before = kind === 'failure' ? state() : '';
        const result = await (kind === 'failure' ? failing : engine).converge(wish);
        if (result.ok) {
          last = wish;
          reached++;
        } else {
          // What this kernel lacks, or what was told to fail; else it is a fault.
          const { failure } = result;
          const expected =
            failure.kind === 'unsupported' ||
            (failure.kind === 'refused' && failure.restored && failure.message === 'stopped by the test');
          expect(expected, `${JSON.stringify(failure)}\n${history.join('\n')}`).toBe(true);
          if (kind === 'failure') expect(differences(state(), before), history.join('\n')).toEqual([]);
        }
      }
      expect({ history, steps: unwrap(await engine.plan(last)).steps.map((one) => one.do) }).toMatchObject({
        steps: [],
      });
    }
    expect(reached).toBeGreaterThan(0);
    const walked = state();
    unwrap(await engine.undo());
    expect(differences(state(), pristine), history.join('\n')).toEqual([]);
    unwrap(await subscriber.engine({}, known).converge(last));
    expect(differences(state(), walked), history.join('\n')).toEqual([]);
    unwrap(await engine.undo());
  });
});
