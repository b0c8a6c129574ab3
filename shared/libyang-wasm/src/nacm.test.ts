import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { libyang } from '../test-data/fleet.ts';
import type { SchemaNode } from './schema.ts';

// What RFC 8341 §9 defines, as a module that only has it.
const ACM = `module ietf-netconf-acm {
  namespace "urn:ietf:params:xml:ns:yang:ietf-netconf-acm"; prefix nacm;
  revision 2018-02-14;
  extension default-deny-write; extension default-deny-all;
}`;
const VAULT = `module vault {
  yang-version 1.1; namespace "urn:example:vault"; prefix v;
  import ietf-netconf-acm { prefix nacm; }
  include vault-doors;
  container vault {
    nacm:default-deny-write;
    list box { key id; leaf id { type uint8; } leaf content { nacm:default-deny-all; type string; } }
    action shut { nacm:default-deny-all; }
  }
  leaf sign { type string; }
  rpc blow-up { nacm:default-deny-all; input { leaf when { type string; } } }
  notification opened { nacm:default-deny-all; leaf by { type string; } }
}`;
const DOORS =
  'submodule vault-doors { yang-version 1.1; belongs-to vault { prefix v; } revision 2026-01-02; leaf doors { type uint8; } }';
const CHANGE = `module vault-change {
  namespace "urn:example:change"; prefix c;
  import vault { prefix v; }
  deviation /v:sign { deviate not-supported; }
}`;

const context = unwrap(
  libyang().createContext({
    sources: [
      { name: 'ietf-netconf-acm', revision: '2018-02-14', text: ACM },
      { name: 'vault', text: VAULT },
      { name: 'vault-doors', revision: '2026-01-02', text: DOORS },
      { name: 'vault-change', text: CHANGE },
    ],
    implement: [{ name: 'vault' }, { name: 'vault-change' }],
  }),
);
const vault = context.schema().find(({ name }) => name === 'vault')!;
const within = (nodes: readonly SchemaNode[] | undefined, name: string) => nodes?.find((node) => node.name === name);

test('the extensions of NACM reach down', () => {
  const top = within(vault.nodes, 'vault');
  const box = within(top?.children, 'box');
  expect([top?.nacm, box?.nacm, within(box?.children, 'id')?.nacm]).toEqual(Array(3).fill('default-deny-write'));
  expect(within(box?.children, 'content')?.nacm).toBe('default-deny-all');
  expect(within(top?.children, 'shut')?.nacm).toBe('default-deny-all');
  expect(within(vault.rpcs, 'blow-up')?.nacm).toBe('default-deny-all');
  expect(within(vault.notifications, 'opened')?.nacm).toBe('default-deny-all');
  expect(within(vault.nodes, 'doors')).not.toHaveProperty('nacm');
});

test('a module tells its version, submodules and who deviates from it', () => {
  expect(vault).toMatchObject({
    yangVersion: '1.1',
    submodules: [{ name: 'vault-doors', revision: '2026-01-02' }],
    deviatedBy: ['vault-change'],
  });
  expect(within(vault.nodes, 'sign')).toBeUndefined();
  expect(context.schema().find(({ name }) => name === 'vault-change')).toMatchObject({
    yangVersion: '1',
    submodules: [],
  });
});
