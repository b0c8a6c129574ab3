import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { Capability } from '../lanes/capability.ts';
import type { EngineFailure, LaneCounters, ProbeWindow } from '../lanes/engine.ts';
import { parsePrefix } from '../lanes/ip-address.ts';
import type { ApplyFailure, Kernel, ObserveRequest, Ownership, ProbeOutcome, ProbeRequest } from '../lanes/kernel.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import type { AddressObject, KernelObject } from '../lanes/kernel-object.ts';
import { chooseUplink, type LinkFact, type Observation } from '../lanes/observation.ts';
import type { Operation } from '../lanes/operation.ts';
import { ARP_SETTINGS, arpPath } from '../lanes/uplink-facts.ts';
import { announce } from './announcement.ts';
import { probeCapabilities } from './capability-probe.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { probeConflicts } from './conflict-probe.ts';
import { DnsRedirect } from './dns-redirect.ts';
import { applyChanges } from './kernel-changes.ts';
import { watchKernel } from './kernel-watch.ts';
import { type IpState, readIp } from './netlink/ip-state.ts';
import { NetlinkSocket, PROTOCOL } from './netlink/netlink-socket.ts';
import { sourceTowards } from './netlink/way-source.ts';
import { NftReader, readCounters } from './nft-reader.ts';
import { readCgroups } from './own-programs.ts';
import { readSetting } from './setting-files.ts';
import { holderOf, holdSlice, ownNamespace } from './slice-owner.ts';
import { readTc, type TcState } from './tc-state.ts';
import { isWireguard, readWireguard } from './wireguard.ts';

interface Reading {
  readonly ip: IpState;
  readonly tc: TcState;
  readonly sources: ReadonlyMap<string, string>;
}

/** The kernel of this machine, in the network namespace of this process. */
export class LinuxKernel implements Kernel {
  readonly #own: Ownership;
  readonly #cgroups: CgroupTree | undefined;
  readonly #nft: NftReader;
  readonly #dns = new DnsRedirect();
  #capabilities: Promise<readonly Capability[]> | undefined;
  /** Addresses added since the links were last read. */
  #unannounced: AddressObject[] = [];

  constructor(ownership: Ownership) {
    this.#own = ownership;
    this.#nft = new NftReader(ownership.table, () => performance.now());
    this.#cgroups = CgroupTree.find();
  }

  capabilities(): Promise<readonly Capability[]> {
    this.#capabilities ??= probeCapabilities();
    return this.#capabilities;
  }

  async observe({ now, uplink, borrowed, remotes = [] }: ObserveRequest): Promise<Result<Observation, EngineFailure>> {
    const clock = onwards(now);
    const read = this.#read(clock, remotes);
    if (!read.ok) return read;
    const { ip, tc, sources } = read.value;
    const nft = await this.#nft.read(clock());
    const wireless = wirelessLinks();
    const links = ip.links.map(
      (link): LinkFact => ({
        ...link,
        // What has a kind is made by software: not a radio.
        wireless: wireless.has(link.name) || (link.type === '' && existsSync(`/sys/class/net/${link.name}/phy80211`)),
      }),
    );
    this.#announce(ip.hardware);
    const { defaults, connected, foreignAddresses } = ip;
    const { foreignQdiscs, foreignIngress } = tc;
    const foreignSlice = this.#foreignSlice();
    const cgroups = foreignSlice === undefined ? readCgroups(this.#cgroups, this.#own, this.#dns) : [];
    const objects: KernelObject[] = [...ip.objects, ...tc.objects, ...cgroups];
    if (nft !== undefined) objects.push(nft);
    // With another value than ours it was put back, or someone else has set it since: not ours any more.
    for (const [path, { value, old }] of borrowed)
      if (readSetting(path) === value) objects.push({ kind: 'setting', path, value, old });
    const chosen = chooseUplink(uplink, { links, defaults });
    const settings = new Map<string, string>();
    for (const name of Object.keys(ARP_SETTINGS))
      for (const link of ['all', ...(chosen.ok ? [chosen.value.name] : [])]) {
        const value = readSetting(arpPath(link, name));
        if (value !== undefined) settings.set(arpPath(link, name), value);
      }
    return ok({
      objects,
      links,
      defaults,
      connected,
      foreignAddresses,
      foreignQdiscs,
      foreignIngress,
      foreignRules: ip.foreignRules,
      settings,
      sources,
      ...(foreignSlice !== undefined && { foreignSlice }),
    });
  }

  async apply(operations: readonly Operation[], now: Milliseconds): Promise<Result<undefined, ApplyFailure>> {
    const applied = await applyChanges(operations, onwards(now), {
      own: this.#own,
      cgroups: this.#cgroups,
      dns: this.#dns,
    });
    if (!applied.ok) return applied;
    if (operations.some(({ object }) => object.kind === 'cgroup') && this.#cgroups !== undefined)
      holdSlice(this.#cgroups.directory(this.#own.slice), ownNamespace());
    for (const { verb, object } of operations)
      if (verb === 'add' && object.kind === 'address') this.#unannounced.push(object);
    return ok();
  }

  probe(requests: readonly ProbeRequest[], window: ProbeWindow): Promise<ProbeOutcome> {
    return probeConflicts(requests, window, sleep);
  }

  async counters(): Promise<Result<readonly LaneCounters[], EngineFailure>> {
    return ok(await readCounters(this.#own.table));
  }

  enter(path: string, pid: number): Result<undefined, EngineFailure> {
    if (this.#cgroups === undefined || !existsSync(this.#cgroups.directory(path)) || this.#foreignSlice() !== undefined)
      return failed({
        kind: 'refused',
        step: `move process ${pid} to ${path}`,
        message: 'the group has no lane now, so there is nothing to enter; see status',
        restored: true,
      });
    try {
      this.#cgroups.enter(path, pid);
      return ok();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const said = code === 'ESRCH' ? `there is no process ${pid}` : message;
      return failed({ kind: 'refused', step: `move process ${pid} to ${path}`, message: said, restored: true });
    }
  }

  members(path: string): readonly number[] {
    return this.#cgroups?.members(path) ?? [];
  }

  cgroupDirectory(path: string): string {
    return this.#cgroups?.directory(path) ?? path;
  }

  expel(path: string): void {
    this.#cgroups?.expel(path, this.#own.slice);
  }

  watch(listener: (event: KernelEvent) => void): Watch {
    return watchKernel(this.#own, listener);
  }

  #read(clock: () => Milliseconds, remotes: readonly string[]): Result<Reading, EngineFailure> {
    const opened = NetlinkSocket.open(PROTOCOL.route);
    if (!opened.ok)
      return failed({ kind: 'refused', step: 'open netlink', message: opened.failure.message, restored: true });
    try {
      const ip = readIp(opened.value, this.#own, clock);
      if (!ip.ok) return ip;
      const tunnels = ip.value.objects.map(
        (object): KernelObject =>
          object.kind === 'link' && isWireguard(object)
            ? { ...object, device: readWireguard(object.name, opened.value) }
            : object,
      );
      const tc = readTc(opened.value, this.#own, ip.value);
      if (!tc.ok) return tc;
      const sources = remotes.flatMap((remote) => {
        const source = sourceTowards(opened.value, remote);
        return source === undefined ? [] : [[remote, source] as const];
      });
      return ok({ ip: { ...ip.value, objects: tunnels }, tc: tc.value, sources: new Map(sources) });
    } finally {
      opened.value.close();
    }
  }

  #foreignSlice(): string | undefined {
    const holder = this.#cgroups && holderOf(this.#cgroups.directory(this.#own.slice));
    return holder === ownNamespace() ? undefined : holder;
  }

  #announce(hardware: IpState['hardware']): void {
    const added = this.#unannounced;
    this.#unannounced = [];
    const announcements = added.flatMap(({ family, address, link }) => {
      const { index, mac } = hardware.get(link) ?? {};
      const value = parsePrefix(address)?.network;
      if (index === undefined || value === undefined || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac ?? '')) return [];
      return [{ family, link: index, mac: mac as string, address: value }];
    });
    // Each is seen by every link beside it: whoever waits for the change does not wait for that.
    if (announcements.length > 0) setImmediate(() => announce(announcements));
  }
}

/** The time it is, by what has passed since it was `now`: what is told and asked in seconds is not off by the work. */
function onwards(now: Milliseconds): () => Milliseconds {
  const begun = performance.now();
  return () => milliseconds(Math.round(now + performance.now() - begun));
}

function wirelessLinks(): ReadonlySet<string> {
  try {
    const lines = readFileSync('/proc/self/net/wireless', 'utf8').split('\n').slice(2);
    return new Set(lines.map((line) => line.split(':')[0]?.trim() ?? ''));
  } catch {
    return new Set();
  }
}
