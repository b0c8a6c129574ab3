import { randomBytes } from 'node:crypto';

/** `size` bytes that nobody can predict. */
export type RandomBytes = (size: number) => Uint8Array;

export const systemRandom: RandomBytes = randomBytes;

/** A number from 0 (included) to 1 (not). */
export const fraction = (random: RandomBytes): number => Buffer.from(random(4)).readUInt32BE() / 2 ** 32;

/** What is said on the way; pino's loggers fit. No secret, no password and no user's name is among the facts. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export const noLog: Log = { debug: () => {}, info: () => {}, warn: () => {} };
