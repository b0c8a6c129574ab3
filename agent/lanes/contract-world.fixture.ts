import { type Clock, milliseconds, type Result, unwrap } from '@sublane/basics';
import { expect } from 'vitest';
import type { ApplyFailure, Kernel, Ownership } from './kernel.ts';
import type { KernelObject } from './kernel-object.ts';
import { chooseUplink, type Observation } from './observation.ts';
import type { Operation } from './operation.ts';
import { plan } from './plan.ts';
import { render } from './render.ts';
import { remotesToAsk } from './shared-link.ts';
import { uplinkFacts } from './uplink-facts.ts';
import type { LaneWish, Wish } from './wish.ts';

/**
 * A kernel under test. The host has a default route in both families on its uplink, and 192.0.2.0/24 and
 * 2001:db8:a::/64 there.
 */
export interface ContractWorld {
  readonly kernel: Kernel;
  readonly ownership: Ownership;
  readonly clock: Clock;
  /** A WireGuard key, where the kernel has such tunnels. */
  readonly keyFile?: string;
}

const NOBODY = new Map<string, never>();

/** What the tests of a contract do with a kernel, without an engine. */
export class ContractHands {
  readonly #world: () => ContractWorld;

  constructor(world: () => ContractWorld) {
    this.#world = world;
  }

  async has(name: string): Promise<boolean> {
    const capabilities = await this.#world().kernel.capabilities();
    return capabilities.some((one) => one.name === name && one.present);
  }

  async observe(lanes: readonly LaneWish[] = []): Promise<Observation> {
    const { kernel, clock } = this.#world();
    const remotes = remotesToAsk(lanes);
    return unwrap(await kernel.observe({ now: clock.sinceBoot(), uplink: 'auto', borrowed: NOBODY, remotes }));
  }

  async objectsOf(lanes: readonly LaneWish[]): Promise<readonly KernelObject[]> {
    const { kernel, ownership, clock } = this.#world();
    const seen = await this.observe(lanes);
    const uplink = uplinkFacts(unwrap(chooseUplink('auto', seen)), seen, NOBODY);
    const wish: Wish = { uplink: 'auto', lanes };
    const all = await kernel.capabilities();
    // A kernel without nf_tables is tried without the firewall.
    const nft = all.some(({ name, present }) => name === 'nft-lanes' && present);
    const capabilities = all.map((one) => (one.name === 'tool:nft' && !nft ? { ...one, present: false } : one));
    const rendered = render({ wish, uplink, capabilities, ownership, shaping: true, now: clock.sinceBoot() });
    // What is borrowed is known to the journal, which has no part here.
    return rendered.objects.filter((object) => object.kind !== 'setting' || object.link !== undefined);
  }

  lane(groupId: number, more: Partial<LaneWish> = {}): LaneWish {
    return {
      groupId,
      name: `group-${groupId}`,
      interface: `sl${groupId}`,
      attachment: { type: 'on-link' },
      addresses: [
        { address: `192.0.2.${100 + groupId}`, prefixLength: 24, deprecated: false },
        { address: `2001:db8:a::${100 + groupId}`, prefixLength: 64, deprecated: false },
      ],
      routes: [],
      unmatched: 'unreachable',
      dscp: 34,
      upld: { rate: 2_000 as never, priority: 'M' },
      dnld: { rate: 3_000 as never, priority: 'M' },
      validUntil: milliseconds(this.#world().clock.sinceBoot() + 600_000),
      ...more,
    };
  }

  apply(operations: readonly Operation[]): Promise<Result<undefined, ApplyFailure>> {
    const { kernel, clock } = this.#world();
    return kernel.apply(operations, clock.sinceBoot());
  }

  async reach(lanes: readonly LaneWish[]): Promise<readonly Operation[]> {
    const operations = plan((await this.observe(lanes)).objects, await this.objectsOf(lanes));
    expect(await this.apply(operations)).toEqual({ ok: true, value: undefined });
    return operations;
  }
}
