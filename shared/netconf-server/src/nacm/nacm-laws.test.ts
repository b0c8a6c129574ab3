// Random rules, users and questions: the server answers as the standard's own steps do.
import { unwrap } from '@sublane/basics';
import { childElement, childElements, elementText, type XmlElement } from '@sublane/netconf';
import fc from 'fast-check';
import type { SchemaNode } from 'libyang-wasm';
import { describe, expect, it } from 'vitest';
import type { DataAccess, Identity } from '../access.ts';
import { isKey } from '../edit/node-identity.ts';
import { readable } from '../read-access.ts';
import { elements } from '../testing/lab.ts';
import { GUARDED_NS, nacmLab, nacmOver, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import {
  mayAccess,
  mayExecute,
  mayReceive,
  type OracleNode,
  type OracleRule,
  type OracleRules,
  type OracleStep,
} from '../testing/nacm-oracle.ts';

const { schema } = nacmLab();
const WRITES = ['create', 'update', 'delete'] as const;
const OPERATIONS = ['read', ...WRITES] as const;

const DATA = elements(
  `<lab xmlns="urn:example:lab"><name>a</name><box><id>1</id><size>5</size><owner ${GUARDED_NS}>ann</owner>` +
    `<wrapping ${GUARDED_NS}><paper>red</paper></wrapping></box><box><id>2</id><tag>x</tag></box></lab>` +
    `<vault ${GUARDED_NS}><sign>closed</sign><seal>wax</seal><treasure><gold>3</gold><coin><id>1</id><face>head</face>` +
    `</coin></treasure></vault><homes ${GUARDED_NS}><home><user>ann</user><address>a</address><guest>bob</guest></home>` +
    `<home><user>bob</user><address>b</address></home></homes>`,
);

const STATEMENTS: Readonly<Record<string, OracleNode['statement']>> = {
  seal: 'default-deny-write',
  treasure: 'default-deny-all',
};

interface Instance {
  readonly way: readonly OracleNode[];
  readonly at: (root: DataAccess) => DataAccess;
  readonly path: string;
  readonly isKey: boolean;
}

function* instances(
  nodes: readonly XmlElement[],
  parent: SchemaNode | undefined,
  way: readonly OracleNode[],
  at: (root: DataAccess) => DataAccess,
  above: string,
): Generator<Instance> {
  for (const element of nodes) {
    const node = schema.child(parent, element.namespace, element.name)!;
    const keys = Object.fromEntries(
      node.kind === 'leaf-list'
        ? [['.', elementText(element)]]
        : (node.keys ?? []).map((key) => [key, elementText(childElement(element, key)!)]),
    );
    const statement = STATEMENTS[node.name];
    const here = [...way, { module: node.module, name: node.name, keys, ...(statement && { statement }) }];
    const access = (root: DataAccess) => at(root).child(node, element);
    const predicates = Object.entries(keys).map(([key, value]) => `[${key}='${value}']`);
    const path = `${above}/${node.module}:${node.name}${predicates.join('')}`;
    yield { way: here, at: access, path, isKey: isKey(node, parent) };
    if (node.children) yield* instances(childElements(element), node, here, access, path);
  }
}

const ALL = [...instances(DATA, undefined, [], (root) => root, '')];
const PREFIX: Readonly<Record<string, string>> = { lab: 'l', guarded: 'g' };

/** Paths: those of the instances, each key kept, left out or turned into the user's name. */
const path = fc
  .record({
    instance: fc.constantFrom(...ALL),
    keys: fc.array(fc.constantFrom('kept', 'dropped', '$USER'), { minLength: 4, maxLength: 4 }),
    length: fc.nat({ max: 3 }),
  })
  .map(({ instance, keys, length }): OracleStep[] =>
    instance.way.slice(0, length).map(({ module, name, keys: own }, depth) => {
      const what = keys[depth];
      if (what === 'dropped') return { module, name, keys: {} };
      if (what === 'kept' || Object.keys(own).length === 0) return { module, name, keys: own };
      return { module, name, keys: Object.fromEntries(Object.keys(own).map((key) => [key, '$USER'])) };
    }),
  );

const module = fc.constantFrom('*', '*', 'lab', 'guarded', 'ietf-netconf', 'elsewhere');
const accessOperations = fc.oneof(
  fc.constant('*' as const),
  fc.subarray(['create', 'read', 'update', 'delete', 'exec'], { minLength: 1 }),
);
const target = fc.oneof(
  fc.constant({}),
  fc.record({ rpcName: fc.constantFrom('*', 'get', 'kill-session', 'open-vault', 'knock', 'delete-config', 'visit') }),
  fc.record({ notificationName: fc.constantFrom('*', 'robbery', 'visit', 'knock') }),
  fc.record({ path }),
  fc.record({ path }),
  fc.record({ path }),
);
const anyRule: fc.Arbitrary<OracleRule> = fc
  .tuple(fc.record({ moduleName: module, accessOperations, action: action() }), target, fc.uuid())
  .map(([base, more, name]) => ({ name, ...base, ...more }));
const anyRules: fc.Arbitrary<OracleRules> = fc.record({
  enableNacm: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  readDefault: action(),
  writeDefault: action(),
  execDefault: action(),
  enableExternalGroups: fc.boolean(),
  groups: fc.uniqueArray(fc.record({ name: fc.constantFrom('red', 'blue'), userNames: fc.subarray(['ann', 'bob']) }), {
    selector: ({ name }) => name,
  }),
  ruleLists: fc.array(
    fc.record({
      name: fc.uuid(),
      groups: fc.subarray(['red', 'blue', 'green', '*']),
      rules: fc.array(anyRule, { maxLength: 4 }),
    }),
    { maxLength: 3 },
  ),
});
const anyUser = fc.record({
  name: fc.constantFrom('ann', 'bob', 'eve'),
  externalGroups: fc.subarray(['red', 'green']),
  recovery: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

function action() {
  return fc.constantFrom('permit' as const, 'deny' as const);
}

const RPCS = [
  { module: 'ietf-netconf', name: 'get', denyAll: false },
  { module: 'ietf-netconf', name: 'close-session', denyAll: false },
  { module: 'ietf-netconf', name: 'kill-session', denyAll: true },
  { module: 'ietf-netconf', name: 'delete-config', denyAll: true },
  { module: 'guarded', name: 'open-vault', denyAll: true },
  { module: 'guarded', name: 'knock', denyAll: false },
];
const NOTIFICATIONS = [
  { module: 'nc-notifications', name: 'replayComplete', denyAll: false },
  { module: 'nc-notifications', name: 'notificationComplete', denyAll: false },
  { module: 'guarded', name: 'robbery', denyAll: true },
  { module: 'guarded', name: 'visit', denyAll: false },
];

describe('laws of NACM', () => {
  it('answers as RFC 8341 §3.4.4 to §3.4.6 do, and explains the same', () => {
    fc.assert(
      fc.property(anyRules, anyUser, (rules, user) => {
        const nacm = nacmOver(xmlOf(rules));
        const identity: Identity = {
          user: user.name,
          role: user.recovery ? 'recovery' : user.externalGroups.join(' '),
        };
        const explained = (question: Parameters<typeof nacm.explain>[1]) =>
          unwrap(nacm.explain(identity, question)).permit;
        for (const one of RPCS) {
          const expected = mayExecute(rules, user, one);
          expect(nacm.mayInvoke(identity, one.module, one.name).permit).toBe(expected);
          expect(explained({ kind: 'rpc', module: one.module, rpc: one.name })).toBe(expected);
        }
        for (const one of NOTIFICATIONS) {
          const expected = mayReceive(rules, user, one);
          expect(nacm.mayReceive(identity, one.module, one.name).permit).toBe(expected);
          expect(explained({ kind: 'notification', module: one.module, notification: one.name })).toBe(expected);
        }
        const data = nacm.data(identity);
        for (const { way, at, path } of ALL) {
          for (const operation of OPERATIONS) {
            expect(at(data).verdict(operation).permit).toBe(mayAccess(rules, user, way, operation));
          }
          for (const operation of WRITES) {
            expect(explained({ kind: 'data', path, operation })).toBe(mayAccess(rules, user, way, operation));
          }
          const seen = way.every((_, depth) => mayAccess(rules, user, way.slice(0, depth + 1), 'read'));
          expect(explained({ kind: 'data', path, operation: 'read' })).toBe(seen);
        }
      }),
    );
  });

  it('what holds throughout holds for each below', () => {
    fc.assert(
      fc.property(anyRules, anyUser, (rules, user) => {
        const nacm = nacmOver(xmlOf(rules));
        const identity = { user: user.name, role: user.recovery ? 'recovery' : user.externalGroups.join(' ') };
        const root = nacm.data(identity);
        for (const operation of OPERATIONS) {
          for (const { path: above, at } of [{ path: '', at: () => root }, ...ALL]) {
            const all = at(root).throughout(operation);
            if (all === undefined) continue;
            for (const below of ALL.filter(({ path }) => path.startsWith(above))) {
              expect(below.at(root).verdict(operation).permit).toBe(all.permit);
            }
          }
        }
      }),
    );
  });

  it('what is read is what may be read, each under what may be read, entries only with their keys', () => {
    fc.assert(
      fc.property(anyRules, anyUser, (rules, user) => {
        const nacm = nacmOver(xmlOf(rules));
        const identity = { user: user.name, role: user.recovery ? 'recovery' : user.externalGroups.join(' ') };
        const left = readable(DATA, identity, nacm, schema);
        const got = [...instances(left, undefined, [], (root) => root, '')].map(({ path }) => path);
        const may = (way: readonly OracleNode[]) =>
          way.every((_, depth) => mayAccess(rules, user, way.slice(0, depth + 1), 'read'));
        const hidden = ALL.filter((one) => one.isKey && !may(one.way)).map(({ path }) => path.replace(/\/[^/]*$/, '/'));
        const expected = ALL.filter(
          ({ way, path }) => may(way) && !hidden.some((entry) => `${path}/`.startsWith(entry)),
        ).map(({ path }) => path);
        expect(got).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});

function xmlOf(rules: OracleRules): string {
  const leaf = (name: string, value: unknown) => `<${name}>${value}</${name}>`;
  const groups = rules.groups.map(
    ({ name, userNames }) =>
      `<group>${leaf('name', name)}${userNames.map((user) => leaf('user-name', user)).join('')}</group>`,
  );
  return nacmXml(
    leaf('enable-nacm', rules.enableNacm) +
      leaf('read-default', rules.readDefault) +
      leaf('write-default', rules.writeDefault) +
      leaf('exec-default', rules.execDefault) +
      leaf('enable-external-groups', rules.enableExternalGroups) +
      `<groups>${groups.join('')}</groups>` +
      rules.ruleLists.map((list) => ruleList(list.name, list.groups, ...list.rules.map(ruleXml))).join(''),
  );
}

function ruleXml({
  name,
  action: does,
  moduleName,
  rpcName,
  notificationName,
  path: steps,
  accessOperations,
}: OracleRule) {
  const pathText = steps?.map(({ module: of, name: step, keys }) => {
    const prefix = PREFIX[of];
    const predicates = Object.entries(keys).map(([key, value]) => {
      const left = key === '.' ? '.' : `${prefix}:${key}`;
      return `[${left}=${value === '$USER' ? value : `'${value}'`}]`;
    });
    return `/${prefix}:${step}${predicates.join('')}`;
  });
  return rule(name, does, {
    module: moduleName,
    ...(rpcName !== undefined && { rpc: rpcName }),
    ...(notificationName !== undefined && { notification: notificationName }),
    ...(pathText !== undefined && { path: pathText.join('') || '/' }),
    operations: accessOperations === '*' ? '*' : accessOperations.join(' '),
  });
}
