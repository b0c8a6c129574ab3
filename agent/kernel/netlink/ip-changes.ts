import { failed, type Milliseconds, type Result } from '@sublane/basics';
import type { Ownership } from '../../lanes/kernel.ts';
import {
  type ActiveObject,
  type AddressObject,
  type LinkObject,
  parentOf,
  type RouteObject,
  type RuleObject,
} from '../../lanes/kernel-object.ts';
import { putAddress, removeAddress } from './address-messages.ts';
import {
  addLink,
  changeLink,
  findLink,
  listLinks,
  moveLink,
  readLink,
  removeGroup,
  removeLink,
  setActive,
} from './link-messages.ts';
import type { MessageWriter } from './message.ts';
import type { NetlinkFailure, NetlinkSocket } from './netlink-socket.ts';
import { putRoute, removeRoute } from './route-messages.ts';
import { putRule, removeRule } from './rule-messages.ts';

export type IpObject = LinkObject | ActiveObject | AddressObject | RouteObject | RuleObject;
type Verb = 'add' | 'change' | 'remove';

/** A number of a link group as nobody chooses it. */
const MEETING = 0x51ab0000;
/** One datagram has room for some thousand. */
const MOST_TOGETHER = 1000;

/** Carries out changes of links, addresses, routes and rules, each as one message. */
export class IpChanges {
  readonly #socket: NetlinkSocket;
  readonly #own: Ownership;
  readonly #clock: () => Milliseconds;
  /** Indexes of links, by name, as far as they were asked for. */
  readonly #indexes = new Map<string, number>();

  constructor(socket: NetlinkSocket, own: Ownership, clock: () => Milliseconds) {
    this.#socket = socket;
    this.#own = own;
    this.#clock = clock;
  }

  apply(verb: Verb, object: IpObject): Result<undefined, NetlinkFailure> {
    const message = this.#messageOf(verb, object);
    if (!message.ok) return message;
    // A name may come to stand for another link.
    if (object.kind === 'link') this.#indexes.delete(object.name);
    return this.#socket.request(message.value);
  }

  /**
   * Removes links together, where all of them are there: the kernel waits some 20 ms until nobody uses a link any more,
   * and once for as many as go at the same time. They meet in a group that nobody has, and all of it is one system call.
   * False: they are to be removed one by one.
   */
  removeTogether(links: readonly LinkObject[]): boolean {
    const listed = this.#socket.dump(listLinks());
    if (!listed.ok) return false;
    const seen = listed.value.flatMap(({ payload }) => readLink(payload) ?? []);
    const present = new Set(seen.filter(({ group }) => group === this.#own.linkGroup).map(({ name }) => name));
    if (links.length > MOST_TOGETHER || !links.every(({ name }) => present.has(name))) return false;
    const groups = new Set(seen.map(({ group }) => group));
    let meeting = MEETING;
    while (groups.has(meeting)) meeting++;
    for (const { name } of links) this.#indexes.delete(name);
    if (this.#socket.requestAll([...links.map((link) => moveLink(link, meeting)), removeGroup(meeting)]).ok)
      return true;
    // What is still there is ours again.
    for (const link of links) this.#socket.request(moveLink(link, this.#own.linkGroup));
    return false;
  }

  /** Index of a link by its name. */
  index(name: string): Result<number, NetlinkFailure> {
    const known = this.#indexes.get(name);
    if (known !== undefined) return { ok: true, value: known };
    const asked = this.#socket.ask(findLink(name));
    if (!asked.ok) return asked.failure.code === 'ENODEV' ? failed(noLink(name)) : asked;
    const link = asked.value && readLink(asked.value.payload);
    if (link === undefined) return failed(noLink(name));
    this.#indexes.set(name, link.index);
    return { ok: true, value: link.index };
  }

  #messageOf(verb: Verb, object: IpObject): Result<MessageWriter, NetlinkFailure> {
    const { protocol, linkGroup } = this.#own;
    switch (object.kind) {
      case 'link':
        if (verb === 'add') return this.#on(parentOf(object.device), (below) => addLink(object, below));
        return made(verb === 'change' ? changeLink(object) : removeLink(object));
      case 'active':
        return made(setActive(object, verb !== 'remove'));
      case 'address':
        return this.#on(object.link, (link) =>
          verb === 'remove'
            ? removeAddress(object, link as number)
            : putAddress(object, verb, { link: link as number, metric: linkGroup, now: this.#clock() }),
        );
      case 'route':
        if (verb === 'remove') return made(removeRoute(object, protocol));
        return this.#on(object.link, (link) => putRoute(object, verb, { link, protocol }));
      case 'rule':
        return made(verb === 'remove' ? removeRule(object, protocol) : putRule(object, protocol));
    }
  }

  #on(
    name: string | undefined,
    write: (index: number | undefined) => MessageWriter,
  ): Result<MessageWriter, NetlinkFailure> {
    if (name === undefined) return made(write(undefined));
    const index = this.index(name);
    return index.ok ? made(write(index.value)) : index;
  }
}

const made = (value: MessageWriter): Result<MessageWriter, never> => ({ ok: true, value });

const noLink = (name: string): NetlinkFailure => ({ code: 'ENODEV', message: `there is no link named ${name}` });
