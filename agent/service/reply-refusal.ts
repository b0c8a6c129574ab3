import { printable } from './printable.ts';

/** One thing a headend's reply asks for that this host does not do. */
export interface ReplyRefusal {
  /** The member of agent.yaml that decides, as `accept.routes.local-networks`; `always` where none does. */
  readonly rule: string;
  /** The offending leaf, below its application-group: `routing-cfg/ipv4-route[…]/destination-prefix`. */
  readonly path: string;
  readonly value: string;
  /** What is wrong with it, in a sentence's second half: `is the host's own address`. */
  readonly why: string;
  /** What to change in agent.yaml to have it all the same; absent: nothing. */
  readonly remedy?: string;
}

const LONGEST_VALUE = 80;
const MOST_TOLD = 3;

export function refusalText({ rule, path, value, why, remedy }: ReplyRefusal): string {
  const what = `${printable(path, 200)} "${printable(value, LONGEST_VALUE)}" ${why}`;
  return remedy === undefined ? `${what} (never accepted)` : `${what} (${rule}; to accept it: ${remedy})`;
}

/** Why a granted lane is not made, in a sentence for the person and for the headend's operator. */
export function refusalsText(refusals: readonly ReplyRefusal[]): string {
  const told = refusals.slice(0, MOST_TOLD).map(refusalText);
  const more = refusals.length - told.length;
  return `this host does not accept what the headend grants: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
