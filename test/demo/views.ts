import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../lab/index.ts';
import type { Program } from './programs.ts';

/** What the programs' `--json` says, as far as the scenes look at it. */
export interface AgentView {
  readonly headend: { readonly connected: boolean };
  readonly groups: readonly GroupView[];
}

export interface GroupView {
  readonly id: number;
  readonly state: string;
  readonly addresses: readonly string[];
}

/** Each group's addresses by its id: IPv4 then IPv6, without prefix lengths. */
export async function addressesByGroup(agent: Program): Promise<ReadonlyMap<number, readonly string[]>> {
  const { groups } = await agent.json<AgentView>('status');
  const isV6 = (address: string) => Number(address.includes(':'));
  return new Map(
    groups.map(({ id, addresses }) => [
      id,
      addresses.map((address) => address.split('/')[0]!).sort((a, b) => isV6(a) - isV6(b)),
    ]),
  );
}

/** Asks a daemon that is just starting for its lanes; done when they stand. Throws what both said when they do not. */
export async function lanesStand(agent: Program, daemon: Running): Promise<void> {
  const UNREACHABLE = 3;
  for (let tries = 0; ; tries++) {
    const { code, stdout, stderr } = await agent.run('request');
    if (code === 0) return;
    if (code !== UNREACHABLE || tries === 40)
      throw new Error(`service-agent request ended with ${code}:\n${stderr}${stdout}\nIts daemon:\n${daemon.output}`);
    await delay(250);
  }
}

/** Whether the agent is connected to its headend, now or within 20 s. */
export async function linkReturns(agent: Program): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    if ((await agent.json<AgentView>('status')).headend.connected) return true;
    await delay(500);
  }
  return false;
}

/** A lease as `headend lease list --json` shows it. */
export interface LeaseView {
  readonly id: string;
  readonly 'group-id': number;
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** What must outlive a crash: who holds which addresses by which lease. */
export async function leasesOf(headend: Program): Promise<readonly LeaseView[]> {
  const listed = await headend.json<{ lease?: readonly LeaseView[] } | readonly LeaseView[]>('lease', 'list');
  const leases = Array.isArray(listed) ? listed : ((listed as { lease?: readonly LeaseView[] }).lease ?? []);
  return leases
    .map(({ id, 'group-id': groupId, ipv4, ipv6 }: LeaseView) => ({
      id,
      'group-id': groupId,
      ...(ipv4 !== undefined && { ipv4 }),
      ...(ipv6 !== undefined && { ipv6 }),
    }))
    .sort((a: LeaseView, b: LeaseView) => a['group-id'] - b['group-id']);
}

/** The hosts' WireGuard keys, of the leases that came with one. */
export async function leaseKeys(headend: Program): Promise<readonly string[]> {
  type Keyed = { readonly 'wireguard-public-key'?: string };
  const listed = await headend.json<{ readonly lease?: readonly Keyed[] } | readonly Keyed[]>('lease', 'list');
  const leases = Array.isArray(listed) ? listed : ((listed as { lease?: readonly Keyed[] }).lease ?? []);
  return leases.flatMap((lease: Keyed) => lease['wireguard-public-key'] ?? []);
}
