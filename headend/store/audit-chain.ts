import { hash } from 'node:crypto';

/** What a row's hash is over; `detail` is its JSON text as stored. */
export interface ChainedRow {
  readonly sequence: number;
  readonly at: number;
  readonly event: string;
  readonly actor: string;
  readonly hostId: string | null;
  readonly groupId: number | null;
  readonly detail: string;
}

/** The hash before the first row. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);

/**
 * SHA-256 over the hash before (hexadecimal), a line feed, the row without its detail as a JSON array, a line feed, and
 * the detail's text as it is stored. Whoever changes, drops or inserts a row must change every hash after it, the last
 * one too, which can be kept elsewhere.
 */
export function chainHash(before: Uint8Array, row: ChainedRow): Uint8Array {
  const { sequence, at, event, actor, hostId, groupId, detail } = row;
  const head = JSON.stringify([sequence, at, event, actor, hostId, groupId]);
  return hash('sha256', `${hex(before)}\n${head}\n${detail}`, 'buffer');
}

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
