import { failed, ok, type Result } from '@sublane/basics';
import { OWN_LINK, type Ownership } from '../lanes/kernel.ts';
import type { ClassObject, IngressObject, PoliceObject, QdiscObject } from '../lanes/kernel-object.ts';
import type { Operation } from '../lanes/operation.ts';
import { findLink, listLinks, type NetlinkLink, readLink } from './netlink/link-messages.ts';
import type { NetlinkFailure, NetlinkSocket } from './netlink/netlink-socket.ts';
import { addIngress, removeIngress } from './netlink/tc-ingress.ts';
import { readMirrorName, removeMirror } from './netlink/tc-mirror.ts';
import { putClass, putQdisc, removeClass, removeQdisc } from './netlink/tc-queues.ts';
import { addPolicer, removePolicer } from './policer.ts';
import { isOwnFilter, policeIndex, signOf } from './tc-marks.ts';

export type TcObject = QdiscObject | ClassObject | IngressObject | PoliceObject;
type Verb = Operation['verb'];

const ETHERNET = 1;
const ETHERNET_HEADER = 14;

/** Octets of a link's own header before a packet that arrives. */
export const headerOf = ({ hardware }: NetlinkLink): number => (hardware === ETHERNET ? ETHERNET_HEADER : 0);

/** Carries out changes of queues, classes, and what holds arriving packets. */
export class TcChanges {
  readonly #socket: NetlinkSocket;
  readonly #own: Ownership;

  constructor(socket: NetlinkSocket, own: Ownership) {
    this.#socket = socket;
    this.#own = own;
  }

  apply(verb: Verb, object: TcObject): Result<undefined, NetlinkFailure> {
    const found = linkOf(this.#socket, object.link);
    if (!found.ok) return found;
    const link = found.value;
    const socket = this.#socket;
    switch (object.kind) {
      case 'qdisc':
        return socket.request(verb === 'remove' ? removeQdisc(object, link.index) : putQdisc(object, verb, link.index));
      case 'class':
        return socket.request(verb === 'remove' ? removeClass(object, link.index) : putClass(object, verb, link.index));
      case 'ingress': {
        const owner = this.#isOwn(link) ? undefined : signOf(this.#own);
        if (verb === 'remove')
          return removeIngress(socket, link.index, owner, (filter) => isOwnFilter(filter, this.#own, this.#nameOf));
        return verb === 'add' ? addIngress(socket, link.index, owner) : ok();
      }
      case 'police':
        return this.#police(verb, object, link);
    }
  }

  #police(verb: Verb, object: PoliceObject, link: NetlinkLink): Result<undefined, NetlinkFailure> {
    const { preference, addresses, means, rate, burst } = object;
    const place = { link: link.index, preference };
    // An ifb link whose own link is gone.
    if (readMirrorName(object.link) !== undefined) return removeMirror(this.#socket, object.link);
    if (verb !== 'add') {
      const removed = removePolicer(this.#socket, place);
      if (verb === 'remove' || (!removed.ok && removed.failure.code !== 'ENOENT')) return removed;
    }
    return addPolicer(this.#socket, {
      ...place,
      addresses,
      means,
      rate,
      burst,
      index: policeIndex(this.#own, preference),
      conform: 'continue',
      linkHeader: headerOf(link),
      group: this.#own.linkGroup,
    });
  }

  readonly #nameOf = (index: number): string | undefined => {
    const listed = this.#socket.dump(listLinks());
    const links = listed.ok ? listed.value.map(({ payload }) => readLink(payload)) : [];
    return links.find((link) => link?.index === index)?.name;
  };

  #isOwn({ name, group }: NetlinkLink): boolean {
    return group === this.#own.linkGroup && OWN_LINK.test(name);
  }
}

/** A link by its name. */
export function linkOf(socket: NetlinkSocket, name: string): Result<NetlinkLink, NetlinkFailure> {
  const asked = socket.ask(findLink(name));
  const link = asked.ok && asked.value !== undefined ? readLink(asked.value.payload) : undefined;
  if (link !== undefined) return ok(link);
  if (!asked.ok && asked.failure.code !== 'ENODEV') return asked;
  return failed({ code: 'ENODEV', message: `there is no link named ${name}` });
}
