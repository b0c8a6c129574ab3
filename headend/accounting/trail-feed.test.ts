import { ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type Told, TrailFeed } from './trail-feed.ts';

let store: Store;
let clock: ManualClock;
let feeds: TrailFeed<string>[];
/** What was told, and how it was answered. */
let told: string[];
let underWay: { what: string; answer: (told: Told) => void }[];
beforeEach(async () => {
  store = unwrap(await openSqliteStore({ path: ':memory:' }));
  clock = new ManualClock();
  feeds = [];
  told = [];
  underWay = [];
});
afterEach(async () => {
  for (const one of underWay) one.answer('away');
  await Promise.all(feeds.map((feed) => feed.close()));
  await store.close();
});

/** A row that asks to be told: `key word`, several after commas; a row without a word asks nothing. */
async function write(...words: string[]): Promise<void> {
  const entries = words.map((word) => ({
    at: milliseconds(0),
    event: 'session-opened' as const,
    actor: 'local',
    detail: { words: word },
  }));
  unwrap(await store.audit.append(entries));
}

function open(tell: (what: string) => Told | Promise<Told> = () => 'told', inFlight = 4): TrailFeed<string> {
  const feed = new TrailFeed<string>({
    name: 'test',
    store,
    clock,
    log: silentLog,
    random: () => 0.5,
    read: ({ detail: { words } }) =>
      String(words)
        .split(',')
        .filter((word) => word !== '')
        .map((word) => ({ key: word.split(' ')[0] ?? '', what: word })),
    tell: async (what) => {
      const answer = await tell(what);
      told.push(`${what}: ${answer}`);
      return answer;
    },
    inFlight,
  });
  feeds.push(feed);
  feed.start();
  return feed;
}
/** Answered by hand. */
const byHand = (what: string) => new Promise<Told>((answer) => underWay.push({ what, answer }));
async function settle(seconds = 1): Promise<void> {
  for (let count = 0; count < seconds * 2; count++) await clock.advance(milliseconds(500));
}
const place = async () => unwrap(await store.feeds.open('test'));

describe('a feed', () => {
  it('tells what comes after it began, and keeps its place', async () => {
    await write('a before');
    const feed = open();
    await settle();
    expect(told).toEqual([]);
    await write('a one', '', 'b two,b three');
    await settle();
    expect(told).toEqual(['a one: told', 'b two: told', 'b three: told']);
    expect(await place()).toBe(store.feeds.tail());
    expect(feed.waiting()).toBe(0);
  });

  it('opened again goes on where it was, with what was not told', async () => {
    const first = open((what) => (what === 'b two' ? 'away' : 'told'));
    await settle();
    await write('a one', 'b two', 'c three');
    await settle();
    await first.close();
    told = [];
    await write('d four');
    open();
    await settle(2);
    // Rows after one that waits are told once more: duplicates are the price of losing nothing.
    expect(told.filter((line) => line.endsWith('told'))).toEqual(['b two: told', 'c three: told', 'd four: told']);
    expect(await place()).toBe(store.feeds.tail());
  });

  it('keeps the order of a key and tells others meanwhile, so many at once', async () => {
    const feed = open(byHand, 2);
    await settle();
    await write('a one', 'a two', 'b three', 'c four');
    await settle();
    expect(underWay.map(({ what }) => what)).toEqual(['a one', 'b three']);
    expect(feed.waiting()).toBe(4);
    underWay[0]!.answer('told');
    await settle();
    expect(underWay.map(({ what }) => what)).toEqual(['a one', 'b three', 'a two']);
    expect(feed.owes('c')).toBe(true);
    expect(feed.owes('z')).toBe(false);
    underWay[1]!.answer('told');
    underWay[2]!.answer('told');
    await settle();
    underWay[3]!.answer('told');
    await settle();
    expect(feed.waiting()).toBe(0);
  });

  it('does not pass over what is under way, when it is killed', async () => {
    open(byHand, 4);
    await settle();
    const before = store.feeds.tail();
    await write('a one', 'b two', 'c three');
    await settle();
    underWay[1]!.answer('told');
    underWay[2]!.answer('told');
    await settle();
    expect(await place()).toBe(before);
  });
});

describe('while nobody answers', () => {
  it('one at a time is tried, ever more rarely, and nothing is lost', async () => {
    let away = true;
    const feed = open(() => (away ? 'away' : 'told'));
    await settle();
    await write(...Array.from({ length: 1300 }, (_, at) => `k${at} ${at}`));
    await settle(600);
    expect(feed.waiting()).toBe(1300);
    // Not all of it is read: nobody knows what of.
    expect(feed.owes('z')).toBe(true);
    // Four at first, then one after each pause: at most 30 s.
    expect(told.length).toBeGreaterThan(20);
    expect(told.length).toBeLessThan(50);
    away = false;
    told = [];
    await settle(60);
    expect(new Set(told).size).toBe(1300);
    expect(feed.owes('z')).toBe(false);
    expect(feed.waiting()).toBe(0);
    expect(await place()).toBe(store.feeds.tail());
  });

  it('to one thing alone, the others go on, and it is given up in the end', async () => {
    const feed = open((what) => (what === 'bad one' ? 'away' : 'told'));
    await settle();
    await write('bad one', 'a two', 'bad three');
    for (let count = 0; count < 30; count++) {
      await settle(60);
      await write(`c${count} more`);
    }
    await settle(120);
    expect(told.filter((line) => line === 'bad one: away').length).toBeGreaterThanOrEqual(20);
    expect(told.filter((line) => line === 'bad three: told')).toHaveLength(1);
    expect(told.filter((line) => line.endsWith('more: told'))).toHaveLength(30);
    expect(feed.waiting()).toBe(0);
    expect(await place()).toBe(store.feeds.tail());
  });
});

it('what is refused is told again, later', async () => {
  let refusals = 3;
  open(() => (refusals-- > 0 ? 'refused' : 'told'));
  await settle();
  await write('a one');
  await settle(10);
  expect(told).toEqual(['a one: refused', 'a one: refused', 'a one: refused', 'a one: told']);
});

it('rows that ask nothing move its place only now and then', async () => {
  open();
  await settle();
  const before = await place();
  await write(...Array.from({ length: 900 }, () => ''));
  await settle();
  expect(await place()).toBe(before);
  await write(...Array.from({ length: 200 }, () => ''));
  await settle();
  expect(await place()).toBe(store.feeds.tail());
});
