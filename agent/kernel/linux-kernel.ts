import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, type Milliseconds, ok, type Result } from '@sublane/basics';
import type { Capability } from '../lanes/capability.ts';
import { type CommandContext, commandOf, type Tool } from '../lanes/command-text.ts';
import type { EngineFailure, LaneCounters, ProbeWindow } from '../lanes/engine.ts';
import { parsePrefix } from '../lanes/ip-address.ts';
import type { ApplyFailure, Kernel, ObserveRequest, Ownership, ProbeOutcome, ProbeRequest } from '../lanes/kernel.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import type { AddressObject, KernelObject, MarkObject, SettingObject } from '../lanes/kernel-object.ts';
import { chooseUplink, type LinkFact, type Observation } from '../lanes/observation.ts';
import type { Operation } from '../lanes/operation.ts';
import { isOwnMark } from '../lanes/render-firewall.ts';
import { ARP_SETTINGS, arpPath } from '../lanes/uplink-facts.ts';
import { announce } from './announcement.ts';
import { attachMark, closeDescriptor, detachMark, listMarks, loadMark } from './bpf.ts';
import { probeCapabilities } from './capability-probe.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { probeConflicts } from './conflict-probe.ts';
import { DnsRedirect } from './dns-redirect.ts';
import { type IpState, readIp } from './ip-reader.ts';
import { markOfName, markProgramName } from './mark-program.ts';
import { readCounters, readNft } from './nft-reader.ts';
import { readSetting, writeSetting } from './setting-files.ts';
import { readTc } from './tc-reader.ts';
import { complaint, failedLine, runTool } from './tool.ts';

/** The kernel of this machine, in the network namespace of this process. */
export class LinuxKernel implements Kernel {
  readonly #own: Ownership;
  readonly #cgroups: CgroupTree | undefined;
  readonly #dns = new DnsRedirect();
  #capabilities: Promise<readonly Capability[]> | undefined;
  /** Addresses added since the links were last read. */
  #unannounced: AddressObject[] = [];

  constructor(ownership: Ownership) {
    this.#own = ownership;
    this.#cgroups = CgroupTree.find();
  }

  capabilities(): Promise<readonly Capability[]> {
    this.#capabilities ??= probeCapabilities();
    return this.#capabilities;
  }

  async observe({ now, uplink, borrowed }: ObserveRequest): Promise<Result<Observation, EngineFailure>> {
    const [ip, tc, nft] = await Promise.all([readIp(this.#own, now), readTc(this.#own), readNft(this.#own.table, now)]);
    if (!ip.ok) return ip;
    const wireless = wirelessLinks();
    const links = ip.value.links.map(
      (link): LinkFact => ({
        ...link,
        wireless: wireless.has(link.name) || existsSync(`/sys/class/net/${link.name}/phy80211`),
      }),
    );
    this.#announce(ip.value.hardware);
    const { defaults, connected, foreignAddresses } = ip.value;
    const objects: KernelObject[] = [...ip.value.objects, ...tc.objects, ...this.#readCgroups()];
    if (nft !== undefined) objects.push(nft);
    for (const { name, ours } of links) if (ours) objects.push(...readOwnSettings(name));
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
    return ok({ objects, links, defaults, connected, foreignAddresses, foreignQdiscs: tc.foreignQdiscs, settings });
  }

  async apply(operations: readonly Operation[], now: Milliseconds): Promise<Result<undefined, ApplyFailure>> {
    const { protocol, linkGroup } = this.#own;
    const context = { now, protocol, addressMetric: linkGroup, cgroups: this.cgroupDirectory('') };
    for (let start = 0; start < operations.length; ) {
      const { tool, count } = batchFrom(operations, start, context);
      const failure = await this.#applyBatch(tool, operations.slice(start, start + count), context);
      if (failure !== undefined) return failed({ index: start + failure.index, message: failure.message });
      start += count;
    }
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
    if (this.#cgroups === undefined || !existsSync(this.#cgroups.directory(path)))
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

  /** The periodic look finds what changes until events are read. */
  watch(_listener: (event: KernelEvent) => void): Watch {
    return { close: () => undefined };
  }

  #announce(hardware: IpState['hardware']): void {
    const added = this.#unannounced;
    this.#unannounced = [];
    announce(
      added.flatMap(({ family, address, link }) => {
        const { index, mac } = hardware.get(link) ?? {};
        const value = parsePrefix(address)?.network;
        if (index === undefined || value === undefined || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac ?? '')) return [];
        return [{ family, link: index, mac: mac as string, address: value }];
      }),
    );
  }

  async #applyBatch(
    tool: Tool,
    operations: readonly Operation[],
    context: CommandContext,
  ): Promise<ApplyFailure | undefined> {
    switch (tool) {
      case 'sysctl':
      case 'cgroup':
      case 'bpf':
        for (const [index, operation] of operations.entries()) {
          const message = this.#applyHere(operation);
          if (message !== undefined) return { index, message };
        }
        return undefined;
      default: {
        const lines = operations.map((operation) => commandOf(operation, context).line);
        const [program, ...args] = PROGRAMS[tool];
        const run = await runTool(program, args, `${lines.join('\n')}\n`);
        if (run.status === 0) return undefined;
        return { index: failedLine(run.stderr) ?? 0, message: complaint(run) };
      }
    }
  }

  /** What needs no program: a message where it failed. */
  #applyHere({ verb, object }: Operation): string | undefined {
    try {
      switch (object.kind) {
        case 'setting':
          return applySetting(verb, object);
        case 'cgroup':
          if (verb === 'remove') this.#cgroups?.remove(object.path);
          else this.#cgroups?.make(object.path);
          return undefined;
        case 'mark':
          return this.#applyMark(verb, object);
        case 'dns':
          return this.#dns.apply(this.cgroupDirectory(object.path), verb === 'remove' ? undefined : object.servers);
        default:
          throw new Error(`not applied here: ${object.kind}`);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return (error as Error).message;
    }
  }

  #applyMark(verb: Operation['verb'], { path, mark }: MarkObject): string | undefined {
    const directory = this.cgroupDirectory(path);
    const before = this.#ownPrograms(directory);
    if (verb !== 'remove') {
      const program = loadMark(mark, markProgramName(mark));
      if (!program.ok) return program.message;
      const attached = attachMark(directory, program.value);
      closeDescriptor(program.value);
      if (!attached.ok) return attached.message;
    }
    for (const { id } of before) {
      const detached = detachMark(directory, id);
      if (!detached.ok) return detached.message;
    }
    return undefined;
  }

  #ownPrograms(directory: string): readonly { readonly id: number; readonly mark: number }[] {
    const listed = listMarks(directory);
    if (!listed.ok) return [];
    return listed.value.flatMap(({ id, name }) => {
      const mark = markOfName(name);
      return mark !== undefined && isOwnMark(mark, this.#own.mark) ? [{ id, mark }] : [];
    });
  }

  #readCgroups(): KernelObject[] {
    return (this.#cgroups?.list(this.#own.slice) ?? []).flatMap(({ path, members }): KernelObject[] => {
      const programs = this.#ownPrograms(this.cgroupDirectory(path));
      const servers = this.#dns.read(this.cgroupDirectory(path));
      return [
        { kind: 'cgroup', path, members },
        // Two of ours are one too many, left by a change that was cut short: seen as none of the marks wanted.
        ...programs
          .slice(0, 1)
          .map(({ mark }) => ({ kind: 'mark', path, mark: programs.length === 1 ? mark : 0 }) as const),
        ...(servers === undefined ? [] : [{ kind: 'dns', path, servers } as const]),
      ];
    });
  }
}

const PROGRAMS: Record<Exclude<Tool, 'sysctl' | 'cgroup' | 'bpf'>, readonly [string, ...string[]]> = {
  ip: ['ip', '-batch', '-'],
  ip4: ['ip', '-4', '-batch', '-'],
  ip6: ['ip', '-6', '-batch', '-'],
  tc: ['tc', '-batch', '-'],
  nft: ['nft', '-f', '-'],
};

/** As many operations as one run of one tool can carry out in order. */
function batchFrom(
  operations: readonly Operation[],
  start: number,
  context: CommandContext,
): { tool: Tool; count: number } {
  const toolOf = (operation: Operation) => TOOLS[operation.object.kind] ?? commandOf(operation, context).tool;
  const tool = toolOf(operations[start] as Operation);
  let count = 1;
  while (start + count < operations.length && toolOf(operations[start + count] as Operation) === tool) count++;
  return { tool, count };
}

/** Where the kind alone tells; a firewall's script need not be written to know. */
const TOOLS: Partial<Record<KernelObject['kind'], Tool>> = { firewall: 'nft', qdisc: 'tc', class: 'tc', address: 'ip' };

function applySetting(verb: Operation['verb'], { path, value, old, link }: SettingObject): string | undefined {
  const now = readSetting(path);
  if (verb === 'remove') {
    // Someone else has set it meanwhile, or the link is gone: no longer ours to put back.
    if (old !== undefined && now === value) writeSetting(path, old);
    return undefined;
  }
  if (now === undefined && link === undefined) return `there is no /proc/sys/${path}`;
  writeSetting(path, value);
  return undefined;
}

/** What `render` decides on for a link of ours; read for all of them, so that any of it may be wanted. */
function readOwnSettings(link: string): SettingObject[] {
  return OWN_SETTINGS.flatMap((name) => {
    const path = name.replace('*', link);
    const value = readSetting(path);
    return value === undefined ? [] : [{ kind: 'setting', path, value, link }];
  });
}

const OWN_SETTINGS = [
  'net/ipv4/conf/*/arp_ignore',
  'net/ipv4/conf/*/arp_announce',
  'net/ipv4/conf/*/rp_filter',
  'net/ipv6/conf/*/accept_ra',
  'net/ipv6/conf/*/autoconf',
  'net/ipv6/conf/*/disable_ipv6',
];

function wirelessLinks(): ReadonlySet<string> {
  try {
    const lines = readFileSync('/proc/self/net/wireless', 'utf8').split('\n').slice(2);
    return new Set(lines.map((line) => line.split(':')[0]?.trim() ?? ''));
  } catch {
    return new Set();
  }
}
