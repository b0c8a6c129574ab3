import { unwrap } from '@sublane/basics';
import { writeXml } from '@sublane/netconf';
import { expect, test } from 'vitest';
import { nacmLab } from '../testing/nacm-lab.ts';
import { stepsOf } from './path-text.ts';

const { schema } = nacmLab();

test.each([
  ['/', []],
  ['/lab:lab', ['lab:lab <lab/>']],
  ["/lab:lab/box[id='1']/size", ['lab:lab <lab/>', 'lab:box <box><id>1</id></box>', 'lab:size <size/>']],
  [
    "/lab:lab/box[lab:id='1']/guarded:owner",
    ['lab:lab <lab/>', 'lab:box <box><id>1</id></box>', 'guarded:owner <owner/>'],
  ],
  ['/lab:lab/box', ['lab:lab <lab/>', 'lab:box <box/>']],
  [`/lab:lab/server[.="a'b"]`, ['lab:lab <lab/>', "lab:server <server>a'b</server>"]],
  ["/lab:lab/box[id='1']/apples", ['lab:lab <lab/>', 'lab:box <box><id>1</id></box>', 'lab:apples <apples/>']],
])('%s leads there', (path, steps) => {
  const way = unwrap(stepsOf(path, schema)).map(
    ({ node, element }) => `${node.module}:${node.name} ${writeXml(element).replaceAll(/ xmlns="[^"]*"/g, '')}`,
  );
  expect(way).toEqual(steps);
});

test.each([
  ['', 'a path begins with /'],
  ['lab', '"lab" is no path: expected /module:node/node[key=\'value\'] and so on'],
  ['/lab', 'the first node of a path needs its module: /module:lab'],
  ['/nowhere:lab', 'there is no module nowhere here'],
  ['/lab:lab/roof', 'there is no node lab:roof at "/lab:lab/roof"'],
  ['/lab:lab/box[1]', '"[1]" is no predicate: expected [key=\'value\']'],
  ["/lab:lab/box[size='1']", 'size is no key of box'],
  ['/lab:lab/', '"/" is no path: expected /module:node/node[key=\'value\'] and so on'],
])('%s leads nowhere', (path, failure) => expect(stepsOf(path, schema)).toEqual({ ok: false, failure }));
