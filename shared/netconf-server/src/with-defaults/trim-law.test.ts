import { unwrap } from '@sublane/basics';
import { writeXml } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elements } from '../testing/lab.ts';
import { inRouter, routerContext, routerSchema } from '../testing/router-lab.ts';
import { addDefaults } from './show-defaults.ts';
import { trimDefaults } from './trim-defaults.ts';

const leaf = (name: string, ...values: string[]) =>
  fc.constantFrom('', ...values.map((value) => `<${name}>${value}</${name}>`));
const port = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c'),
    leaf('kind', 'ethernet', 'tunnel'),
    leaf('mtu', '1500', '+1500', '9000'),
    leaf('enabled', 'true', 'false'),
    leaf('tuning', '', '<ratio>1.5</ratio>', '<ratio>1.50</ratio>', '<ratio>2</ratio>'),
  )
  .map(([name, ...rest]) => ({ name, xml: `<port><name>${name}</name>${rest.join('')}</port>` }));
// A leaf-list's defaults are in use together: libyang trims one of them alone as well, and it is lost.
const log = fc.constantFrom(
  '',
  '<to>disk</to><to>net</to>',
  '<to>tape</to>',
  '<level>info</level>',
  '<level>debug</level>',
);
const config = fc
  .tuple(
    leaf('name', 'x'),
    leaf('mtu-all', '1500', '1400'),
    log,
    fc.uniqueArray(port, { selector: ({ name }) => name, maxLength: 3 }),
  )
  .map(([name, mtu, to, ports]) =>
    inRouter(`${name}${mtu}${to && `<log>${to}</log>`}${ports.map(({ xml }) => xml).join('')}`),
  );

const canonical = (xml: string) => {
  using tree = unwrap(routerContext.parseData(xml, 'xml', { content: 'config' }));
  return unwrap(tree.print('xml'));
};

test('what is trimmed is what libyang trims', () => {
  fc.assert(
    fc.property(config, (xml) => {
      using tree = unwrap(routerContext.parseData(xml, 'xml', { content: 'config' }));
      const ours = trimDefaults(elements(unwrap(tree.print('xml'))), routerSchema)
        .map(writeXml)
        .join('');
      expect(canonical(ours)).toBe(canonical(unwrap(tree.print('xml', { withDefaults: 'trim' }))));
    }),
  );
});

test('what is trimmed comes back with report-all, and nothing else does', () => {
  const means = { context: routerContext, schema: routerSchema };
  const all = (xml: string) =>
    unwrap(addDefaults(elements(xml), 'report-all', 'config', means))
      .map(writeXml)
      .join('');
  fc.assert(
    fc.property(config, (xml) => {
      const explicit = canonical(xml);
      const trimmed = trimDefaults(elements(explicit), routerSchema).map(writeXml).join('');
      expect(all(trimmed)).toBe(all(explicit));
    }),
  );
});
