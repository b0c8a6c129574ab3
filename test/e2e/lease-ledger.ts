/** What a host has in one group, as it can tell lanes apart. */
export interface HeldLane {
  readonly leaseId: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly dscp: number;
  /** kbit/s */
  readonly upld: number;
}

export interface LaneWish {
  readonly groupId: number;
  readonly dscp: number;
  readonly upld: number;
}

/** What a host asks for, of one session, one at a time. */
export type Step =
  | { readonly kind: 'request'; readonly lanes: readonly LaneWish[] }
  | { readonly kind: 'renew' }
  | { readonly kind: 'release'; readonly groupIds: readonly number[] }
  /** Says that others use the lanes' addresses: the leases end, and nobody gets these. */
  | { readonly kind: 'conflict'; readonly groupIds: readonly number[] };

export type Lanes = ReadonlyMap<number, HeldLane>;

interface HostAccount {
  lanes: Lanes;
  /** Sent, and not answered yet; when the headend dies, nobody knows whether it was done. */
  open?: Step;
}

/**
 * The hosts' own books on a headend that is killed again and again: what was acknowledged to each, and what is in doubt.
 * It collects whatever is not as it must be.
 */
export class LeaseLedger {
  readonly violations: string[] = [];
  readonly #hosts = new Map<string, HostAccount>();
  /** Who certainly holds an address: from the acknowledgement until whatever may end it is sent. */
  readonly #holders = new Map<string, string>();
  /** In quarantine for certain. */
  readonly #withheld = new Set<string>();

  lanesOf(hostId: string): Lanes {
    return this.#account(hostId).lanes;
  }

  sent(hostId: string, step: Step): void {
    const account = this.#account(hostId);
    account.open = step;
    for (const [groupId, lane] of account.lanes) if (mayMove(step, groupId, lane)) this.#letGo(lane);
  }

  /** The answer to what was sent last; `granted`: the lanes in it. */
  acknowledged(hostId: string, granted: Lanes = new Map()): void {
    const account = this.#account(hostId);
    const { open: step, lanes: before } = account;
    delete account.open;
    if (step === undefined) throw new Error(`${hostId} had asked for nothing`);
    const after = new Map(before);
    if (step.kind === 'conflict') this.#withhold(step.groupIds, before);
    if (ends(step)) for (const groupId of step.groupIds) after.delete(groupId);
    for (const [groupId, lane] of granted) after.set(groupId, lane);
    const wrong = disagreement(before, step, after);
    if (wrong !== undefined) this.violations.push(`${hostId} was answered ${wrong}`);
    account.lanes = after;
    for (const [groupId, lane] of granted) this.#hold(lane, `${hostId} group ${groupId}`);
  }

  /** What was sent last was refused: all is as before. */
  refused(hostId: string): void {
    const account = this.#account(hostId);
    delete account.open;
    for (const [groupId, lane] of account.lanes) this.#hold(lane, `${hostId} group ${groupId}`);
  }

  /** All leases of a headend that was started again. Each open step must be done whole, or not at all. */
  found(leases: ReadonlyMap<string, Lanes>): void {
    this.#holders.clear();
    for (const hostId of new Set([...this.#hosts.keys(), ...leases.keys()])) {
      const account = this.#account(hostId);
      const lanes = leases.get(hostId) ?? new Map<number, HeldLane>();
      const asBefore = disagreement(account.lanes, undefined, lanes);
      const asAsked = account.open && disagreement(account.lanes, account.open, lanes);
      if (asBefore !== undefined && (account.open === undefined || asAsked !== undefined)) {
        const sent = account.open === undefined ? '' : `; as it had asked (${account.open.kind}): ${asAsked}`;
        this.violations.push(`${hostId} finds, of what was acknowledged: ${asBefore}${sent}`);
      }
      const { open } = account;
      if (open?.kind === 'conflict')
        this.#withhold(
          open.groupIds.filter((groupId) => !lanes.has(groupId)),
          account.lanes,
        );
      account.lanes = lanes;
      delete account.open;
      for (const [groupId, lane] of lanes) this.#hold(lane, `${hostId} group ${groupId}`);
    }
  }

  /** An operator let it be given again, and the other of its lane with it. */
  released(...addresses: readonly string[]): void {
    for (const address of addresses) this.#withheld.delete(address);
  }

  /** What the headend says is in quarantine: everything that must be. */
  foundWithheld(addresses: ReadonlySet<string>): void {
    for (const address of this.#withheld)
      if (!addresses.has(address)) this.violations.push(`${address} is not in quarantine any more`);
  }

  #withhold(groupIds: readonly number[], lanes: Lanes): void {
    for (const groupId of groupIds) {
      const lane = lanes.get(groupId);
      if (lane !== undefined) this.#withheld.add(lane.ipv4).add(lane.ipv6);
    }
  }

  #account(hostId: string): HostAccount {
    const account = this.#hosts.get(hostId) ?? { lanes: new Map() };
    this.#hosts.set(hostId, account);
    return account;
  }

  #hold({ ipv4, ipv6 }: HeldLane, holder: string): void {
    for (const address of [ipv4, ipv6]) {
      if (this.#withheld.has(address)) this.violations.push(`${address} is in quarantine and held by ${holder}`);
      const other = this.#holders.get(address);
      if (other !== undefined && other !== holder) this.violations.push(`${address} is held by ${other} and ${holder}`);
      this.#holders.set(address, holder);
    }
  }

  #letGo({ ipv4, ipv6 }: HeldLane): void {
    for (const address of [ipv4, ipv6]) this.#holders.delete(address);
  }
}

function ends(step: Step): step is Extract<Step, { readonly kind: 'release' | 'conflict' }> {
  return step.kind === 'release' || step.kind === 'conflict';
}

function mayMove(step: Step, groupId: number, lane: HeldLane): boolean {
  if (ends(step)) return step.groupIds.includes(groupId);
  return step.kind === 'request' && step.lanes.some((wish) => wish.groupId === groupId && wish.dscp !== lane.dscp);
}

/** In what `after` is not what `before` becomes by this step; `undefined`: it is. */
function disagreement(before: Lanes, step: Step | undefined, after: Lanes): string | undefined {
  const expected = new Set(before.keys());
  if (step?.kind === 'request') for (const { groupId } of step.lanes) expected.add(groupId);
  if (step && ends(step)) for (const groupId of step.groupIds) expected.delete(groupId);
  for (const groupId of after.keys()) if (!expected.has(groupId)) return `group ${groupId} holds what it must not`;
  for (const groupId of expected) {
    const lane = after.get(groupId);
    if (lane === undefined) return `group ${groupId} has lost its lane`;
    const had = before.get(groupId);
    const wish = step?.kind === 'request' ? step.lanes.find((one) => one.groupId === groupId) : undefined;
    const { dscp, upld } = wish ?? (had as HeldLane);
    if (lane.dscp !== dscp || lane.upld !== upld)
      return `group ${groupId} has ${lane.dscp}/${lane.upld}, not ${dscp}/${upld}`;
    if (had === undefined || had.dscp !== dscp) continue;
    if (lane.leaseId !== had.leaseId) return `group ${groupId} has lease ${lane.leaseId}, not ${had.leaseId}`;
    if (lane.ipv4 !== had.ipv4 || lane.ipv6 !== had.ipv6)
      return `group ${groupId} has ${lane.ipv4} ${lane.ipv6}, not ${had.ipv4} ${had.ipv6}`;
  }
  return undefined;
}
