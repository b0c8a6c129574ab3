import { unwrap } from '@sublane/basics';
import { writeXml, type XmlElement } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elements } from '../testing/lab.ts';
import { inRouter, routerContext, routerSchema } from '../testing/router-lab.ts';
import { mergeTrees } from '../tree-merge.ts';
import { filterByOrigin, type Origin, showOrigin, withOrigin } from './origin.ts';
import { cutAt, filterByConfig } from './shape.ts';

const ORIGINS: readonly Origin[] = ['intended', 'system', 'learned', 'default'];
const some = (...parts: string[]) => fc.subarray(parts).map((chosen) => chosen.join(''));
const port = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'd'),
    some('<mtu>1500</mtu>', '<enabled>false</enabled>', '<tuning><ratio>2</ratio></tuning>'),
    some('<up>true</up>', '<speed>7</speed>'),
  )
  .map(([name, config, state]) => ({
    name,
    xml: `<port><name>${name}</name>${config}${state && `<state>${state}</state>`}</port>`,
  }));
const router = fc
  .tuple(
    some('<name>x</name>', '<log><level>debug</level></log>'),
    fc.uniqueArray(port, { selector: ({ name }) => name }),
  )
  .map(([top, ports]) => elements(inRouter(top + ports.map(({ xml }) => xml).join(''))));

/** As libyang has it: order between different nodes says nothing. */
const canonical = (data: readonly XmlElement[]) => {
  using tree = unwrap(routerContext.parseData(data.map(writeXml).join(''), 'xml', { validate: false }));
  return unwrap(tree.print('json'));
};
const bare = (data: readonly XmlElement[]) => canonical(showOrigin(data, false));
const sorted = (text: string) => [...text].sort().join('');

test('configuration and state together are all', () => {
  fc.assert(
    fc.property(router, (all) => {
      const [config, state] = [filterByConfig(all, true, routerSchema), filterByConfig(all, false, routerSchema)];
      expect(canonical(config)).not.toMatch(/"up"|"speed"/);
      expect(canonical(state)).not.toMatch(/"mtu"|"level"/);
      expect(sorted(canonical(mergeTrees(config, state, routerSchema)))).toBe(sorted(canonical(all)));
    }),
  );
});

/** Two parts of different origins, merged as the operational datastore is. */
const mixed = fc
  .tuple(router, router, fc.constantFrom(...ORIGINS), fc.constantFrom(...ORIGINS))
  .map(([one, other, first, second]) =>
    mergeTrees(withOrigin(one, first, routerSchema), withOrigin(other, second, routerSchema), routerSchema),
  );

test('what has an origin and what has it not are all the configuration', () => {
  fc.assert(
    fc.property(mixed, fc.constantFrom(...ORIGINS), (all, origin) => {
      const config = filterByConfig(all, true, routerSchema);
      const of = (negated: boolean) =>
        filterByOrigin(config, { origins: [`ietf-origin:${origin}`], negated }, routerSchema);
      expect(sorted(bare(mergeTrees(of(false), of(true), routerSchema)))).toBe(sorted(bare(config)));
    }),
  );
});

test('origins that are shown only where they change say the same', () => {
  fc.assert(
    fc.property(mixed, (all) => {
      const told = (data: readonly XmlElement[], above: string | undefined): (string | undefined)[] =>
        data.flatMap((element) => {
          const own = element.attributes.find(({ name }) => name === 'origin')?.value ?? above;
          return [
            own,
            ...told(
              element.children.filter((child) => typeof child !== 'string'),
              own,
            ),
          ];
        });
      const config = filterByConfig(all, true, routerSchema);
      expect(told(showOrigin(config, true), undefined)).toEqual(told(config, undefined));
    }),
  );
});

test('what is cut deep and then less deep is cut less deep', () => {
  fc.assert(
    fc.property(router, fc.integer({ min: 1, max: 4 }), ([all], depth) => {
      const cut = (element: XmlElement, levels: number) =>
        cutAt(levels, routerSchema)(element, routerSchema.child(undefined, element.namespace, element.name));
      expect(writeXml(cut(cut(all!, depth + 1), depth))).toBe(writeXml(cut(all!, depth)));
      expect(writeXml(cut(all!, 9))).toBe(writeXml(all!));
    }),
  );
});
