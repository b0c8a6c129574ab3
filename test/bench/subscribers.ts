import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HeadendProcess } from '../programs/index.ts';
import { cacheFolder } from './cache-folder.ts';
import { SERVER_CORE } from './load.ts';
import { type Benchmark, type Figure, percentile } from './measure.ts';
import { fillStore, hostName, subscriberName } from './scale-store.ts';

const SCALE = { subscribers: 1_000_000, hosts: 1_000_000, leases: 200_000 };
const STARTS = 5;
const QUESTIONS = 1_000;
const PAGES = 20;

/**
 * The real headend with the subscribers of a whole provider: how soon it serves, what it needs, and what a question by
 * name costs; each beside the same headend with nothing in its store.
 */
export const subscribers: Benchmark = {
  name: 'subscribers',
  async run(progress) {
    await using small = await configured();
    await using large = await configured();
    await fillStore(large, SCALE, progress);
    progress('starts');
    const [empty, full] = [new Measured(small), new Measured(large)];
    // In turns, so that what else the machine does falls on both.
    for (let round = 0; round < STARTS; round++) for (const one of [empty, full]) await one.start();
    progress('questions');
    for (const one of [empty, full]) await one.serve();
    await count(large);
    await Promise.all([small.stop(), large.stop()]);
    const megabytes = Math.round(statSync(join(large.folder, 'headend.db')).size / 1e6).toLocaleString('en');
    const held = `${SCALE.subscribers.toLocaleString('en')} subscribers, as many hosts, ${SCALE.leases.toLocaleString('en')} leases`;
    return [
      {
        what: `start with ${held}`,
        unit: 'ms',
        ours: full.startTime,
        peer: { name: 'empty store', value: empty.startTime },
        goal: 3_000,
        note: `from the start of the process to its line that it is ready, the median of ${STARTS}; a store of ${megabytes} MB`,
      },
      {
        what: 'its memory once it serves',
        unit: 'kB',
        ours: full.resident,
        peer: { name: 'empty store', value: empty.resident },
        goal: 400 * 1024,
        note: 'resident set of its process',
      },
      {
        what: `its most memory, after ${QUESTIONS.toLocaleString('en')} questions by name and ${PAGES} pages of 1,000`,
        unit: 'kB',
        ours: full.peak,
        peer: { name: 'empty store', value: empty.peak },
        goal: 400 * 1024,
      },
      {
        what: 'a subscriber and a host by name',
        unit: 'ms',
        ours: full.question,
        peer: { name: 'empty store', value: empty.question },
        note: 'two rpcs over the Unix socket, validated here too; where the store is empty the answer is',
      },
    ] satisfies Figure[];
  },
};

/** A headend that has its configuration, and does not run. */
async function configured(): Promise<HeadendProcess> {
  const headend = await HeadendProcess.init({ core: SERVER_CORE, under: cacheFolder() });
  await headend.start();
  const operator = await headend.operator();
  await operator.configure({
    location: [{ name: 'vienna', 'upld-capacity': 4_000_000_000, 'dnld-capacity': 4_000_000_000 }],
    pool: [{ name: 'calls', class: 'conversational', location: 'vienna', prefix: ['10.0.0.0/9', '2001:db8:1::/64'] }],
    plan: [{ name: 'gold', class: [{ name: 'conversational', dscp: 46, priority: 'H', dnld: { ceiling: 5000 } }] }],
  });
  await operator.client.close();
  await headend.stop();
  return headend;
}

/** What was measured of one headend. */
class Measured {
  readonly #headend: HeadendProcess;
  readonly #starts: number[] = [];
  /** Kilobytes. */
  resident = Number.NaN;
  peak = Number.NaN;
  /** Milliseconds. */
  question = Number.NaN;

  constructor(headend: HeadendProcess) {
    this.#headend = headend;
  }

  /** Milliseconds, the median of all. */
  get startTime(): number {
    return percentile(
      this.#starts.toSorted((a, b) => a - b),
      0.5,
    );
  }

  async start(): Promise<void> {
    await this.#headend.stop();
    const begin = performance.now();
    await this.#headend.start();
    this.#starts.push(performance.now() - begin);
    this.resident = memory(this.#headend.pid, 'VmRSS');
    await this.#headend.stop();
  }

  async serve(): Promise<void> {
    await this.#headend.start();
    this.question = await ask(this.#headend);
    this.peak = memory(this.#headend.pid, 'VmHWM');
  }
}

/** Milliseconds for a subscriber and its host, wherever among them. */
async function ask(headend: HeadendProcess): Promise<number> {
  await using operator = await headend.operator();
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const range = { limit: 1000, ...(cursor !== undefined && { cursor }) };
    const listed = await operator.call('sublane-headend:list-subscribers', range);
    cursor = listed['next-cursor'];
    if (cursor === undefined) break;
  }
  const begin = performance.now();
  for (let at = 0; at < QUESTIONS / 2; at++) {
    // A prime, so that they are met in no order.
    const index = (at * 7_919_003) % SCALE.subscribers;
    await operator.call('sublane-headend:list-subscribers', { name: subscriberName(index) });
    await operator.call('sublane-headend:list-hosts', { 'host-id': hostName(index) });
  }
  return (performance.now() - begin) / (QUESTIONS / 2);
}

/** What was measured held what it says. */
async function count(headend: HeadendProcess): Promise<void> {
  await using operator = await headend.operator();
  const { leases = [] } = await operator.call('sublane-headend:get-status', {});
  const held = Number(leases.find(({ state }) => state === 'active')?.count);
  const last = await operator.call('sublane-headend:list-subscribers', { name: subscriberName(SCALE.subscribers - 1) });
  if (held !== SCALE.leases || last.subscriber?.length !== 1) throw new Error(`the store holds ${held} leases`);
}

/** Kilobytes, as the kernel counts them. */
function memory(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] =
    new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kilobytes ?? Number.NaN);
}
