import type { Clock, Log } from '@sublane/basics';
import { type Attribute, attribute, type DynamicAuthorizationClient, ERROR_CAUSE } from '@sublane/radius';
import type { Store } from '../store/store.ts';
import { type EndedLane, endedLanesOf } from './lane-record.ts';
import { type Told, TrailFeed } from './trail-feed.ts';

export interface EdgeMessengerParts {
  /** The edge's. */
  readonly name: string;
  readonly client: Pick<DynamicAuthorizationClient, 'disconnect' | 'close'>;
  readonly store: Pick<Store, 'feeds' | 'audit' | 'leases'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

const IN_FLIGHT = 16;

/** The name of an edge's feed. */
export const edgeFeed = (name: string) => `edge:${name}`;

/**
 * Tells equipment at the provider's edge of every lane that has ended, whoever ended it, by a Disconnect-Request with
 * the lane's addresses (RFC 5176 §3). It waits in the trail while the edge does not answer.
 */
export class EdgeMessenger {
  readonly #parts: EdgeMessengerParts;
  readonly #feed: TrailFeed<EndedLane>;

  constructor(parts: EdgeMessengerParts) {
    const { name, store, clock, log, random } = parts;
    this.#parts = parts;
    this.#feed = new TrailFeed({
      name: edgeFeed(name),
      store,
      clock,
      log: log.child({ edge: name }),
      random,
      inFlight: IN_FLIGHT,
      read: (row) => endedLanesOf(row).map((what) => ({ key: what.lease, what })),
      tell: (lane) => this.#tell(lane),
    });
  }

  start(): void {
    this.#feed.start();
  }

  /** Lanes of which the edge does not know that they ended. */
  waiting(): number {
    return this.#feed.waiting();
  }

  async close(): Promise<void> {
    const closed = this.#feed.close();
    await this.#parts.client.close();
    await closed;
  }

  async #tell(lane: EndedLane): Promise<Told> {
    // An edge that was away may hear of it when somebody else has the address, whose lane must stand.
    if (await this.#isTaken(lane)) return 'told';
    const { client, log, name } = this.#parts;
    const answer = await client.disconnect(addressAttributes(lane));
    if (!answer.ok) return 'away';
    if (answer.value.answer === 'ack') return 'told';
    const { errorCause } = answer.value;
    // It knows no such lane: then there is nothing to end.
    if (errorCause === ERROR_CAUSE.sessionContextNotFound) return 'told';
    log.warn({ edge: name, lease: lane.lease, errorCause }, 'the edge does not end a lane');
    return 'refused';
  }

  async #isTaken({ ipv4, ipv6 }: EndedLane): Promise<boolean> {
    for (const address of [ipv4, ipv6])
      if (address !== undefined && (await this.#parts.store.leases.findByAddress(address)) !== undefined) return true;
    return false;
  }
}

/** RFC 5176 §3: session identification by addresses, which are what an edge knows of a lane. */
function addressAttributes({ ipv4, ipv6, delegatedPrefix }: EndedLane): Attribute[] {
  return [
    ...(ipv4 === undefined ? [] : [attribute('Framed-IP-Address', ipv4)]),
    ...(ipv6 === undefined ? [] : [attribute('Framed-IPv6-Address', ipv6)]),
    ...(delegatedPrefix === undefined ? [] : [attribute('Delegated-IPv6-Prefix', delegatedPrefix)]),
  ];
}
