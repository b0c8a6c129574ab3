import { unwrap } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import type { RpcOutcome, Session } from 'netconf-server';
import { beforeAll, expect, it } from 'vitest';
import { configured } from '../access/access.fixture.ts';
import { createAccess } from '../access/headend-access.ts';
import { INITIAL_RULES } from '../access/rules-xml.ts';
import { loadLibyang } from '../configuration/libyang.ts';
import { openSqliteStore } from '../store/index.ts';
import { deed, furnish } from '../store/store-fixture.ts';
import { accessRpcs } from './access-rpcs.ts';
import { LOCAL_IDENTITY } from './roles.ts';
import type { Handlers } from './rpc-handlers.ts';

const schema = openContext(unwrap(loadLibyang()), 'headend');
const access = createAccess(schema, configured(schema, INITIAL_RULES));
let rpcs: Handlers;

beforeAll(async () => {
  const store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop']);
  for (const role of ['operator', 'auditor', 'administrator'] as const)
    unwrap(await store.operators.add({ name: `the-${role}`, role, publicKey: 'k' }, deed()));
  rpcs = accessRpcs({ access, schema, store });
});

/** `permitted`, then what decided and where; the refusal where it was none to ask. */
async function explain(input: object): Promise<string> {
  const session: Partial<Session> = { identity: LOCAL_IDENTITY };
  const outcome = (await rpcs['sublane-headend:explain-access']?.({ input, session } as never)) as RpcOutcome;
  if (outcome.kind === 'refused') return outcome.errors.map(({ appTag, message }) => `${appTag}: ${message}`).join();
  const xml = outcome.kind === 'data' ? outcome.xml : '';
  const leaf = (name: string, within = xml) => new RegExp(`<${name}(?: [^>]*)?>([^<]*)<`).exec(within)?.[1];
  const by = /<decided-by[^>]*>(.*)<\/decided-by>/.exec(xml)?.[1] ?? '';
  const decided = [leaf('rule-list', by), leaf('rule', by), leaf('default', by), leaf('standing', by)];
  const words = [leaf('permitted'), ...decided, leaf('decided-at'), xml.includes('<fixed') ? 'fixed' : undefined];
  return words.filter((word) => word !== undefined).join(' ');
}

it.each([
  [{ user: 'the-operator', rpc: 'add-operator' }, 'false operator administrators-add-operators'],
  [{ user: 'the-operator', rpc: 'sublane-headend:add-host' }, 'true operator everything-else'],
  [{ user: 'the-auditor', rpc: 'add-host' }, 'false nacm:default-deny-all'],
  [{ user: 'the-auditor', rpc: 'edit-config' }, 'false exec-default'],
  [{ user: 'the-administrator', rpc: 'renew-service' }, 'false fixed-staff service-is-for-hosts fixed'],
  [{ user: 'laptop', rpc: 'add-host' }, 'false fixed-host hosts-ask-for-service-only fixed'],
  [{ user: 'enrol', rpc: 'enrol-host' }, 'true enrol enrol-host'],
  [{ user: 'local', rpc: 'add-operator' }, 'true recovery session'],
  [{ rpc: 'add-operator' }, 'true recovery session'],
  [{ group: ['auditor'], rpc: 'list-hosts' }, 'true auditor list-hosts'],
  [{ group: ['night-shift'], rpc: 'list-hosts' }, 'false nacm:default-deny-all'],
  [{ group: ['host'], rpc: 'list-hosts' }, 'false fixed-host hosts-ask-for-service-only fixed'],
  [
    { user: 'laptop', path: "/sublane-service:hosts/host[host-id='laptop']" },
    'true host itself /sublane-service:hosts/host',
  ],
  [
    { user: 'laptop', path: "/sublane-service:hosts/host[host-id='other']/subscriber" },
    'false fixed-host hosts-see-only-themselves /sublane-service:hosts/host fixed',
  ],
  [
    { user: 'the-operator', path: '/ietf-netconf-acm:nacm/enable-nacm', operation: 'update' },
    'false operator administrators-decide-on-access /ietf-netconf-acm:nacm/enable-nacm',
  ],
  [{ user: 'laptop', notification: 'service-withdrawn' }, 'true host news-for-hosts'],
  [{ user: 'nobody', rpc: 'get' }, /^user-unknown: nobody is neither a host nor an operator/],
  [{ rpc: 'fly' }, 'access-question: no module here has "fly" among its rpcs'],
  [{ rpc: 'sublane-headend:fly' }, 'access-question: sublane-headend has no rpc fly'],
  [{ path: '/sublane-headend:headend/wings' }, /^access-question: there is no node sublane-headend:wings/],
  [{ notification: 'nowhere:news' }, 'access-question: there is no module nowhere here'],
])('%j: %s', async (question, answer) => {
  const said = await explain(question);
  if (typeof answer === 'string') expect(said).toBe(answer);
  else expect(said).toMatch(answer);
});

it('names each rule that was passed over, and why', async () => {
  const session: Partial<Session> = { identity: LOCAL_IDENTITY };
  const call = { input: { user: 'the-operator', rpc: 'remove-operator' }, session };
  const outcome = (await rpcs['sublane-headend:explain-access']?.(call as never)) as RpcOutcome;
  const xml = outcome.kind === 'data' ? outcome.xml : '';
  const steps = Array.from(xml.matchAll(/<step.*?<\/step>/g), ([step]) =>
    ['rule-list', 'rule', 'outcome', 'because'].map((name) => new RegExp(`<${name}>([^<]*)<`).exec(step)?.[1] ?? ''),
  );
  expect(steps).toEqual([
    ['host', '', 'passed-over', 'it is for host'],
    ['enrol', '', 'passed-over', 'it is for enrol'],
    ['auditor', '', 'passed-over', 'it is for auditor'],
    ['operator', 'administrators-add-operators', 'passed-over', 'it is about add-operator'],
    ['operator', 'administrators-remove-operators', 'deny', ''],
  ]);
});
