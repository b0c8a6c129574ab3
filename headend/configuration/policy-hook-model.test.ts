import { unwrap } from '@sublane/basics';
import { expect, it } from 'vitest';
import type { AaaData } from './headend-data.ts';
import { ROOT } from './headend-data.ts';
import { readConfiguration } from './model.ts';

type Hook = NonNullable<AaaData['policy-hook']>;
const read = (hook: Hook) => readConfiguration({ [ROOT]: { aaa: { 'policy-hook': hook } } as never });
const URL = 'http://127.0.0.1:8181/v1/data/sublane/decision';

it('is absent unless configured', () => expect(unwrap(readConfiguration({})).policyHook).toBeUndefined());

it('has the defaults of the schema', () => {
  expect(unwrap(read({ url: URL })).policyHook).toEqual({ url: URL, timeout: 500, whenAway: 'refuse' });
});

it('takes what is given', () => {
  const url = 'https://policy.example/v1/data/lanes';
  const hook = { url, timeout: 90, 'when-away': 'permit', 'token-file': 'opa.token', 'ca-file': 'opa.pem' } as const;
  expect(unwrap(read(hook)).policyHook).toEqual({
    url,
    timeout: 90,
    whenAway: 'permit',
    tokenFile: 'opa.token',
    caFile: 'opa.pem',
  });
});

it.each([
  [{ url: 'http://[::1' }, 'aaa/policy-hook/url'],
  [{ url: 'https://opa:geheim@policy.example/' }, 'aaa/policy-hook/url'],
  [{ url: `${URL}#decision` }, 'aaa/policy-hook/url'],
  [{ url: URL, 'ca-file': 'opa.pem' }, 'aaa/policy-hook/ca-file'],
])('%j is refused at its leaf, without a word of a password', (hook, path) => {
  const answer = read(hook as Hook);
  expect(answer).toMatchObject({ failure: [{ path, code: 'policy-hook-url' }] });
  expect(JSON.stringify(answer)).not.toContain('geheim');
});
