import type { NetworkInterfaceInfo } from 'node:os';
import type { Endpoint } from './endpoint.ts';

/**
 * By which addresses others reach a program that listens there. `0.0.0.0` and `::` are all of the machine's own, without
 * loopback and link-local ones, which say nothing elsewhere. What it listens on by name or address stays as it is.
 */
export function reachableAt(
  listening: readonly Endpoint[],
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): readonly Endpoint[] {
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80:|^169\.254\./i.test(address));
  const all = listening.flatMap(({ host, port }) => {
    if (host !== '0.0.0.0' && host !== '::') return [{ host, port }];
    // `::` takes both families.
    return own
      .filter(({ family }) => host === '::' || family === 'IPv4')
      .map(({ address }) => ({ host: address, port }));
  });
  return all.filter(({ host, port }, at) => all.findIndex((one) => one.host === host && one.port === port) === at);
}
