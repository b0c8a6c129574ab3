import { spawnSync } from 'node:child_process';
import { milliseconds, silentLog, systemClock, unwrap } from '@sublane/basics';
import { expect, vi } from 'vitest';
import { parseAgentConfig } from '../config/agent-config.ts';
import { readHostFacts } from '../kernel/host-facts.ts';
import { lacking } from '../kernel/lacking-kernel.fixture.ts';
import type { SubscriberHost } from '../kernel/subscriber-host.fixture.ts';
import type { Engine } from '../lanes/engine.ts';
import type { HeldLane } from './agent-state.ts';
import { watchDrift } from './drift-watch.ts';
import { engineLaneHost } from './engine-lane-host.ts';
import { HostKeeper } from './host-keeper.ts';
import { Setbacks } from './setbacks.ts';

/** A lane in the lab's access network: 192.0.2.(50 + id), 2001:db8:a::(50 + id), default routes. */
export const labHeld = (groupId: number, more: Partial<HeldLane['answer']> = {}): HeldLane => ({
  groupId,
  answer: {
    id: groupId,
    'access-interface-cfg': {
      interface: `sl${groupId}`,
      type: 'iana-if-type:propVirtual',
      ipv4: { address: [{ ip: `192.0.2.${50 + groupId}`, 'prefix-length': 24 }] },
      ipv6: { address: [{ ip: `2001:db8:a::${50 + groupId}`, 'prefix-length': 64 }] },
    },
    'routing-cfg': { unmatched: 'unreachable' },
    'qos-cfg': { dscp: 46, upld: { rate: 10_000, priority: 'H' } },
    lease: { id: `lease-${groupId}`, 'valid-lifetime': 600, 'renew-after': 300 },
    ...more,
  },
  sentAt: systemClock.sinceBoot(),
  asked: '',
});

/** The parts of the daemon that keep a host, over the kernel of a lab's host, without a headend. */
export class KeptHost {
  readonly keeper: HostKeeper;
  readonly setbacks = new Setbacks(systemClock);
  readonly engine: Engine;
  /** Looks that an event made. */
  looks = 0;
  /** Whether the headend was to be asked. */
  asked = 0;
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;

  /**
   * `yaml`: members of agent.yaml. `blocked`: groups that reach nothing while they have no lane. `lacks`: capabilities
   * that the kernel is said not to have.
   */
  constructor(host: SubscriberHost, yaml = '', blocked: readonly number[] = [], lacks: readonly string[] = []) {
    const text = `host-id: h\nheadends: [ { address: 192.0.2.1 } ]\ngroups: []\n${yaml}`;
    const config = unwrap(parseAgentConfig(text, 'agent.yaml', '/'));
    this.engine = host.engine({ beforeOthers: config.surroundings.vpn === 'beside' }, (kernel) =>
      lacking(kernel, lacks),
    );
    const lanes = engineLaneHost(this.engine, config, '/nowhere', readHostFacts, () => new Set(blocked));
    this.keeper = new HostKeeper(
      {
        host: lanes,
        clock: systemClock,
        log: silentLog,
        setbacks: this.setbacks,
        uplink: config.uplink,
        surroundings: config.surroundings,
        portal: () => undefined,
        network: { read: () => undefined, write: () => {} },
      },
      [],
    );
    this.#watching = watchDrift({
      watch: (listener) => lanes.watch(listener),
      look: async (hint) => {
        this.looks++;
        const { changed, ask } = await this.keeper.look(hint);
        if (ask) this.asked++;
        return changed;
      },
      lookAt: () => this.keeper.lookAt,
      stoodStill: () => false,
      resume: async () => {},
      clock: systemClock,
      log: silentLog,
      signal: this.#ending.signal,
    });
  }

  /** Waits until it is so; generous, for a busy machine. */
  becomes(check: () => void | Promise<void>): Promise<void> {
    return vi.waitFor(check, { timeout: 20_000, interval: 50 });
  }

  /** Nothing of the lanes differs from what they should be. */
  async isRight(): Promise<void> {
    await this.becomes(async () => expect(unwrap(await this.engine.inspect())).toMatchObject({ drift: [] }));
  }

  async isQuiet(): Promise<void> {
    let before = -1;
    while (before !== this.looks) {
      before = this.looks;
      await systemClock.sleep(milliseconds(1_000)).catch(() => {});
    }
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
    unwrap(await this.engine.undo());
  }
}

/** A shell script in the namespace of this thread; what it prints. */
export function sh(script: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', script]);
  expect({ script, status, stderr: stderr.toString() }).toEqual({ script, status: 0, stderr: '' });
  return stdout.toString();
}
