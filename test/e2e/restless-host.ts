import { unwrap } from '@sublane/basics';
import { encodeRpc, type RpcName, type RpcOutput } from '@sublane/yang';
import { connect, type NetconfClient } from 'netconf-client';
import { type HeadendProcess, type HostKey, readReply } from '../programs/index.ts';
import type { HeldLane, Lanes, LaneWish, LeaseLedger, Step } from './lease-ledger.ts';

/** Refusals that are part of life: what is small runs out. */
const EXPECTED = ['pool-empty', 'too-many-groups', 'quarantine-full'];
const GROUPS = 6;

/** A host that asks, changes, renews and gives back at random over one session, and writes down what it is told. */
export class RestlessHost {
  readonly id: string;
  readonly done = { request: 0, renew: 0, release: 0, conflict: 0, refused: 0 };
  readonly #key: HostKey;
  readonly #ledger: LeaseLedger;
  readonly #random: () => number;
  #client: NetconfClient | undefined;

  constructor(id: string, key: HostKey, ledger: LeaseLedger, random: () => number) {
    this.id = id;
    this.#key = key;
    this.#ledger = ledger;
    this.#random = random;
  }

  async connect(headend: HeadendProcess): Promise<void> {
    const client = await connect({
      ...headend.address,
      user: this.id,
      privateKey: this.#key.private,
      hostKey: { fingerprints: [headend.fingerprint] },
    });
    this.#client = unwrap(client);
  }

  /** What the headend says that this host has. */
  async service(): Promise<Lanes> {
    const output = await this.#call('sublane-service:get-service', { 'host-id': this.id });
    if (output === undefined) throw new Error(`${this.id}: no session`);
    return lanesIn(output['sp-service-message']);
  }

  /** One step after the other, until the session is over; `answered` is called behind each that was answered. */
  async toil(answered: () => void): Promise<void> {
    for (;;) {
      const step = this.#choose();
      this.#ledger.sent(this.id, step);
      const answer = await this.#take(step);
      if (answer === 'lost') return;
      this.done[answer]++;
      answered();
    }
  }

  close(): void {
    this.#client?.destroy();
  }

  #choose(): Step {
    const chance = this.#random();
    if (chance < 0.2) return { kind: 'renew' };
    const [held] = this.#ledger.lanesOf(this.id).keys();
    if (chance < 0.25 && held !== undefined) return { kind: 'conflict', groupIds: [held] };
    const groupIds = this.#groups(this.#random() < 0.1 ? GROUPS : 2);
    if (chance < 0.5) return { kind: 'release', groupIds };
    const lanes = groupIds.map((groupId) => ({
      groupId,
      dscp: this.#random() < 0.5 ? 46 : 0,
      upld: 1000 * (1 + Math.floor(this.#random() * 3)),
    }));
    return { kind: 'request', lanes };
  }

  /** Some groups, at most so many, each once. */
  #groups(most: number): number[] {
    const picks = Array.from({ length: most }, () => 1 + Math.floor(this.#random() * GROUPS));
    return [...new Set(picks)];
  }

  async #take(step: Step): Promise<Step['kind'] | 'refused' | 'lost'> {
    const hostId = { 'host-id': this.id };
    let granted: Lanes | undefined;
    try {
      if (step.kind === 'request') {
        const output = await this.#call('ietf-subscriber-service-message:subscriber-service-message', {
          ...hostId,
          location: 'auto',
          'application-group': step.lanes.map(entry),
        });
        if (output === undefined) return 'lost';
        granted = lanesIn(output['ietf-portal-backend-message:sp-service-message']);
      } else {
        if ((await this.#keep(step)) === undefined) return 'lost';
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#ledger.refused(this.id);
      return 'refused';
    }
    this.#ledger.acknowledged(this.id, granted);
    return step.kind;
  }

  #keep(step: Exclude<Step, { readonly kind: 'request' }>): Promise<object | undefined> {
    const hostId = { 'host-id': this.id };
    if (step.kind === 'renew') return this.#call('sublane-service:renew-service', hostId);
    if (step.kind === 'release')
      return this.#call('sublane-service:release-service', { ...hostId, 'group-id': step.groupIds });
    const lanes = this.#ledger.lanesOf(this.id);
    // One of the pair is enough: neither is given again.
    const groups = step.groupIds.map((id) => ({
      id,
      state: 'address-conflict' as const,
      'conflict-address': [(this.#random() < 0.5 ? lanes.get(id)?.ipv4 : lanes.get(id)?.ipv6) ?? ''],
    }));
    return this.#call('sublane-service:report-service', { ...hostId, 'application-group': groups });
  }

  /** `undefined`: the session ended before the answer came. */
  async #call<Name extends RpcName>(
    name: Name,
    input: Parameters<typeof encodeRpc<Name>>[1],
  ): Promise<RpcOutput<Name> | undefined> {
    const reply = await this.#client?.rpc(encodeRpc(name, input));
    if (reply?.ok) return readReply(name, reply.value.xml);
    if (reply === undefined || reply.failure.kind === 'closed') return undefined;
    const { failure } = reply;
    if (failure.kind === 'refused' && failure.errors.every(({ appTag = '' }) => EXPECTED.includes(appTag)))
      throw new Refused();
    throw new Error(`${this.id}: ${name}: ${failure.message}`);
  }
}

class Refused extends Error {}

const entry = ({ groupId, dscp, upld }: LaneWish) =>
  ({ id: groupId, direction: 'upld', bandwidth: upld, priority: dscp === 46 ? 'H' : 'L' }) as const;

type Message = NonNullable<RpcOutput<'sublane-service:get-service'>['sp-service-message']>;

function lanesIn(message: Message | undefined): Lanes {
  const groups = message?.['application-group'] ?? [];
  return new Map(
    groups.map((group): [number, HeldLane] => {
      const { ipv4, ipv6 } = group['access-interface-cfg'];
      const [v4, v6] = [ipv4?.address?.[0]?.ip, ipv6?.address?.[0]?.ip];
      const { dscp, upld } = group['qos-cfg'];
      if (v4 === undefined || v6 === undefined || upld === undefined) throw new Error(`group ${group.id} lacks a part`);
      return [group.id, { leaseId: group.lease.id, ipv4: v4, ipv6: v6, dscp, upld: upld.rate }];
    }),
  );
}
