import { failed, ok } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { Context, SchemaNode } from 'libyang-wasm';
import type { Commit, ConfigSnapshot, Participant } from '../datastore.ts';
import { SchemaIndex } from '../schema-index.ts';
import type { NodePath } from './node-path.ts';
import { NACM_NAMESPACE, nacmOf, type Rule, readRules } from './rules.ts';

/**
 * For the participants of the datastores, the first of them. Refuses rules whose path leads nowhere, which would never
 * match; those that were there before stand in the way of nothing else. Refuses to change `/nacm` in running while a
 * confirmed commit waits: its end would take that back (RFC 6241 §8.4.1), and so somebody who may not write `/nacm` could
 * give rights again to whom they were taken from.
 */
export function nacmParticipant(context: Pick<Context, 'schema'>): Participant {
  const schema = new SchemaIndex(context);
  return {
    name: 'nacm',
    validate({ before, after }) {
      const known = new Set(faultsIn(before, schema).map(({ text }) => text));
      const errors = faultsIn(after, schema).flatMap(({ error, text }) => (known.has(text) ? [] : [error]));
      return errors.length > 0 ? failed(errors) : ok();
    },
    apply: (commit) => (wouldGoWithTrial(commit) ? failed([TRIAL_WAITS]) : ok()),
  };
}

const wouldGoWithTrial = ({ purpose, saves, changes }: Commit) =>
  purpose === 'edit' && saves.revertTo !== undefined && changes.some(({ path }) => NACM_PATH.test(path));

const NACM_PATH = /^\/ietf-netconf-acm:nacm(?![\w.-])/;

const TRIAL_WAITS = rpcError.inUse('application', {
  message: 'a confirmed commit waits, and its end would take back what is changed in /nacm now: end it first',
});

function faultsIn(
  configuration: ConfigSnapshot,
  schema: SchemaIndex,
): { readonly text: string; readonly error: RpcError }[] {
  const rules = readRules(nacmOf(configuration)).ruleLists.flatMap((list) => list.rules);
  return rules.flatMap((rule) => {
    if (rule.target.kind !== 'data') return [];
    const { path, text } = rule.target;
    const fault = path.ok ? pathFault(path.value, schema) : path.failure;
    return fault === undefined ? [] : [{ text, error: faultError(rule, fault) }];
  });
}

/** Why no data can be where the path leads; undefined where there can. */
function pathFault(path: NodePath, schema: SchemaIndex): string | undefined {
  let node: SchemaNode | undefined;
  for (const { namespace, name, predicates } of path) {
    const here = schema.child(node, namespace, name);
    if (here === undefined) {
      const module = schema.moduleOf(namespace)?.name ?? namespace;
      return `leads nowhere: ${node === undefined ? 'there' : node.name} ${node === undefined ? 'is' : 'has'} no ${module}:${name}`;
    }
    for (const { key } of predicates) {
      const isThere = key === '.' ? here.kind === 'leaf-list' : here.keys?.includes(key);
      if (!isThere) return `asks for ${key}, which is no key of ${name}`;
    }
    node = here;
  }
  return undefined;
}

function faultError({ ruleList, name }: Rule, fault: string): RpcError {
  const list = `/nacm:nacm/nacm:rule-list[nacm:name=${quoted(ruleList)}]`;
  const xpath = `${list}/nacm:rule[nacm:name=${quoted(name)}]/nacm:path`;
  const message = `the path of rule ${name} of rule-list ${ruleList} ${fault}`;
  return rpcError.invalidValue('application', { message, path: { xpath, namespaces: { nacm: NACM_NAMESPACE } } });
}

const quoted = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);
