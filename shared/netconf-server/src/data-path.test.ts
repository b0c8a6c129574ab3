import { expect, test } from 'vitest';
import { errorPathOf } from './data-path.ts';
import { lab } from './testing/lab.ts';

const { schema } = lab();

test.each([
  ['/lab:lab/name', '/lab:lab/lab:name'],
  ["/lab:lab/box[id='1']/label", "/lab:lab/lab:box[lab:id='1']/lab:label"],
  [`/lab:lab/rule[name="it's"]`, `/lab:lab/lab:rule[lab:name="it's"]`],
  ["/lab:lab/rule[name='a[b=c]/d']/action", "/lab:lab/lab:rule[lab:name='a[b=c]/d']/lab:action"],
  ["/lab:lab/server[.='x[y=z]']", "/lab:lab/lab:server[.='x[y=z]']"],
  [
    "/lab:lab/box[id='1']/part[kind='lab:red'][number='2']",
    "/lab:lab/lab:box[lab:id='1']/lab:part[lab:kind='lab:red'][lab:number='2']",
  ],
])("libyang's %s is the error-path %s", (path, xpath) => {
  expect(errorPathOf(path, schema)).toEqual({ xpath, namespaces: { lab: 'urn:example:lab' } });
});

test.each(['', 'lab:lab', '/nobody:lab', "/lab:lab/box[id='1'", '/'])('%j is no path of this schema', (path) => {
  expect(errorPathOf(path, schema)).toBeUndefined();
});

test('a key of a megabyte is read once', () => {
  const long = 'x['.repeat(500_000);
  expect(errorPathOf(`/lab:lab/rule[name='${long}']/action`, schema)?.xpath).toBe(
    `/lab:lab/lab:rule[lab:name='${long}']/lab:action`,
  );
});
