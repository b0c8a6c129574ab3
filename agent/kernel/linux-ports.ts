import { failed, ok, type Result } from '@sublane/basics';
import { OWN_LINK } from '../lanes/kernel.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import type { PortFact, PortFailure, PortHeld, PortKernel, PortMeans, PortStep } from '../ports/port-kernel.ts';
import { readMapOf } from './bpf-syscall.ts';
import { probeCapabilities } from './capability-probe.ts';
import { watchKernel } from './kernel-watch.ts';
import { listLinks, type NetlinkLink, readLink } from './netlink/link-messages.ts';
import { NetlinkSocket, PROTOCOL } from './netlink/netlink-socket.ts';
import type { SeenFilter } from './netlink/tc-filters.ts';
import { addIngress, clearIngress, filtersOf, isIngress, isSigned, removeIngress } from './netlink/tc-ingress.ts';
import { PARENT, readTcThing, TCA, type TcThing } from './netlink/tc-message.ts';
import { heldByMirror, mirrorName, readMirrorName, readTbf, removeMirror } from './netlink/tc-mirror.ts';
import { readStatistics } from './netlink/tc-police.ts';
import { listQdiscs } from './netlink/tc-queues.ts';
import { POLICE_MAP, readPoliceProgramName } from './police-program.ts';
import { addPolicer, type Policer, removePolicer } from './policer.ts';
import { headerOf } from './tc-changes.ts';
import { signOf } from './tc-marks.ts';

/** As the document has it: `tc filter add … prio 49`. */
const PREFERENCE = 49;
/** Upper half of what marks a port's filters; the lanes have another. */
const HANDLE = 0x5b1c;
const SIGN = signOf({ handle: HANDLE });

/** The ports of this network namespace, over one netlink connection that stays open. */
export class LinuxPorts implements PortKernel {
  #socket: NetlinkSocket | undefined;

  async means(): Promise<PortMeans | undefined> {
    const there = new Set((await probeCapabilities()).flatMap(({ name, present }) => (present ? [name] : [])));
    // Without it nothing could say whose an ingress qdisc is.
    if (!there.has('u32')) return undefined;
    if (there.has('police') && there.has('basic')) return 'police';
    return there.has('cls_bpf') ? 'bpf' : there.has('ifb') ? 'ifb' : undefined;
  }

  read(): Result<readonly PortFact[], PortFailure> {
    const socket = this.#open();
    if (!socket.ok) return socket;
    const links = socket.value.dump(listLinks());
    if (!links.ok) return links;
    const qdiscs = socket.value.dump(listQdiscs());
    if (!qdiscs.ok) return qdiscs;
    const things = qdiscs.value.flatMap(({ payload }) => readTcThing(payload) ?? []);
    const facts: PortFact[] = [];
    const all = links.value.flatMap(({ payload }) => readLink(payload) ?? []);
    for (const link of all) {
      const mirrored = readMirrorName(link.name);
      if (mirrored !== undefined) {
        // The link it was made for is gone.
        if (mirrored.preference === PREFERENCE && !all.some(({ index }) => index === mirrored.link))
          facts.push({ interface: link.name, index: mirrored.link, owner: 'ports' });
        continue;
      }
      const fact = factOf(socket.value, link, all, things);
      if (!fact.ok) return fact;
      facts.push(fact.value);
    }
    return ok(facts);
  }

  apply(step: PortStep): Result<undefined, PortFailure> {
    const opened = this.#open();
    if (!opened.ok) return opened;
    const socket = opened.value;
    const { index } = step.fact;
    const place = { link: index, preference: PREFERENCE };
    switch (step.do) {
      case 'unbind': {
        removePolicer(socket, place);
        const removed = removeIngress(socket, index, SIGN, () => false);
        return removed.ok || removed.failure.code === 'ENODEV' ? ok() : removed;
      }
      case 'change': {
        const removed = removePolicer(socket, place);
        return removed.ok || removed.failure.code === 'ENOENT' ? this.#hold(socket, step) : removed;
      }
      case 'bind': {
        if (step.replace) clearIngress(socket, index);
        // What is left of a link that had this number.
        removeMirror(socket, mirrorName(place));
        const made = addIngress(socket, index, SIGN);
        if (!made.ok) return made;
        const held = this.#hold(socket, step);
        if (!held.ok) removeIngress(socket, index, SIGN, () => false);
        return held;
      }
    }
  }

  watch(listener: (event: KernelEvent) => void): Watch {
    return watchKernel(ownershipOf({ stateDir: '', handle: HANDLE }), listener);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #hold(socket: NetlinkSocket, step: Exclude<PortStep, { do: 'unbind' }>): Result<undefined, PortFailure> {
    const { port, means, fact } = step;
    const links = socket.dump(listLinks());
    if (!links.ok) return links;
    const link = links.value.map(({ payload }) => readLink(payload)).find((one) => one?.index === fact.index);
    if (link === undefined) return failed({ message: `there is no interface ${fact.interface} any more` });
    const policer: Policer = {
      link: fact.index,
      parent: PARENT.ffff,
      preference: PREFERENCE,
      addresses: [],
      means,
      rate: port.rate * 1000,
      burst: port.burst,
      index: indexOf(fact.index),
      conform: 'pass',
      linkHeader: headerOf(link),
      group: 0,
    };
    return addPolicer(socket, policer);
  }

  #open(): Result<NetlinkSocket, PortFailure> {
    if (this.#socket === undefined) {
      const opened = NetlinkSocket.open(PROTOCOL.route);
      if (!opened.ok) return opened;
      this.#socket = opened.value;
    }
    return ok(this.#socket);
  }
}

/** Of the police action: links of one host have numbers far below 65,536, where they are not made and unmade all day. */
const indexOf = (link: number) => ((HANDLE << 16) | (link & 0xffff)) >>> 0;

function factOf(
  socket: NetlinkSocket,
  link: NetlinkLink,
  links: readonly NetlinkLink[],
  things: readonly TcThing[],
): Result<PortFact, PortFailure> {
  const fact = { interface: link.name, index: link.index };
  const qdisc = things.find((thing) => thing.link === link.index && isIngress(thing));
  if (qdisc === undefined) return ok({ ...fact, owner: 'nobody' });
  const listed = filtersOf(socket, link.index);
  if (!listed.ok) return listed;
  const filters = listed.value;
  if (isSigned(filters, SIGN)) {
    const own = filters.filter(({ preference }) => preference === PREFERENCE);
    const held = own.length === 1 ? heldBy(own[0] as SeenFilter, link, links, things) : undefined;
    return ok({ ...fact, owner: 'ports', ...(held !== undefined && { held }) });
  }
  const lanes = OWN_LINK.test(link.name) || filters.some(({ selector }) => selector?.kind === 'sign');
  return ok({ ...fact, owner: lanes ? 'lanes' : 'others' });
}

function heldBy(
  { police, selector, redirectedTo }: SeenFilter,
  link: NetlinkLink,
  links: readonly NetlinkLink[],
  things: readonly TcThing[],
): PortHeld | undefined {
  if (police !== undefined)
    return { means: 'police', rate: police.rate / 1000, burst: police.burst, dropped: police.dropped };
  if (selector?.kind === 'bpf') {
    const program = readPoliceProgramName(selector.name);
    const counted = readMapOf(selector.program, POLICE_MAP.name, POLICE_MAP.size);
    const dropped = counted.ok ? Number(counted.value.readBigUInt64LE(POLICE_MAP.dropped)) : 0;
    return program && { means: 'bpf', rate: program.rate / 1000, burst: program.burst, dropped };
  }
  const mirror = links.find(({ index, name }) => index === redirectedTo && readMirrorName(name) !== undefined);
  const thing = things.find((one) => one.link === mirror?.index && one.parent === PARENT.root);
  const queue = thing && readTbf(thing);
  if (thing === undefined || queue === undefined) return undefined;
  const { rate, burst } = heldByMirror(queue, headerOf(link));
  const { dropped } = readStatistics(thing.attributes.nested(TCA.statistics));
  return { means: 'ifb', rate: rate / 1000, burst, dropped };
}
