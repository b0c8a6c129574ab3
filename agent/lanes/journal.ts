import { crc32 } from 'node:zlib';
import type { Ownership } from './kernel.ts';
import type { UplinkFacts } from './observation.ts';
import type { Wish } from './wish.ts';

/**
 * What must outlive the process: the last state reached, what was borrowed from others, and whether a change was under
 * way. Everything else is found again by the marks of ownership.
 */
export interface JournalState {
  readonly reached: Reached | undefined;
  /** Sysctls changed that are not ours: the value set and the one to put back. */
  readonly borrowed: ReadonlyMap<string, Borrowed>;
  /** A change was begun and not ended. */
  readonly open: boolean;
}

export interface Reached {
  readonly wish: Wish;
  /** As it was when the wish was made so: the same objects can be rendered again. */
  readonly uplink: UplinkFacts;
}

export interface Borrowed {
  readonly value: string;
  readonly old: string;
}

export type JournalRecord =
  /** Written before the first step. `steps` are for people. */
  | {
      readonly kind: 'begin';
      readonly reached: Reached | undefined;
      readonly borrowed: readonly (readonly [string, Borrowed])[];
      readonly steps: readonly string[];
    }
  /** The state reached after a change, or after going back from one. */
  | {
      readonly kind: 'reached';
      readonly reached: Reached | undefined;
      readonly borrowed: readonly (readonly [string, Borrowed])[];
    };

/** Kernel state lives as long as the boot and the network namespace: a journal of another says nothing. */
export interface JournalScope {
  readonly boot: string;
  readonly namespace: string;
  /** By which names and numbers the writer's are known: not compared, but found again by {@link ownershipIn}. */
  readonly ownership?: Ownership;
}

export const EMPTY_JOURNAL: JournalState = { reached: undefined, borrowed: new Map(), open: false };

/** One line: the CRC-32 of the rest in hexadecimal, a space, JSON. */
export function encodeRecord(record: JournalRecord, scope: JournalScope): string {
  const text = JSON.stringify({ ...scope, ...record });
  return `${sum(text)} ${text}\n`;
}

/**
 * Reads the lines that are whole: a torn last line is a change that was not begun. Each line tells the whole state, so
 * that what follows a damaged one still holds.
 */
export function readJournal(text: string, scope: JournalScope): { state: JournalState; damaged: boolean } {
  let state = EMPTY_JOURNAL;
  let damaged = !text.endsWith('\n') && text !== '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const body = line.slice(9);
    if (line.slice(0, 8) !== sum(body)) {
      damaged = true;
      continue;
    }
    const { boot, namespace, ownership: _, ...record } = JSON.parse(body) as JournalRecord & JournalScope;
    if (boot !== scope.boot || namespace !== scope.namespace) state = EMPTY_JOURNAL;
    else state = follow(state, record as JournalRecord);
  }
  return { state, damaged };
}

/** The names and numbers of who wrote last, on this boot and in this network namespace. */
export function ownershipIn(text: string, { boot, namespace }: JournalScope): Ownership | undefined {
  for (const line of text.split('\n').reverse()) {
    const body = line.slice(9);
    if (line === '' || line.slice(0, 8) !== sum(body)) continue;
    const written = JSON.parse(body) as JournalScope;
    return written.boot === boot && written.namespace === namespace ? written.ownership : undefined;
  }
  return undefined;
}

export function follow(state: JournalState, record: JournalRecord): JournalState {
  const borrowed = new Map(record.borrowed);
  if (record.kind === 'reached') return { reached: record.reached, borrowed, open: false };
  // Until the end is known, what was borrowed before and what is about to be are both to be put back.
  return { reached: state.reached, borrowed: new Map([...borrowed, ...state.borrowed]), open: true };
}

/** Lines that read back as this state. */
export function encodeState(state: JournalState, scope: JournalScope): string {
  const now = { reached: state.reached, borrowed: [...state.borrowed] };
  const last = encodeRecord({ kind: 'reached', ...now }, scope);
  return state.open ? last + encodeRecord({ kind: 'begin', ...now, steps: [] }, scope) : last;
}

const sum = (text: string) => crc32(text).toString(16).padStart(8, '0');
