import { bytes, failed, ok, type Result } from '@sublane/basics';
import type { AgentConfig } from '../config/agent-config.ts';
import type { Engine, EngineFailure } from '../lanes/engine.ts';
import type { HostFacts } from '../lanes/surroundings.ts';
import type { Wish } from '../lanes/wish.ts';
import type { HeldLane } from './agent-state.ts';
import { blockLane } from './block-lane.ts';
import type { HostFailure, LaneHost } from './lane-host.ts';
import { laneWishOf } from './lane-wish-of.ts';

/** The lane engine as the service sees it. `blocked`: groups that reach nothing while they have no lane. */
export function engineLaneHost(
  engine: Engine,
  config: AgentConfig,
  wireguardKeyFile: string,
  readFacts: () => Result<HostFacts, EngineFailure>,
  blocked: () => ReadonlySet<number> = () => new Set(),
): LaneHost {
  const wishFor = (lanes: readonly HeldLane[]) => wishOf(lanes, blocked(), config, wireguardKeyFile);
  // What a predecessor left half done is put right before anything else is.
  let repaired: Promise<Result<undefined, HostFailure>> | undefined;
  const repair = async () => {
    const result = await engine.repair();
    return result.ok ? ok() : failed(hostFailure(result.failure));
  };
  return {
    async apply(lanes) {
      repaired ??= repair();
      const ready = await repaired;
      if (!ready.ok) {
        repaired = undefined;
        return ready;
      }
      const wish = wishFor(lanes);
      if (!wish.ok) return wish;
      const reached = await engine.converge(wish.value);
      return reached.ok ? ok() : failed(hostFailure(reached.failure));
    },
    async plan(lanes) {
      const wish = wishFor(lanes);
      if (!wish.ok) return wish;
      const plan = await engine.plan(wish.value);
      return plan.ok ? ok(plan.value.steps) : failed(hostFailure(plan.failure));
    },
    async look() {
      const facts = readFacts();
      if (!facts.ok) return failed(hostFailure(facts.failure));
      const inspected = await engine.inspect();
      return inspected.ok ? ok({ ...inspected.value, facts: facts.value }) : failed(hostFailure(inspected.failure));
    },
    watch: (listener) => engine.watch(listener),
    async traffic() {
      const counted = await engine.counters();
      const lanes = counted.ok ? counted.value : [];
      return new Map(
        lanes.map(({ groupId, upld, dnld, dropped }) => [
          groupId,
          { upld: bytes(upld.bytes), dnld: bytes(dnld.bytes), dropped: dropped.packets },
        ]),
      );
    },
    async means() {
      const observed = await engine.observe();
      if (!observed.ok) return { lanes: new Map(), notes: [] };
      const { lanes, notes } = observed.value;
      return {
        lanes: new Map(
          lanes.map(({ groupId, means, shaping, policing, dns }) => [groupId, { means, shaping, policing, dns }]),
        ),
        notes,
      };
    },
    async undo() {
      const undone = await engine.undo();
      return undone.ok ? ok() : failed(hostFailure(undone.failure));
    },
  };
}

/** All that is to stand: the lanes, and in their place what blocks groups that have none. */
function wishOf(
  lanes: readonly HeldLane[],
  blocked: ReadonlySet<number>,
  config: AgentConfig,
  wireguardKeyFile: string,
): Result<Wish, HostFailure> {
  const nameOf = (groupId: number) => config.groups.find(({ id }) => id === groupId)?.name ?? `group-${groupId}`;
  const wishes = [];
  for (const lane of lanes) {
    const wish = laneWishOf(lane, { name: nameOf(lane.groupId), wireguardKeyFile });
    if (!wish.ok) return wish;
    // The engine may come to the lease's end before the service does.
    wishes.push(blocked.has(lane.groupId) ? { ...wish.value, whenDown: 'block' as const } : wish.value);
  }
  const without = [...blocked].filter((id) => !lanes.some(({ groupId }) => groupId === id));
  // To block takes no uplink, and must not wait for one.
  const uplink = lanes.length === 0 && without.length > 0 ? LOOPBACK : config.uplink;
  const blocks = without.map((id) => blockLane(id, nameOf(id)));
  return ok({ uplink, lanes: [...wishes, ...blocks], direct: config.direct });
}

/** The one link that every network namespace has. */
const LOOPBACK = 'lo';

/** The engine's failure in a sentence that says what the user could do. */
export function hostFailure(failure: EngineFailure): HostFailure {
  switch (failure.kind) {
    case 'invalid':
      return {
        kind: 'host',
        reason: failure.message,
        ...(failure.groupId !== undefined && { groupId: failure.groupId }),
      };
    case 'conflict':
      return { kind: 'host', reason: failure.message, groupId: failure.groupId, conflict: failure.addresses };
    case 'occupied':
      return { kind: 'host', reason: failure.message };
    case 'no-uplink':
    case 'busy':
    case 'not-root':
    case 'journal':
      return { kind: 'host', reason: failure.message, everyLane: true };
    case 'unsupported':
      return {
        kind: 'host',
        reason: `${failure.message}; ${failure.remedy}`,
        ...(failure.groupId === undefined ? { everyLane: true } : { groupId: failure.groupId }),
      };
    case 'refused':
      return { kind: 'host', reason: `${failure.step}: ${failure.message} (${aftermath(failure.restored)})` };
    case 'unverified':
      return {
        kind: 'host',
        reason: `the kernel did not take it as told: ${failure.differences.join('; ')} (${aftermath(failure.restored)})`,
      };
  }
}

const aftermath = (restored: boolean) =>
  restored ? 'the state before is back' : 'the state before could not be put back: run `service-agent undo`';
