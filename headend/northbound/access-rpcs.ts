import { failed, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { RpcInput, RpcOutput } from '@sublane/yang';
import type { Context } from 'libyang-wasm';
import { type AccessQuestion, type Decision, decisionText, type Explanation, type Identity } from 'netconf-server';
import type { HeadendAccess } from '../access/headend-access.ts';
import type { Store } from '../store/store.ts';
import { enrolIdentity, hostIdentity, LOCAL_IDENTITY, operatorIdentity } from './roles.ts';
import { type Handlers, handler } from './rpc-handlers.ts';

export interface AccessRpcsParts {
  readonly access: HeadendAccess;
  readonly schema: Pick<Context, 'schema'>;
  readonly store: Pick<Store, 'hosts' | 'operators'>;
}

const NAME = 'sublane-headend:explain-access';
type Input = RpcInput<typeof NAME>;
type Answer<T> = Result<T, { readonly error: RpcError }>;

/** What NACM would say, and why. */
export function accessRpcs({ access, schema, store }: AccessRpcsParts): Handlers {
  const who = async ({ user, group }: Input, asker: Identity): Promise<Answer<Identity>> => {
    if (group !== undefined) return ok(access.somebodyWith(group));
    if (user === undefined || user === asker.user) return ok(asker);
    if (user === LOCAL_IDENTITY.user) return ok(LOCAL_IDENTITY);
    if (user === 'enrol') return ok(enrolIdentity('any', new Uint8Array()));
    const host = await store.hosts.find(user);
    if (host !== undefined && host.revokedAt === undefined) return ok(hostIdentity(user));
    const operator = await store.operators.find(user);
    if (operator !== undefined) return ok(operatorIdentity(user, operator.role));
    return failed({
      error: rpcError.dataMissing({
        appTag: 'user-unknown',
        message: `${user} is neither a host nor an operator. See: headend host list, headend operator list`,
      }),
    });
  };
  return handler(NAME, async (input, session) => {
    const identity = await who(input, session.identity);
    if (!identity.ok) return identity;
    const question = questionOf(input, schema);
    if (!question.ok) return failed({ error: notThere(question.failure) });
    const explained = access.explain(identity.value, question.value);
    if (!explained.ok) return failed({ error: notThere(explained.failure) });
    return ok(outputOf(explained.value, input.group === undefined));
  });
}

const notThere = (message: string) => rpcError.invalidValue('application', { appTag: 'access-question', message });

function questionOf(input: Input, schema: Pick<Context, 'schema'>): Result<AccessQuestion, string> {
  if (input.rpc !== undefined) {
    const name = fullName(input.rpc, 'rpcs', schema);
    return name.ok ? ok({ kind: 'rpc', module: name.value.module, rpc: name.value.name }) : name;
  }
  if (input.notification !== undefined) {
    const name = fullName(input.notification, 'notifications', schema);
    return name.ok ? ok({ kind: 'notification', module: name.value.module, notification: name.value.name }) : name;
  }
  // The schema's mandatory choice: one of the three is there.
  return ok({ kind: 'data', path: input.path!, operation: input.operation ?? 'read' });
}

/** The module may be left out where only one has such a name. */
function fullName(
  given: string,
  kind: 'rpcs' | 'notifications',
  schema: Pick<Context, 'schema'>,
): Result<{ readonly module: string; readonly name: string }, string> {
  const colon = given.indexOf(':');
  if (colon >= 0) return ok({ module: given.slice(0, colon), name: given.slice(colon + 1) });
  const modules = schema.schema().filter((module) => module[kind].some(({ name }) => name === given));
  const [only, another] = modules;
  if (only === undefined) return failed(`no module here has "${given}" among its ${kind}`);
  if (another === undefined) return ok({ module: only.name, name: given });
  return failed(`${given} is in several modules: ${modules.map(({ name }) => `${name}:${given}`).join(', ')}`);
}

function outputOf(
  { permit, decidedBy, user, groups, at, trace, fixed }: Explanation & { readonly fixed: boolean },
  isSomebody: boolean,
): RpcOutput<typeof NAME> {
  return {
    permitted: permit,
    ...(isSomebody && { user }),
    ...(groups.length > 0 && { group: groups }),
    ...(fixed && { fixed: [null] as const }),
    ...(at !== undefined && { 'decided-at': at }),
    'decided-by': decisionOf(decidedBy),
    ...(trace.length > 0 && {
      step: trace.map(({ ruleList, rule, outcome, because, comment }, place) => ({
        number: place + 1,
        'rule-list': ruleList,
        ...(rule !== undefined && { rule }),
        outcome,
        ...(because !== undefined && { because }),
        ...(comment !== undefined && { comment }),
      })),
    }),
  };
}

function decisionOf(decision: Decision): NonNullable<RpcOutput<typeof NAME>['decided-by']> {
  if (decision.kind === 'rule') return { 'rule-list': decision.ruleList, rule: decision.rule };
  const text = decisionText(decision);
  return decision.kind === 'default' || decision.kind === 'statement' ? { default: text } : { standing: text };
}
