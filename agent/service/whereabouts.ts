import { type Clock, type Log, type Milliseconds, milliseconds } from '@sublane/basics';
import type { SurroundingsConfig } from '../config/surroundings-config.ts';
import { type HostFacts, type Network, networkText, type Surroundings, surroundings } from '../lanes/surroundings.ts';
import type { HostView } from './lane-host.ts';
import type { NetworkMemory } from './network-file.ts';

/** An uplink that is away for no longer than this (a reload, a link that is set up anew) takes no lane with it. */
const UPLINK_GRACE = milliseconds(3_000);

export interface WhereaboutsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly uplink: string;
  readonly surroundings: SurroundingsConfig;
  /** How it is known that a login page stands before the network; undefined: it does not, or the headend is reached. */
  readonly portal: () => string | undefined;
  /** In which network the lanes were granted that an earlier run left. */
  readonly network: NetworkMemory;
}

/** Where the host is, followed from look to look. */
export class Whereabouts {
  readonly #parts: WhereaboutsParts;
  /** The network in which the headend last said what this host holds. */
  #granted: Network | undefined;
  #around: Surroundings | undefined;
  #uplinkGoneSince: Milliseconds | undefined;
  /** The uplink's, at the last look. */
  #carrierChanges: { readonly uplink: string; readonly count: number | undefined } | undefined;
  #flapped = false;

  /** `holding`: lanes of an earlier run are there, and were granted in the network that it remembered. */
  constructor(parts: WhereaboutsParts, holding: boolean) {
    this.#parts = parts;
    this.#granted = holding ? parts.network.read() : undefined;
  }

  /** Undefined: nobody has looked yet. */
  get around(): Surroundings | undefined {
    return this.#around;
  }

  /** The uplink has just gone, and may come back: until then, in time since boot. Nothing can be made meanwhile. */
  get waitingUntil(): Milliseconds | undefined {
    return this.#uplinkGoneSince === undefined ? undefined : milliseconds(this.#uplinkGoneSince + UPLINK_GRACE);
  }

  /** The uplink went and came since all was as it should be: what is missing went with it, and nobody took it. */
  get flapped(): boolean {
    return this.#flapped;
  }

  /** All is as it should be again. */
  settled(): void {
    this.#flapped = false;
  }

  /** What a look has shown. `heard`: the headend has just said what is held, so it is held in the network of now. */
  follow({ seen, facts }: HostView, heard: boolean): void {
    const { clock, uplink, surroundings: config } = this.#parts;
    const portal = this.#parts.portal();
    const given = { seen, facts, uplink, vpn: config.vpn, ...(portal !== undefined && { portal }) };
    if (heard) this.#grant(surroundings(given).network);
    let around = surroundings({ ...given, ...(this.#granted && { granted: this.#granted }) });
    const lost = around.state === 'away' && around.reason === 'no-uplink' && this.#around?.state === 'right';
    this.#uplinkGoneSince = lost ? (this.#uplinkGoneSince ?? clock.sinceBoot()) : undefined;
    if (this.waitingUntil !== undefined && clock.sinceBoot() < this.waitingUntil) around = this.#around ?? around;
    else this.#uplinkGoneSince = undefined;
    this.#announce(around);
    this.#around = around;
    this.#noteFlaps(facts);
    // What it looks like now is what it will be compared with: a network may change in steps.
    if (around.state === 'right' && this.#uplinkGoneSince === undefined) this.#grant(around.network);
  }

  #noteFlaps({ carrierChanges }: HostFacts): void {
    const uplink = this.#around?.network?.uplink;
    if (uplink === undefined) return;
    const now = { uplink, count: carrierChanges.get(uplink) };
    const before = this.#carrierChanges;
    if (before !== undefined && (before.uplink !== uplink || before.count !== now.count)) this.#flapped = true;
    this.#carrierChanges = now;
  }

  #grant(network: Network | undefined): void {
    if (network === undefined || JSON.stringify(network) === JSON.stringify(this.#granted)) return;
    this.#granted = network;
    this.#parts.network.write(network);
  }

  #announce(around: Surroundings): void {
    if (around.state === this.#around?.state && around.text === this.#around.text) return;
    const { log } = this.#parts;
    if (around.state === 'away') log.warn({ reason: around.reason }, `lanes are away: ${around.text}`);
    else log.info({ network: networkText(around.network) }, 'lanes are where they belong');
  }
}
