import type { ProbeWindow } from '../lanes/engine.ts';
import { parsePrefix } from '../lanes/ip-address.ts';
import type { ProbeOutcome, ProbeRequest } from '../lanes/kernel.ts';
import {
  ARP,
  type Asked,
  arpProbe,
  claimOf,
  groupMac,
  IPV6,
  macText,
  solicitationProbe,
  solicitedGroup,
} from './conflict-frames.ts';
import { GroupMembership, type Hardware, linkNames, PacketSocket } from './packet-socket.ts';

/**
 * Asks the segments whether someone else has, or is about to take, an address: by ARP probes (RFC 5227 §2.1.1) and by
 * neighbour solicitations as in duplicate address detection (RFC 4862 §5.4), all addresses together in one window.
 * RFC 5227 waits four to seven seconds for an address; a holder that does not answer within this window (asleep, or
 * behind a slow radio link) is not noticed. What cannot be asked is said in `notes`, and counts as free.
 */
export async function probeConflicts(
  requests: readonly ProbeRequest[],
  { times, interval }: ProbeWindow,
  sleep: (duration: number) => Promise<unknown>,
): Promise<ProbeOutcome> {
  const holders = new Map<string, string>();
  const unasked = new Map<string, string>();
  const asks = new Asks();
  try {
    for (const request of requests) {
      const message = asks.add(request);
      if (message !== undefined) unasked.set(request.link, message);
    }
    for (let round = 0; round < times && asks.some; round++) {
      for (const [link, message] of asks.send()) unasked.set(link, message);
      for (let waited = 0; waited < interval; waited += LISTENING) {
        await sleep(Math.min(LISTENING, interval - waited));
        for (const [address, mac] of asks.claims()) holders.set(address, mac);
      }
    }
  } finally {
    asks.close();
  }
  const notes = [...unasked].map(
    ([link, message]) => `Whether someone else has the new addresses could not be asked on ${link}: ${message}.`,
  );
  return { holders, notes };
}

/** Between two looks at what has come in. */
const LISTENING = 20;

interface Ask extends Asked {
  readonly address: string;
  readonly link: Hardware;
  readonly name: string;
}

/** The questions of one probe, and the sockets they are asked through: one for each link and family. */
class Asks {
  readonly #asks: Ask[] = [];
  readonly #sockets = new Map<string, PacketSocket>();
  readonly #groups = new GroupMembership();
  #ownMacs: ReadonlySet<string> | undefined;

  get some(): boolean {
    return this.#asks.length > 0;
  }

  /** Why it cannot be asked. */
  add({ link: name, family, address }: ProbeRequest): string | undefined {
    const value = parsePrefix(address)?.network;
    if (value === undefined) throw new Error(`no address: ${address}`);
    const key = `${name} ${family}`;
    const socket = this.#sockets.get(key) ?? PacketSocket.open();
    if (typeof socket === 'string') return socket;
    this.#sockets.set(key, socket);
    this.#ownMacs ??= new Set(linkNames().flatMap((one) => macOf(socket.hardware(one))));
    const link = socket.hardware(name);
    if (link === undefined) return 'there is no such link';
    if (!link.segment) return undefined;
    if (this.#asks.every((one) => one.name !== name || one.family !== family)) {
      const ready = [socket.filter(FILTERS[family]), socket.bind(link.index, family === 4 ? ARP : IPV6)];
      for (const step of ready) if (!step.ok) return step.message;
    }
    if (family === 6) {
      this.#groups.join(link.index, solicitedGroup(value));
      const joined = socket.join(link.index, groupMac(value));
      if (!joined.ok) return joined.message;
    }
    this.#asks.push({ family, value, address, link, name });
    return undefined;
  }

  /** Where a link refused a question, with what it said. */
  send(): ReadonlyMap<string, string> {
    const refused = new Map<string, string>();
    for (const ask of this.#asks) {
      const frame = (ask.family === 4 ? arpProbe : solicitationProbe)(ask.link.mac, ask);
      const sent = this.#sockets.get(`${ask.name} ${ask.family}`)?.send(ask.link.index, frame);
      if (sent?.ok === false) refused.set(ask.name, sent.message);
    }
    return refused;
  }

  /** What has come in since the last look: address asked about, and who claims it. */
  claims(): ReadonlyMap<string, string> {
    const claimed = new Map<string, string>();
    for (const [key, socket] of this.#sockets)
      for (let next = socket.receive(); next !== undefined; next = socket.receive()) {
        const claim = MEANT_FOR_US.has(next.kind) ? claimOf(next.frame) : undefined;
        if (claim === undefined || this.#ownMacs?.has(claim.mac)) continue;
        const ask = this.#asks.find((one) => `${one.name} ${one.family}` === key && one.value === claim.value);
        if (ask !== undefined) claimed.set(ask.address, claim.mac);
      }
    return claimed;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#groups.close();
  }
}

const macOf = (hardware: Hardware | undefined) => (hardware === undefined ? [] : [macText(hardware.mac)]);

/** PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST. */
const MEANT_FOR_US = new Set([0, 1, 2]);

/** Classic BPF: all of ARP; of IPv6, solicitations (135) and advertisements (136) of ICMPv6. */
const FILTERS = {
  4: [[0x06, 0, 0, 0xffff]],
  6: [
    [0x30, 0, 0, 20],
    [0x15, 0, 4, 58],
    [0x30, 0, 0, 54],
    [0x15, 1, 0, 135],
    [0x15, 0, 1, 136],
    [0x06, 0, 0, 0xffff],
    [0x06, 0, 0, 0],
  ],
} as const;
