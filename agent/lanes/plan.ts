import { type CommandContext, commandText } from './command-text.ts';
import { changeable, type KernelObject, keyOf, parentOf, sameObject } from './kernel-object.ts';
import { inverse, type Operation } from './operation.ts';

/** What will be done, in order. Data: printed, journalled, tested. */
export interface Plan {
  readonly steps: readonly Step[];
  /** What a person should know before. */
  readonly notes: readonly string[];
}

export interface Step {
  /** The command as a person would type it. */
  readonly do: string;
  readonly undo: string;
  readonly why: string;
  readonly operation: Operation;
}

/**
 * From what is there to what is wanted. First goes what stands in the way of its own replacement, with all that stands
 * on it; then what is new or different is made, parents before children; then what is no longer wanted goes, children
 * before parents. A packet thus finds the old or the new way, never none.
 */
export function plan(seen: readonly KernelObject[], wanted: readonly KernelObject[]): readonly Operation[] {
  if (isReached(seen, wanted)) return [];
  const keys = new Map([...seen, ...wanted].map((object) => [object, keyOf(object)]));
  const key = (object: KernelObject) => keys.get(object) as string;
  const wantedByKey = new Map(wanted.map((object) => [key(object), object]));
  const blocking = seen.filter((object) => {
    const next = wantedByKey.get(key(object));
    return next !== undefined && !sameObject(object, next) && !changeable(object, next);
  });
  const cleared = withDependants(blocking, seen);
  const left = new Map(seen.filter((object) => !cleared.has(object)).map((object) => [key(object), object]));

  // Most of what is wanted is there already, and needs no order.
  const missing = wanted.filter((object) => {
    const before = left.get(key(object));
    return before === undefined || followsParent(before) || !sameObject(before, object);
  });
  const made: Operation[] = [];
  for (const object of inOrder(missing)) {
    const before = followed(left.get(key(object)), made);
    if (before === undefined) made.push({ verb: 'add', object });
    else if (!sameObject(before, object)) made.push({ verb: 'change', object, from: before });
  }
  const gone = new Set([...left].filter(([name]) => !wantedByKey.has(name)).map(([, object]) => object));
  // With the family, the kernel takes away all of it that stands on the link: only when it is gone.
  const shut = made.filter(({ verb, object }) => verb === 'change' && shutsFamily(object));
  return [...removals(cleared), ...made.filter((one) => !shut.includes(one)), ...removals(gone), ...shut];
}

/** Mostly it is: found out without putting anything in order. */
function isReached(seen: readonly KernelObject[], wanted: readonly KernelObject[]): boolean {
  if (seen.length !== wanted.length) return false;
  const missing = new Map(wanted.map((object) => [keyOf(object), object]));
  return seen.every((object) => {
    const key = keyOf(object);
    const next = missing.get(key);
    return next !== undefined && missing.delete(key) && sameObject(object, next);
  });
}

const shutsFamily = (object: KernelObject) =>
  object.kind === 'setting' && object.path.endsWith('/disable_ipv6') && object.value === '1';

/** An ipvlan takes its parent's new MTU, whatever its own was. */
const followsParent = (seen: KernelObject | undefined) => seen?.kind === 'link' && seen.device.type === 'ipvlan';

function followed(seen: KernelObject | undefined, made: readonly Operation[]): KernelObject | undefined {
  if (seen?.kind !== 'link' || seen.device.type !== 'ipvlan') return seen;
  const parent = seen.device.parent;
  const below = made.find(({ verb, object }) => verb === 'change' && object.kind === 'link' && object.name === parent);
  return below?.object.kind === 'link' ? { ...seen, mtu: below.object.mtu } : seen;
}

/** Adds to operations what a person wants to see of them. */
export function explain(operations: readonly Operation[], context: CommandContext): readonly Step[] {
  return operations.map((operation) => ({
    do: commandText(operation, context),
    undo: commandText(inverse(operation), context),
    why: WHY[operation.object.kind](operation),
    operation,
  }));
}

function removals(objects: ReadonlySet<KernelObject>): Operation[] {
  const parents = parentsAmong(objects);
  return inOrder([...objects])
    .reverse()
    .filter((object) => !goesWithParent(object, parents))
    .map((object) => ({ verb: 'remove', object }));
}

/** What takes others with it when it goes. */
interface Parents {
  readonly links: ReadonlySet<string>;
  /** Names of links whose root queue goes. */
  readonly roots: ReadonlySet<string>;
  /** Names of links whose place for filters on what arrives goes. */
  readonly ingresses: ReadonlySet<string>;
  /** Link and id. */
  readonly classes: ReadonlySet<string>;
}

function parentsAmong(objects: Iterable<KernelObject>): Parents {
  const links = new Set<string>();
  const roots = new Set<string>();
  const ingresses = new Set<string>();
  const classes = new Set<string>();
  for (const object of objects) {
    if (object.kind === 'link') links.add(object.name);
    if (object.kind === 'qdisc' && object.parent === 'root') roots.add(object.link);
    if (object.kind === 'ingress') ingresses.add(object.link);
    if (object.kind === 'class') classes.add(`${object.link} ${object.id}`);
  }
  return { links, roots, ingresses, classes };
}

/** Parents before children, and what makes a lane live after all it needs. */
function inOrder(objects: readonly KernelObject[]): KernelObject[] {
  return objects
    .map((object, index) => ({ object, index, rank: rankOf(object) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ object }) => object);
}

function rankOf(object: KernelObject): number {
  switch (object.kind) {
    case 'setting':
      return object.link === undefined ? 0 : 2;
    // A lane's link may stand on another of ours.
    case 'link':
      return isSegment(object.name) ? 1 : 1.5;
    case 'active':
      return isSegment(object.link) ? 3 : 3.5;
    case 'address':
      return 4;
    case 'qdisc':
      return object.parent === 'root' ? 5 : 8;
    case 'class':
      return object.parent === 'root' ? 6 : 7;
    case 'ingress':
      return 8.5;
    case 'police':
      return 8.7;
    case 'firewall':
      return 9;
    // A family's routes and rules are one batch of `ip`.
    case 'route':
      return object.family === 4 ? 10 : 12;
    case 'rule':
      return object.family === 4 ? 11 : 13;
    case 'cgroup':
      return 14;
    case 'dns':
      return 14.5;
    case 'mark':
      return 15;
  }
}

/** A link of ours that carries others: it is made before them. */
const isSegment = (name: string) => name.startsWith('sl-');

/** What the kernel takes away together with its parent, so that no step of its own is needed. */
function goesWithParent(object: KernelObject, { links, roots, ingresses, classes }: Parents): boolean {
  switch (object.kind) {
    case 'setting':
      return object.link !== undefined;
    case 'active':
    case 'ingress':
      return links.has(object.link);
    case 'police':
      // The link of an ifb stands by itself.
      return object.means !== 'ifb' && (links.has(object.link) || ingresses.has(object.link));
    case 'class':
      return links.has(object.link) || roots.has(object.link) || classes.has(`${object.link} ${object.parent}`);
    case 'qdisc':
      return (
        links.has(object.link) ||
        (object.parent !== 'root' && (roots.has(object.link) || classes.has(`${object.link} ${object.parent}`)))
      );
    default:
      return false;
  }
}

/** The objects and all that stands on them. */
function withDependants(roots: readonly KernelObject[], all: readonly KernelObject[]): ReadonlySet<KernelObject> {
  const found = new Set(roots);
  for (const root of found) for (const object of all) if (standsOn(object, root)) found.add(object);
  return found;
}

function standsOn(object: KernelObject, parent: KernelObject): boolean {
  if (parent.kind === 'link')
    return (
      ('link' in object && object.link === parent.name) ||
      (object.kind === 'link' && parentOf(object.device) === parent.name)
    );
  // The kernel drops such a route, or its source, when the address goes.
  if (parent.kind === 'address') return object.kind === 'route' && object.source === parent.address;
  if (parent.kind === 'ingress') return object.kind === 'police' && object.link === parent.link;
  if (parent.kind === 'qdisc' && parent.parent === 'root')
    return (object.kind === 'class' || object.kind === 'qdisc') && object !== parent && object.link === parent.link;
  if (parent.kind === 'class')
    return (
      (object.kind === 'class' || object.kind === 'qdisc') && object.link === parent.link && object.parent === parent.id
    );
  return false;
}

const made = (operation: Operation, add: string, change: string, remove: string) =>
  operation.verb === 'add' ? add : operation.verb === 'change' ? change : remove;

const WHY: Record<KernelObject['kind'], (operation: Operation) => string> = {
  setting: (step) =>
    'link' in step.object && step.object.link !== undefined
      ? 'how the lane’s own link behaves'
      : made(
          step,
          'the uplink must not answer for addresses of the lanes; the old value is kept and put back',
          'the uplink must not answer for addresses of the lanes',
          'put back as it was',
        ),
  link: (step) => made(step, 'a link of the lane’s own', 'the granted MTU', 'the lane is no longer wanted'),
  active: (step) => made(step, 'the lane’s link carries traffic', 'the lane’s link carries traffic', 'not wanted'),
  address: (step) =>
    made(
      step,
      'the granted address; it ends with the lease',
      'the lease ends at another time',
      'the address is no longer granted',
    ),
  ingress: (step) =>
    made(step, 'a place to hold what arrives', 'a place to hold what arrives', 'nothing to hold there'),
  police: (step) => made(step, 'the granted rate to the host', 'another rate', 'the rate is no longer granted'),
  dns: (step) =>
    made(step, 'the group asks its own DNS servers', 'other DNS servers', 'the group asks whom it likes again'),
  qdisc: (step) =>
    made(step, 'holds rates', 'another queue length', 'no rate to hold any more: the kernel’s default returns'),
  class: (step) => made(step, 'the granted rate', 'another rate', 'the rate is no longer granted'),
  route: (step) => made(step, 'a way out of the lane’s own table', 'another way', 'the way is no longer wanted'),
  firewall: (step) =>
    made(
      step,
      'marks DSCP, counts, drops what leaves with another address, ends lanes with their lease',
      'marks, counters and lease ends as now granted; one transaction',
      'no lane needs it any more',
    ),
  rule: (step) =>
    made(
      step,
      'leads the lane’s packets to its table',
      'leads the lane’s packets to its table',
      'the lane is no longer wanted',
    ),
  cgroup: (step) =>
    made(step, 'the group’s applications run here', 'the group’s applications run here', 'nothing runs here any more'),
  mark: (step) =>
    made(step, 'marks every socket made by the group', 'another mark', 'sockets made from now on are the host’s'),
};
