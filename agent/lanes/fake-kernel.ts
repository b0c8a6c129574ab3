import { failed, type Milliseconds, ok, type Result } from '@sublane/basics';
import type { Capability } from './capability.ts';
import type { EngineFailure, LaneCounters } from './engine.ts';
import { FEATURES, NEEDED } from './fake-features.ts';
import { followersOf, linkRefusal, ownLinkFact } from './fake-links.ts';
import { type Family, type Prefix, parsePrefix } from './ip-address.ts';
import type { ApplyFailure, Kernel, ObserveRequest, ProbeOutcome, ProbeRequest } from './kernel.ts';
import type { KernelEvent, Watch } from './kernel-event.ts';
import {
  type FirewallObject,
  type KernelObject,
  keyOf,
  type LinkObject,
  parentOf,
  type RouteObject,
  type SettingObject,
  sameObject,
} from './kernel-object.ts';
import type { DefaultRoute, LinkFact, Observation } from './observation.ts';
import type { Operation } from './operation.ts';

/** The parts of a host that are not ours. */
export interface FakeHost {
  readonly links: readonly LinkFact[];
  readonly defaults: readonly DefaultRoute[];
  readonly connected?: readonly Prefix[];
  readonly addresses?: readonly string[];
  readonly foreignQdiscs?: ReadonlyMap<string, string>;
  readonly foreignIngress?: ReadonlyMap<string, string>;
  readonly foreignRules?: readonly number[];
  readonly settings: ReadonlyMap<string, string>;
  /** Names of capabilities this kernel lacks. */
  readonly lacks?: readonly string[];
}

/** Thrown by the fake where it was told that the process ends. */
export class ProcessEnded extends Error {}

/**
 * A kernel in memory, stricter than the real one: what that takes silently (a route whose source goes, a class that
 * nothing defines) is refused here. It can be told to fail, to end the process, and to lie.
 */
export class FakeKernel implements Kernel {
  readonly #host: FakeHost;
  readonly #objects = new Map<string, KernelObject>();
  readonly #members = new Map<string, number[]>();
  readonly #listeners = new Set<(event: KernelEvent) => void>();
  readonly settings: Map<string, string>;
  /** Operations until one fails; undefined: never. Counts down. */
  failAfter: number | undefined;
  /** Operations until the process ends. */
  endAfter: number | undefined;
  /** Neighbours: address and MAC address. */
  readonly neighbours = new Map<string, string>();
  /** Every question asked of them, in order. */
  readonly asked: ProbeRequest[] = [];
  /** Says that it did what this matches, and does not. */
  liesAbout: ((operation: Operation) => boolean) | undefined;

  constructor(host: FakeHost) {
    this.#host = host;
    this.settings = new Map(host.settings);
  }

  /** Everything of ours that is there, in a stable order. */
  get objects(): readonly KernelObject[] {
    return [...this.#objects.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  async capabilities(): Promise<readonly Capability[]> {
    return FEATURES.map((name) => ({
      name,
      present: !(this.#host.lacks ?? []).includes(name),
      purpose: name,
      ...(!NEEDED.includes(name) && { instead: 'nothing' }),
    }));
  }

  async observe({ now, borrowed, remotes = [] }: ObserveRequest): Promise<Result<Observation, EngineFailure>> {
    const own = this.objects.filter(
      (object) => !(object.kind === 'setting' && object.link === undefined) && !isOver(object, now),
    );
    const returned = [...borrowed].flatMap(([path, { value, old }]): KernelObject[] =>
      this.settings.get(path) === value ? [{ kind: 'setting', path, value, old }] : [],
    );
    return ok({
      objects: [...own.map((object) => this.#seen(object, now)), ...returned],
      links: [...this.#host.links, ...this.#ownLinks()],
      defaults: this.#host.defaults,
      connected: this.#host.connected ?? [],
      foreignAddresses: new Set(this.#host.addresses),
      foreignQdiscs: this.#host.foreignQdiscs ?? new Map(),
      foreignIngress: this.#host.foreignIngress ?? new Map(),
      foreignRules: this.#host.foreignRules ?? [],
      settings: this.settings,
      sources: new Map(remotes.map((remote) => [remote, '2001:db8:a::7'])),
    });
  }

  async apply(operations: readonly Operation[], now: Milliseconds): Promise<Result<undefined, ApplyFailure>> {
    for (const [index, operation] of operations.entries()) {
      if (this.endAfter !== undefined && this.endAfter-- === 0) {
        this.endAfter = undefined;
        throw new ProcessEnded('the process ends here');
      }
      if (this.failAfter !== undefined && this.failAfter-- === 0) {
        this.failAfter = undefined;
        return failed({ index, message: 'told to fail' });
      }
      for (const [key, object] of this.#objects) if (isOver(object, now)) this.#objects.delete(key);
      if (this.liesAbout?.(operation)) continue;
      const message = this.#refusal(operation);
      if (message !== undefined) return failed({ index, message });
      this.#do(operation);
    }
    return ok();
  }

  async probe(requests: readonly ProbeRequest[]): Promise<ProbeOutcome> {
    this.asked.push(...requests);
    const holders = requests.flatMap(({ link, address }) => {
      if (!this.#isUp(link)) throw new Error(`asked on ${link}, which is not up`);
      const mac = this.neighbours.get(address);
      return mac === undefined ? [] : [[address, mac] as const];
    });
    return { holders: new Map(holders), notes: [] };
  }

  async counters(): Promise<Result<readonly LaneCounters[], EngineFailure>> {
    return ok([]);
  }

  enter(path: string, pid: number): Result<undefined, EngineFailure> {
    if (!this.#objects.has(`cgroup ${path}`))
      return failed({ kind: 'refused', step: `enter ${path}`, message: 'no such cgroup', restored: true });
    this.#members.set(path, [...(this.#members.get(path) ?? []), pid]);
    return ok();
  }

  members(path: string): readonly number[] {
    return this.#members.get(path) ?? [];
  }

  cgroupDirectory(path: string): string {
    return `/cgroup/${path}`;
  }

  expel(path: string): void {
    this.#members.delete(path);
  }

  watch(listener: (event: KernelEvent) => void): Watch {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** As if somebody had changed something. */
  tell(event: KernelEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #seen(object: KernelObject, now: Milliseconds): KernelObject {
    if (object.kind === 'cgroup') return { ...object, members: this.members(object.path).length };
    if (object.kind === 'firewall')
      return { ...object, script: [], live: object.live.filter(({ until }) => until > now) };
    return object;
  }

  #ownLinks(): LinkFact[] {
    return this.#linkObjects().map((link) => ownLinkFact(link, this.#objects.has(`active ${link.name}`)));
  }

  #linkObjects(): LinkObject[] {
    return this.objects.flatMap((object) => (object.kind === 'link' ? [object] : []));
  }

  #link(name: string): LinkFact | undefined {
    return [...this.#host.links, ...this.#ownLinks()].find((link) => link.name === name);
  }

  #refusal(operation: Operation): string | undefined {
    const { verb, object } = operation;
    const key = keyOf(object);
    const there = this.#objects.get(key);
    if (verb === 'add' && there !== undefined) return `${key}: file exists`;
    if (verb === 'remove' && there === undefined) return `${key}: no such file`;
    if (verb === 'change') {
      if (there === undefined) return `${key}: no such file`;
      if (object.kind === 'rule' || object.kind === 'active') return `${key}: cannot be changed`;
      if (!sameObject(operation.from, there) && object.kind !== 'firewall') return `${key}: is not as was believed`;
    }
    return verb === 'remove' ? this.#removalRefusal(object) : this.#making(object, verb);
  }

  #making(object: KernelObject, verb: 'add' | 'change'): string | undefined {
    switch (object.kind) {
      case 'setting':
        if (object.link !== undefined)
          return this.#objects.has(`link ${object.link}`) ? this.#shutRefusal(object) : 'no such link';
        if (!this.settings.has(object.path)) return `${object.path}: no such sysctl`;
        if (verb === 'add' && this.settings.get(object.path) !== object.old)
          return `${object.path}: the old value is wrong`;
        return undefined;
      case 'link':
        return linkRefusal(object, this.#host.links, this.#linkObjects(), this.#host.lacks ?? []);
      case 'active': {
        const link = this.#linkObjects().find(({ name }) => name === object.link);
        if (link === undefined) return 'no such link';
        const below = parentOf(link.device);
        return below === undefined || this.#isUp(below) ? undefined : `${below}: network is down`;
      }
      case 'address':
        if (!this.#isUp(object.link)) return `${object.link}: network is down`;
        return object.family === 6 && this.#isShut(object.link) ? `${object.link}: permission denied` : undefined;
      case 'qdisc':
        if (object.parent === 'root') {
          if (this.#host.foreignQdiscs?.has(object.link)) return `${object.link}: has the qdisc of others`;
          return this.#link(object.link) === undefined ? 'no such device' : undefined;
        }
        return this.#objects.has(`class ${object.link} ${object.parent}`) ? undefined : 'specified class not found';
      case 'class': {
        const parent = object.parent === 'root' ? `qdisc ${object.link} root` : `class ${object.link} ${object.parent}`;
        return this.#objects.has(parent) ? undefined : 'parent qdisc not found';
      }
      case 'route':
        return this.#routeRefusal(object);
      case 'firewall':
        return this.#firewallRefusal(object);
      case 'rule': {
        const led = [...this.#objects.values()].some(
          (one) => one.kind === 'route' && one.table === object.table && one.family === object.family,
        );
        return led || object.table === 254 ? undefined : `table ${object.table}: empty`;
      }
      case 'cgroup': {
        const parent = object.path.split('/').slice(0, -1).join('/');
        return parent === '' || this.#objects.has(`cgroup ${parent}`) ? undefined : 'no such directory';
      }
      case 'mark':
      case 'dns':
        return this.#objects.has(`cgroup ${object.path}`) ? undefined : 'no such cgroup';
      case 'ingress':
        if (this.#host.foreignIngress?.has(object.link)) return `${object.link}: file exists`;
        return this.#link(object.link) === undefined ? 'no such device' : undefined;
      case 'police':
        if (object.rate <= 0 || object.burst <= 0) return 'invalid argument';
        return this.#objects.has(`ingress ${object.link}`) || this.#host.foreignIngress?.has(object.link)
          ? undefined
          : 'parent qdisc not found';
    }
  }

  #removalRefusal(object: KernelObject): string | undefined {
    const some = (test: (other: KernelObject) => boolean) => [...this.#objects.values()].some(test);
    switch (object.kind) {
      case 'link':
        // The real kernel takes them with it.
        return some(
          (other) =>
            ((other.kind === 'address' || other.kind === 'route') && other.link === object.name) ||
            (other.kind === 'link' && parentOf(other.device) === object.name),
        )
          ? `${object.name}: still in use`
          : undefined;
      case 'address':
        // The real kernel drops such routes (IPv4) or their source (IPv6).
        return some((other) => other.kind === 'route' && other.source === object.address) && !this.#elsewhere(object)
          ? `${object.address}: still the source of a route`
          : undefined;
      case 'cgroup':
        return this.members(object.path).length > 0 ||
          some(
            (other) => (other.kind === 'cgroup' || other.kind === 'mark') && other.path.startsWith(`${object.path}/`),
          ) ||
          this.#objects.has(`mark ${object.path}`) ||
          this.#objects.has(`dns ${object.path}`)
          ? `${object.path}: device or resource busy`
          : undefined;
      case 'active':
        return 'a link of ours is never set down';
      case 'setting':
        return object.link === undefined ? undefined : 'a setting of a link goes with it';
      default:
        return undefined;
    }
  }

  #elsewhere({ address, link }: { readonly address: string; readonly link: string }): boolean {
    return [...this.#objects.values()].some(
      (other) => other.kind === 'address' && other.address === address && other.link !== link,
    );
  }

  #isUp(name: string): boolean {
    return this.#host.links.some((link) => link.name === name && link.up) || this.#objects.has(`active ${name}`);
  }

  /** Without IPv6, as its sysctl says. */
  #isShut(name: string): boolean {
    const setting = this.#objects.get(`setting net/ipv6/conf/${name}/disable_ipv6`);
    return setting?.kind === 'setting' && setting.value === '1';
  }

  /** The real kernel takes them with it. */
  #shutRefusal({ path, value, link }: SettingObject): string | undefined {
    const shuts = path.endsWith('/disable_ipv6') && value === '1';
    const standing = this.objects.some(
      (one) => 'family' in one && one.family === 6 && 'link' in one && one.link === link,
    );
    return shuts && standing ? `${link}: has IPv6 addresses or routes` : undefined;
  }

  #isLocal(address: string): boolean {
    return [...this.#objects.values()].some((one) => one.kind === 'address' && one.address === address);
  }

  #routeRefusal({ type, link, source, via, family, table }: RouteObject): string | undefined {
    if (type === 'unreachable') return undefined;
    if (link === undefined || !this.#isUp(link)) return `${link}: network is down`;
    if (source !== undefined && !this.#isLocal(source)) return `${source}: invalid argument`;
    if (via === undefined || family === 4) return undefined;
    return this.#reaches(table, family, via) ? undefined : `${via}: no route to host`;
  }

  #reaches(table: number, family: Family, via: string): boolean {
    const hop = parsePrefix(via)?.network ?? 0n;
    if (hop >> 118n === 0x3fan) return true;
    return [...this.#objects.values()].some((one) => {
      if (one.kind !== 'route' || one.table !== table || one.family !== family || one.via !== undefined) return false;
      const prefix = parsePrefix(one.destination);
      return (
        prefix !== undefined && hop >> BigInt(128 - prefix.length) === prefix.network >> BigInt(128 - prefix.length)
      );
    });
  }

  #firewallRefusal({ script, live, chains }: FirewallObject): string | undefined {
    if (script.length === 0) return 'no script';
    for (const { chain } of live) if (!chains.includes(chain)) return `${chain}: no such chain`;
    for (const line of script) {
      for (const [, target = ''] of line.matchAll(/goto ([a-z]+(?:-\d+)?)/g))
        if (!chains.includes(target)) return `${target}: no such chain`;
      // The real kernel takes any number for a class.
      const id = /meta priority set (\S+)/.exec(line)?.[1];
      if (id !== undefined && ![...this.#objects.values()].some((one) => one.kind === 'class' && one.id === id))
        return `${id}: no such class`;
    }
    return undefined;
  }

  #do({ verb, object }: Operation): void {
    const key = keyOf(object);
    if (object.kind === 'setting' && object.link === undefined) {
      this.settings.set(object.path, verb === 'remove' ? (object.old as string) : object.value);
      if (verb === 'remove') this.#objects.delete(key);
      else this.#objects.set(key, object);
      return;
    }
    if (verb !== 'remove') {
      const before = this.#objects.get(key);
      this.#objects.set(key, object);
      if (before?.kind === 'link' && object.kind === 'link' && before.mtu !== object.mtu)
        for (const one of followersOf(object, before.mtu, this.objects)) this.#objects.set(keyOf(one), one);
      return;
    }
    this.#objects.delete(key);
    for (const [other, child] of this.#objects) if (goesWith(child, object)) this.#objects.delete(other);
  }
}

/** As in the real kernel. */
function goesWith(child: KernelObject, parent: KernelObject): boolean {
  switch (parent.kind) {
    case 'link':
      return 'link' in child && child.link === parent.name;
    case 'ingress':
      return child.kind === 'police' && child.link === parent.link;
    case 'qdisc':
      return (
        parent.parent === 'root' && (child.kind === 'class' || child.kind === 'qdisc') && child.link === parent.link
      );
    case 'class':
      return (
        (child.kind === 'class' || child.kind === 'qdisc') && child.link === parent.link && child.parent === parent.id
      );
    default:
      return false;
  }
}

const isOver = (object: KernelObject, now: Milliseconds) => object.kind === 'address' && object.validUntil <= now;
