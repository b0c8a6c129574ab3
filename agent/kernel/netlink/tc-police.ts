import type { Attributes, MessageWriter } from './message.ts';
import { bytesOf, bytesPerSecond, RATE_SPEC, rateSpec, readRate, ticksOf, wideRate } from './tc-message.ts';

/** act_police: linux/pkt_cls.h. */

export interface PoliceSettings {
  /** Filters that name the same one share it. */
  readonly index: number;
  /** bit/s, and bytes. */
  readonly rate: number;
  readonly burst: number;
  /** What becomes of a packet within the rate: `pass` ends the search for filters, `continue` does not. */
  readonly conform: 'pass' | 'continue';
}

export interface PoliceState extends PoliceSettings {
  readonly passed: number;
  readonly dropped: number;
}

const POLICE = { settings: 1, rateTable: 2, result: 5, rate64: 8 } as const;
const SHOT = 2;
const CONFORM = { pass: 0, continue: 0xffffffff } as const;
/** Larger packets are dropped whatever the rate: none is. */
const MTU = 65_535;
const SETTINGS = 20 + 2 * RATE_SPEC + 12;
const TABLE = 1024;

/** Writes the attributes of a police action, inside what they are nested in. */
export function writePolice(inner: MessageWriter, { index, rate, burst, conform }: PoliceSettings): void {
  const settings = Buffer.alloc(SETTINGS);
  settings.writeUInt32LE(index, 0);
  settings.writeUInt32LE(SHOT, 4);
  settings.writeUInt32LE(ticksOf(burst, rateGiven(rate)), 12);
  settings.writeUInt32LE(MTU, 16);
  rateSpec(rate).copy(settings, 20);
  // A table is asked for, and not used since rates are reckoned with as they are (3.8).
  inner.bytes(POLICE.settings, settings).bytes(POLICE.rateTable, Buffer.alloc(TABLE));
  if (conform !== 'pass') inner.u32(POLICE.result, CONFORM[conform]);
  const wide = wideRate(rate);
  if (wide !== undefined) inner.u64(POLICE.rate64, wide);
}

export function readPolice(options: Attributes, { packets, dropped }: Statistics): PoliceState | undefined {
  const settings = options.bytes(POLICE.settings);
  if (settings === undefined || settings.length < SETTINGS) return undefined;
  const rate = readRate(settings, 20, options.u64(POLICE.rate64));
  return {
    index: settings.readUInt32LE(0),
    rate,
    burst: bytesOf(settings.readUInt32LE(12), rate),
    conform: (options.u32(POLICE.result) ?? 0) === CONFORM.continue ? 'continue' : 'pass',
    passed: packets - dropped,
    dropped,
  };
}

/** Packets that came, and those dropped of them. */
export interface Statistics {
  readonly packets: number;
  readonly dropped: number;
}

/** gen_stats.h. */
export function readStatistics(statistics: Attributes | undefined): Statistics {
  const basic = statistics?.bytes(1);
  const queue = statistics?.bytes(3);
  return {
    packets: basic === undefined || basic.length < 12 ? 0 : basic.readUInt32LE(8),
    dropped: queue === undefined || queue.length < 12 ? 0 : queue.readUInt32LE(8),
  };
}

/** struct tc_stats, as filters have it whose action is of the old form. */
export function readOldStatistics(bytes: Buffer | undefined): Statistics {
  if (bytes === undefined || bytes.length < 16) return { packets: 0, dropped: 0 };
  return { packets: bytes.readUInt32LE(8), dropped: bytes.readUInt32LE(12) };
}

const rateGiven = (rate: number) => 8 * bytesPerSecond(rate);
