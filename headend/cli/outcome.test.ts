import { rpcError } from '@sublane/netconf';
import { describe, expect, it } from 'vitest';
import { exitCode, failureText } from './outcome.ts';

describe('exit codes', () => {
  it.each([
    [2, { kind: 'usage', message: '' }],
    [2, { kind: 'file', faults: [] }],
    [3, { kind: 'unreachable', message: '' }],
    [1, { kind: 'failed', message: '' }],
    [4, { kind: 'refused', errors: [rpcError.accessDenied('application')] }],
    [4, { kind: 'refused', errors: [rpcError.invalidValue('protocol')] }],
    [5, { kind: 'refused', errors: [rpcError.accessDenied('application'), rpcError.resourceDenied('application')] }],
    [1, { kind: 'refused', errors: [rpcError.inUse('application')] }],
    [1, { kind: 'refused', errors: [rpcError.dataMissing()] }],
  ] as const)('%i', (code, failure) => expect(exitCode(failure)).toBe(code));
});

describe('what a refusal says', () => {
  it('is the sentence, the place and the code', () => {
    const path = { xpath: "/slh:headend/slh:pool[slh:name='calls']", namespaces: {} };
    const error = rpcError.inUse('application', { message: 'pool calls holds leases', appTag: 'pool-in-use', path });
    expect(failureText({ kind: 'refused', errors: [error] })).toBe(
      "pool calls holds leases\n  at /headend/pool[name='calls']\n  (in-use, pool-in-use)",
    );
  });
  it('is a sentence even where the headend gave none', () => {
    expect(failureText({ kind: 'refused', errors: [rpcError.dataExists()] })).toBe(
      'there is one of that name already\n  (data-exists)',
    );
  });
});
