// Whatever becomes of the configuration, and however its subscribers take what they are told: what they have been told is
// in the end what there is.
import { bytes, ok } from '@sublane/basics';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connect, inLab } from '../testing/harness.ts';
import { PatchFollower } from '../testing/patch-follower.ts';
import {
  established,
  nextTold,
  ofDatastore,
  onChange,
  serveSubscriptions,
  subscriptionLab,
} from '../testing/subscription-lab.ts';

const word = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const optional = (name: string, value: fc.Arbitrary<string>) =>
  fc.option(
    value.map((one) => `<${name}>${one}</${name}>`),
    { nil: '' },
  );
const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(''));
const several = (names: fc.Arbitrary<readonly string[]>, entry: (name: string) => fc.Arbitrary<string>) =>
  names.chain((all) => joined(...all.map(entry)));
const set = fc.uniqueArray(word, { maxLength: 4 });
const order = fc.shuffledSubarray(['a', 'b', "c'd", 'e/f', 'g,h=i', '%2F ü']);

/** Something of every kind of node that the lab has. */
const configuration = joined(
  optional('name', word),
  optional('level', fc.constantFrom('1', '2')),
  several(fc.shuffledSubarray(['1', '2', '3']), (id) =>
    joined(
      fc.constant(`<box><id>${id}</id>`),
      optional('size', fc.constantFrom('4', '5')),
      several(set, (tag) => fc.constant(`<tag>${tag}</tag>`)),
      several(fc.shuffledSubarray(['1', '2']), (number) =>
        joined(
          fc.constant(`<part><kind>red</kind><number>${number}</number>`),
          optional('note', word),
          fc.constant('</part>'),
        ),
      ),
      fc.constant('</box>'),
    ),
  ),
  several(order, (name) =>
    joined(
      fc.constant(`<rule><name>${name}</name>`),
      optional('action', fc.constantFrom('accept', 'drop')),
      fc.constant('</rule>'),
    ),
  ),
  several(order, (server) => fc.constant(`<server>${server}</server>`)),
  fc.constantFrom('', '<options><must-have>x</must-have></options>', '<options><must-have>y</must-have></options>'),
  fc.constantFrom('', '<anything><a xmlns="urn:x">1</a></anything>', '<anything><a xmlns="urn:x">2</a></anything>'),
);

const step = fc.oneof(
  { weight: 4, arbitrary: configuration.map((inside) => ({ kind: 'become', inside }) as const) },
  // To wait lets an update leave; else the next change joins the one before.
  { weight: 4, arbitrary: fc.constant({ kind: 'wait' } as const) },
  fc.constantFrom({ kind: 'pause' } as const, { kind: 'resume' } as const),
);

it('who follows what it is told has what there is', async () => {
  const { schema } = subscriptionLab();
  await fc.assert(
    fc.asyncProperty(configuration, fc.array(step, { maxLength: 12 }), configuration, async (first, steps, last) => {
      const { server, datastores } = await serveSubscriptions(inLab(first), {
        limits: { unsentNotifications: bytes(500) },
      });
      const client = await connect(server);
      await established(client, ofDatastore(onChange()));
      const follower = new PatchFollower(schema);
      follower.follow(await nextTold(client));
      for (const one of steps) {
        if (one.kind === 'become') {
          const done = await datastores.running.commit(() => ok(inLab(one.inside)));
          expect(done).toMatchObject({ ok: true });
        } else if (one.kind === 'wait') {
          for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
        } else client.stream[one.kind]();
      }
      client.stream.resume();
      // What the last change brings tells where to stop.
      await datastores.running.commit(() => ok(inLab(`${last}<ratio>9.99</ratio>`)));
      while (!JSON.stringify(follower.picture).includes('9.99')) follower.follow(await nextTold(client));
      expect(follower.picture).toEqual(PatchFollower.pictureOf(datastores.running.read().elements, schema));
      await server.close({ drain: 0 });
    }),
    { numRuns: 60 },
  );
});
