import { expect, test } from 'vitest';
import { readNodePath } from './node-path.ts';

const scope = {
  outer: undefined,
  declared: new Map([
    ['a', 'urn:a'],
    ['b', 'urn:b'],
    ['', 'urn:default'],
  ]),
};
const read = (text: string) => {
  const path = readNodePath(text, { scope });
  if (!path.ok) return path.failure;
  const value = ({ value }: (typeof path.value)[number]['predicates'][number]) =>
    value.kind === 'user' ? '$USER' : value.text;
  return path.value
    .map(({ namespace, name, predicates }) =>
      [namespace.slice(4), name, ...predicates.map((one) => `${one.key}=${value(one)}`)].join(' '),
    )
    .join(' > ');
};

test.each([
  ['/', ''],
  ['/a:x', 'a x'],
  [' /a:x/b:y ', 'a x > b y'],
  ['/a:x/y', 'a x > a y'],
  ["/a:x[a:k='1'][a:l=\"it's\"]/a:y", "a x k=1 l=it's > a y"],
  ["/a:x[ k = '[/]' ]/b:y[.='v']", 'a x k=[/] > b y .=v'],
  ['/a:x[a:k=$USER]', 'a x k=$USER'],
])('%s', (text, steps) => expect(read(text)).toBe(steps));

test.each([
  ['', /is empty/],
  ['/x', /needs a prefix at its first name/],
  ['/c:x', /uses the prefix c, which is not declared/],
  ['a:x', /cannot be read at "a:x": expected \/prefix:node/],
  ['//a:x', /cannot be read/],
  ['/a:x[1]', /cannot be read at "\[1\]": expected \[key='value'\]/],
  ["/a:x[a:k!='1']", /cannot be read/],
  ['/a:x[a:k=$OTHER]', /uses the variable \$OTHER; there is only \$USER/],
  ['/a:x/', /cannot be read at "\/"/],
  ['/a:*', /needs a prefix at its first name/],
])('%s is refused', (text, message) => expect(read(text)).toMatch(message));
