import { failed, milliseconds, ok } from '@sublane/basics';
import { expect, it } from 'vitest';
import { NO_AAA } from '../aaa/aaa-configuration.ts';
import { secretFaults } from './secret-faults.ts';

it('each file is looked at as what it is, and said to be missing at the leaf that names it', () => {
  const read = (kind: string) => (file: string) => (file === `a ${kind}` ? ok('') : failed(`${file}: no ${kind}`));
  const secrets = { line: read('line'), key: read('key'), certificates: read('certificates') };
  const edge = (name: string, secretFile: string) =>
    [name, { name, host: 'h', port: 1, secretFile, messageAuthenticator: 'mandatory' }] as const;
  const aaa = { ...NO_AAA, edges: new Map([edge('good', 'a line'), edge('bad', 'a key')]) };
  const policyHook = {
    url: 'https://opa.example/',
    timeout: milliseconds(500),
    whenAway: 'refuse',
    tokenFile: 'gone',
    caFile: 'a certificates',
  } as const;
  expect(secretFaults({ aaa, policyHook }, secrets)).toEqual([
    { path: "aaa/edge[name='bad']/secret-file", code: 'secret-unreadable', message: 'a key: no line' },
    { path: 'aaa/policy-hook/token-file', code: 'secret-unreadable', message: 'gone: no line' },
  ]);
});
