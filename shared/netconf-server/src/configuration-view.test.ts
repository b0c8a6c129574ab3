import { unwrap } from '@sublane/basics';
import { writeXml } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { UNRESTRICTED } from './access.ts';
import { ConfigurationView } from './configuration-view.ts';
import { accessByPath } from './path-access.ts';
import { ANN, inLab } from './testing/harness.ts';
import { lab } from './testing/lab.ts';

const view = (hidden?: string) =>
  new ConfigurationView({
    schema: lab().context,
    access: {
      ...UNRESTRICTED,
      data: () => accessByPath((path) => (path === hidden ? { permit: false, rule: 'hidden' } : { permit: true })),
    },
  });
const compare = (before: string, after: string, hidden?: string) => {
  const shown = view(hidden);
  return shown.compare(unwrap(shown.read(inLab(before), ANN)).nodes, unwrap(shown.read(inLab(after), ANN)).nodes);
};

describe('a configuration that is kept', () => {
  test('is shown in canonical form, without what the reader may not read', () => {
    const shown = unwrap(view('/lab:lab/level').read(inLab('<name>a</name><level>+5</level>'), ANN));
    expect(shown.nodes.map(writeXml).join('')).toBe(inLab('<name>a</name>'));
    expect(shown.whole).toBe(false);
  });

  test('need not be valid any more, and what is not in the schema is left out', () => {
    const shown = unwrap(view().read(inLab('<first-box>9</first-box><gone>x</gone>'), ANN));
    expect(shown.nodes.map(writeXml).join('')).toBe(inLab('<first-box>9</first-box>'));
    expect(shown.whole).toBe(true);
  });

  test('is refused with the place of a value that is of no type', () => {
    expect(view().read(inLab('<level>many</level>'), ANN)).toMatchObject({
      ok: false,
      failure: [{ tag: 'invalid-value', path: { xpath: '/lab:lab/lab:level' } }],
    });
  });
});

describe('the difference of two', () => {
  test('names each node, parents first, with its values', () => {
    expect(
      compare(
        '<name>a</name><level>5</level><box><id>1</id><size>3</size></box>',
        '<name>b</name><box><id>2</id></box>',
      ),
    ).toEqual([
      { operation: 'delete', path: '/lab:lab/level', was: '5' },
      { operation: 'delete', path: "/lab:lab/box[id='1']" },
      { operation: 'delete', path: "/lab:lab/box[id='1']/id", was: '1' },
      { operation: 'delete', path: "/lab:lab/box[id='1']/size", was: '3' },
      { operation: 'update', path: '/lab:lab/name', was: 'a', is: 'b' },
      { operation: 'create', path: "/lab:lab/box[id='2']" },
      { operation: 'create', path: "/lab:lab/box[id='2']/id", is: '2' },
    ]);
  });

  test('is nothing between two that only look different', () => {
    expect(compare('<level>5</level><name>a</name>', '<name>a</name><level>+05</level>')).toEqual([]);
  });

  test('tells nothing of what the reader may not read', () => {
    expect(compare('<name>a</name><level>5</level>', '<name>a</name><level>6</level>', '/lab:lab/level')).toEqual([]);
  });
});
