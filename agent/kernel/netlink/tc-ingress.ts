import { failed, ok, type Result } from '@sublane/basics';
import { FLAG, type MessageWriter } from './message.ts';
import type { NetlinkFailure, NetlinkSocket } from './netlink-socket.ts';
import { addFilter, listFilters, PROTOCOLS, readFilter, removeFilters, type SeenFilter } from './tc-filters.ts';
import { PARENT, readTcThing, TC_MESSAGE, TCA, type TcThing, tcMessage } from './tc-message.ts';
import { listQdiscs } from './tc-queues.ts';

/**
 * The qdisc `ingress` of a link that is not ours. It has no room for a mark, so a filter stands in it that matches
 * nothing and says whose it is; both are made by one system call.
 */

/** Behind every other filter. */
const SIGN_PREFERENCE = 0xffff;

/** `ingress`, or `clsact` which can hold the same filters. */
export const isIngress = ({ kind, parent }: TcThing): boolean =>
  parent === PARENT.ingress && (kind === 'ingress' || kind === 'clsact');

/** Whether a filter of the link says that its ingress qdisc is the owner's. */
export const isSigned = (filters: readonly SeenFilter[], owner: number): boolean =>
  filters.some(({ selector }) => selector?.kind === 'sign' && selector.value === owner);

const addQdisc = (link: number): MessageWriter =>
  tcMessage(TC_MESSAGE.newQdisc, FLAG.create | FLAG.exclusive, {
    link,
    parent: PARENT.ingress,
    handle: PARENT.ffff,
  }).string(TCA.kind, 'ingress');

export const removeIngressQdisc = (link: number): MessageWriter =>
  tcMessage(TC_MESSAGE.deleteQdisc, 0, { link, parent: PARENT.ingress, handle: PARENT.ffff });

/** On a link of our own no sign is needed: `owner` undefined. `EEXIST` where the link has one already. */
export function addIngress(
  socket: NetlinkSocket,
  link: number,
  owner: number | undefined,
): Result<undefined, NetlinkFailure> {
  if (owner === undefined) return socket.request(addQdisc(link));
  // Asked first: the sign would be put into a qdisc of others.
  const there = ingressOf(socket, link);
  if (!there.ok) return there;
  if (there.value !== undefined) return failed({ code: 'EEXIST', message: `there is a qdisc ${there.value} already` });
  const sign = { kind: 'sign', value: owner } as const;
  return socket.requestAll([
    addQdisc(link),
    addFilter({ link, preference: SIGN_PREFERENCE, protocol: PROTOCOLS.all, selector: sign }),
  ]);
}

/** Whoever's it is, with all that stands in it. */
export const clearIngress = (socket: NetlinkSocket, link: number): Result<undefined, NetlinkFailure> =>
  socket.request(tcMessage(TC_MESSAGE.deleteQdisc, 0, { link, parent: PARENT.ingress }));

/** Where others have put filters into it, it is left to them. */
export function removeIngress(
  socket: NetlinkSocket,
  link: number,
  owner: number | undefined,
  isOurs: (filter: SeenFilter) => boolean,
): Result<undefined, NetlinkFailure> {
  if (owner === undefined) return socket.request(removeIngressQdisc(link));
  const filters = filtersOf(socket, link);
  if (!filters.ok) return filters;
  const foreign = filters.value.filter((filter) => !isOurs(filter) && filter.selector?.kind !== 'sign');
  if (foreign.length === 0) return socket.request(removeIngressQdisc(link));
  return socket.request(removeFilters({ link, preference: SIGN_PREFERENCE }));
}

/** The kind of the link's ingress qdisc. */
export function ingressOf(socket: NetlinkSocket, link: number): Result<string | undefined, NetlinkFailure> {
  const listed = socket.dump(listQdiscs());
  if (!listed.ok) return listed;
  for (const { payload } of listed.value) {
    const thing = readTcThing(payload);
    if (thing?.link === link && isIngress(thing)) return ok(thing.kind);
  }
  return ok(undefined);
}

export function filtersOf(socket: NetlinkSocket, link: number): Result<readonly SeenFilter[], NetlinkFailure> {
  const listed = socket.dump(listFilters(link));
  if (!listed.ok) return listed;
  return ok(
    listed.value.flatMap(({ payload }) => {
      const thing = readTcThing(payload);
      const filter = thing?.link === link ? readFilter(thing) : undefined;
      return filter ?? [];
    }),
  );
}
