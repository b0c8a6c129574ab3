import { readFileSync } from 'node:fs';
import { failed, type Result } from '@sublane/basics';
import type { LinkObject } from '../lanes/kernel-object.ts';
import type { IpChanges } from './netlink/ip-changes.ts';
import { adoptLink, findLink, readAlias } from './netlink/link-messages.ts';
import { type NetlinkSocket, PROTOCOL, withNetlink } from './netlink/netlink-socket.ts';
import { askDaemon, daemonOf, endDaemon, startDaemon, tellDaemon } from './wireguard-daemon.ts';
import { findFamily, getDevice, readDeviceState, readFamily, setDevice } from './wireguard-messages.ts';
import { deviceOf, parseKey, stateOf, type WireguardDevice, type WireguardState } from './wireguard-state.ts';

export type WireguardLink = LinkObject & { readonly device: WireguardDevice };

export const isWireguard = (link: LinkObject): link is WireguardLink => link.device.type === 'wireguard';

/**
 * Makes a WireGuard link whole: the kernel's, or a program's where the kernel has none. The file of its key is kept in
 * the link's alias. A message where it cannot be made; the key is in none.
 */
export async function makeWireguard(
  link: WireguardLink,
  ip: IpChanges,
  socket: NetlinkSocket,
): Promise<string | undefined> {
  const key = readKey(link.device.keyFile);
  if (!key.ok) return `${link.device.keyFile} ${key.failure}`;
  const state = stateOf(link.device, key.value);
  const added = ip.apply('add', link);
  if (added.ok) {
    const told = tellKernel(link.name, state) ?? adopt(link, socket);
    if (told !== undefined) ip.apply('remove', link);
    return told;
  }
  if (!LACKING.has(added.failure.code)) return added.failure.message;
  const started = await startDaemon(link.name);
  if (started !== undefined) return started;
  const told = tellDaemon(link.name, state) ?? adopt(link, socket);
  if (told !== undefined) await removeWireguard([link.name], () => ip.apply('remove', link));
  return told;
}

const LACKING = new Set(['EOPNOTSUPP', 'ENOTSUP']);

/** What a link is, out of what the kernel or its program says. */
export function readWireguard(name: string, socket: NetlinkSocket): WireguardDevice {
  const found = socket.ask(findLink(name));
  const keyFile = found.ok && found.value !== undefined ? readAlias(found.value.payload) : '';
  const state = askDaemon(name) ?? askKernel(name);
  const key = keyFile === '' ? undefined : readKey(keyFile);
  return deviceOf(state, keyFile, key?.ok ? key.value : undefined);
}

/** Removes links, and waits until their programs have ended. */
export async function removeWireguard<T>(names: readonly string[], remove: () => T): Promise<T> {
  const programs = names.flatMap((name) => daemonOf(name) ?? []);
  const removed = remove();
  for (const pid of programs) await endDaemon(pid);
  return removed;
}

function readKey(file: string): Result<string, string> {
  try {
    return parseKey(readFileSync(file, 'utf8'));
  } catch (error) {
    return failed(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

/** From here on the link is known as ours. */
function adopt({ name, group, mtu, device }: WireguardLink, socket: NetlinkSocket): string | undefined {
  const adopted = socket.request(adoptLink(name, { group, mtu, alias: device.keyFile }));
  return adopted.ok ? undefined : adopted.failure.message;
}

function tellKernel(name: string, state: WireguardState): string | undefined {
  const told = withNetlink(PROTOCOL.generic, (socket) => {
    const family = familyOf(socket);
    return family.ok ? socket.request(setDevice(family.value, name, state)) : family;
  });
  return told.ok ? undefined : `WireGuard: ${told.failure.message}`;
}

function askKernel(name: string): WireguardState | undefined {
  const asked = withNetlink(PROTOCOL.generic, (socket) => {
    const family = familyOf(socket);
    return family.ok ? socket.dump(getDevice(family.value, name)) : family;
  });
  return asked.ok ? readDeviceState(asked.value.map(({ payload }) => payload)) : undefined;
}

function familyOf(socket: NetlinkSocket) {
  const asked = socket.ask(findFamily());
  if (!asked.ok) return asked;
  const number = asked.value && readFamily(asked.value.payload);
  return number === undefined
    ? failed({ code: 'ENOENT', message: 'the kernel has no WireGuard' })
    : ({ ok: true, value: number } as const);
}
