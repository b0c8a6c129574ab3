// Whatever is asked for is answered, and nothing of it is a bug of ours.
import { silentLog } from '@sublane/basics';
import { BASE_NAMESPACE } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connect, inLab, LAB } from '../testing/harness.ts';
import {
  establish,
  modify,
  ofDatastore,
  ofStream,
  ofSubtree,
  ofXPath,
  onChange,
  periodic,
  serveSubscriptions,
} from '../testing/subscription-lab.ts';
import { PUSH_NAMESPACE, SUBSCRIBED_NAMESPACE } from './names.ts';

const start = (time: string) => `<replay-start-time>${time}</replay-start-time>`;
const anchor = (time: string) => periodic(100, `<anchor-time>${time}</anchor-time>`);

const targets = [
  ...[ofStream(), ofStream('', ''), ofStream('', 'x')],
  ...['running', 'intended', 'operational', 'candidate', 'startup', 'x'].map((datastore) =>
    ofDatastore('', { datastore }),
  ),
];
const filters = [
  ...['<stream-filter-name>a</stream-filter-name>', '<stream-subtree-filter/>', '<stream-xpath-filter/>'],
  ...[`<stream-subtree-filter><lab ${LAB}/></stream-subtree-filter>`, '<stream-xpath-filter>1</stream-xpath-filter>'],
  ...[ofSubtree(''), ofSubtree(`<lab ${LAB}/>`), ofSubtree('text')],
  ...[ofXPath('/lab:lab'), ofXPath('//@*'), ofXPath('/'), ofXPath('//*[count(.//*) = 0]'), ofXPath('1'), ofXPath('')],
  `<selection-filter-ref xmlns="${PUSH_NAMESPACE}">a</selection-filter-ref>`,
];
const triggers = [
  ...[
    periodic(0),
    periodic(100),
    periodic(4_294_967_295),
    anchor('9999-12-31T23:59:59Z'),
    anchor('0000-01-01T00:00:00Z'),
  ],
  ...[onChange(), onChange('<sync-on-start>false</sync-on-start>'), onChange('<excluded-change>x</excluded-change>')],
  onChange('<dampening-period>4294967295</dampening-period>'),
];
const others = [
  ...[start('2016-12-31T23:59:60Z'), start('2126-01-01T00:00:00Z'), '<stop-time>2126-01-01T00:00:00Z</stop-time>'],
  ...['<stop-time>2016-12-31T23:59:60Z</stop-time>', '<dscp>1</dscp>', 'text', '<a xmlns="urn:x"/>'],
  ...['<encoding>encode-xml</encoding>', '<encoding>encode-json</encoding>', '<encoding>x:y</encoding>', '<encoding/>'],
];
const some = (parts: readonly string[], maxLength: number) =>
  fc.array(fc.constantFrom(...parts), { maxLength, size: 'max' }).map((all) => all.join(''));
/** Most are nearly right. */
const request = fc
  .tuple(
    fc.constantFrom(...targets),
    some(filters, 1),
    some(triggers, 1),
    fc.oneof(fc.constant(''), some([...others, ...filters, ...targets], 2)),
  )
  .map((parts) => parts.join(''));

it('is answered', async () => {
  const bugs: unknown[] = [];
  const log = { ...silentLog, error: (...words: readonly unknown[]) => void bugs.push(words) };
  const state = `<get xmlns="${BASE_NAMESPACE}"><filter><subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/></filter></get>`;
  await fc.assert(
    fc.asyncProperty(request, async (inside) => {
      bugs.length = 0;
      const { server } = await serveSubscriptions(inLab('<name>a</name>'), { log });
      const client = await connect(server);
      for (const message of [establish(inside), modify(1, inside), state]) client.send(message);
      for (let replies = 0; replies < 3; ) {
        const event = await client.next();
        if (event === undefined) throw new Error('the server closed the session');
        if (event.kind === 'reply') replies++;
      }
      await server.close({ drain: 0 });
      expect(bugs).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
