import { type IpPrefix, parseAddress, parsePrefix, prefixContains } from '../pools/ip-address.ts';
import type { Configuration } from './configuration.ts';

export interface Whereabouts {
  /** Absent: nowhere in particular. */
  readonly location?: string;
  /** The host says another place than its access address shows. */
  readonly mismatch: boolean;
}

/**
 * Where a host is: the location with the longest access prefix around its session's address. The host's own word is a
 * hint. It counts only where no prefix decides, for a location that has none to check it by.
 */
export function locate(configuration: Configuration, peerAddress: string | undefined, claimed: string): Whereabouts {
  const address = peerAddress === undefined ? undefined : parseAddress(peerAddress);
  const found = address && accessTable(configuration).find(({ prefix }) => prefixContains(prefix, address))?.location;
  if (found !== undefined) {
    // Naming the region around the cell is no contradiction.
    const agrees = claimed === AUTOMATIC || locationChain(configuration, found).includes(claimed);
    return { location: found, mismatch: !agrees };
  }
  const hint = configuration.locations.get(claimed);
  if (hint === undefined) return { mismatch: false };
  return hint.accessPrefixes.length === 0 ? { location: hint.name, mismatch: false } : { mismatch: true };
}

/** A location, its parent, its parent's parent…; a loop, which a commit refuses, ends it. */
export function locationChain(
  { locations }: Pick<Configuration, 'locations'>,
  location: string | undefined,
): readonly string[] {
  const chain: string[] = [];
  for (
    let here = location === undefined ? undefined : locations.get(location);
    here !== undefined && !chain.includes(here.name);
    here = here.parent === undefined ? undefined : locations.get(here.parent)
  ) {
    chain.push(here.name);
  }
  return chain;
}

/** What an agent sends that leaves it to the network. */
const AUTOMATIC = 'auto';

interface AccessEntry {
  readonly prefix: IpPrefix;
  readonly location: string;
}

/** Longest prefix first. Configurations are immutable, so each is read once. */
function accessTable(configuration: Configuration): readonly AccessEntry[] {
  let table = tables.get(configuration);
  if (table === undefined) {
    table = [...configuration.locations.values()]
      .flatMap(({ name, accessPrefixes }) =>
        accessPrefixes.map((text) => ({ prefix: parsePrefix(text), location: name })),
      )
      .filter((entry): entry is AccessEntry => entry.prefix !== undefined)
      .sort((one, other) => other.prefix.length - one.prefix.length);
    tables.set(configuration, table);
  }
  return table;
}

const tables = new WeakMap<Configuration, readonly AccessEntry[]>();
