import type { SchemaModule } from 'libyang-wasm';
import { type DataOperation, type Decision, PERMITTED, type Verdict } from '../access.ts';
import { type NacmRules, refusal } from './rules.ts';

export type Statement = Extract<Decision, { kind: 'statement' }>['statement'];

/** Steps 10 to 12 of §3.4.4. */
export function invokeDefault(rules: NacmRules, module: SchemaModule | undefined, rpc: string): Verdict {
  const node = module?.rpcs.find(({ name }) => name === rpc);
  if (node?.nacm === 'default-deny-all') return DENY_ALL;
  // "If the requested protocol operation is the NETCONF <kill-session> or <delete-config>, then the protocol operation
  // is denied."
  if (module?.name === 'ietf-netconf' && (rpc === 'kill-session' || rpc === 'delete-config')) return NEVER_BY_DEFAULT;
  return byDefault(rules.execDefault, 'exec-default');
}

/** Steps 10 and 11 of §3.4.6. */
export function receiveDefault(rules: NacmRules, module: SchemaModule | undefined, notification: string): Verdict {
  const node = module?.notifications.find(({ name }) => name === notification);
  if (node?.nacm === 'default-deny-all') return DENY_ALL;
  return byDefault(rules.readDefault, 'read-default');
}

/** Steps 9 to 12 of §3.4.5, `statement` being that of the node or of one above it. */
export function dataDefault(rules: NacmRules, operation: DataOperation, statement: Statement | undefined): Verdict {
  switch (operation) {
    case 'read':
      return statement === 'default-deny-all' ? DENY_ALL : byDefault(rules.readDefault, 'read-default');
    case 'exec':
      return statement === 'default-deny-all' ? DENY_ALL : byDefault(rules.execDefault, 'exec-default');
    default:
      if (statement === 'default-deny-all') return DENY_ALL;
      return statement === undefined ? byDefault(rules.writeDefault, 'write-default') : DENY_WRITE;
  }
}

const DENY_ALL = refusal({ kind: 'statement', statement: 'default-deny-all' });
const DENY_WRITE = refusal({ kind: 'statement', statement: 'default-deny-write' });
const NEVER_BY_DEFAULT = refusal({ kind: 'standard', section: '3.4.4' });
const DENIED = {
  'read-default': refusal({ kind: 'default', leaf: 'read-default' }),
  'write-default': refusal({ kind: 'default', leaf: 'write-default' }),
  'exec-default': refusal({ kind: 'default', leaf: 'exec-default' }),
};

const byDefault = (action: NacmRules['readDefault'], leaf: keyof typeof DENIED): Verdict =>
  action === 'permit' ? PERMITTED : DENIED[leaf];

/** "then the access request is denied for the data node and all its descendants" (§3.4.5). */
export function strictest(above: Statement | undefined, here: Statement | undefined): Statement | undefined {
  return above === 'default-deny-all' || here === undefined ? above : here;
}
