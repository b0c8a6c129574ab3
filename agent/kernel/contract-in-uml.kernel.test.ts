import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runInUml, umlRefusal } from './uml.fixture.ts';

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

test('the contract holds for a stock kernel: dummy, VLAN, GRE, IP in IP and VXLAN, ipvlan above segments', (context) => {
  const refusal = umlRefusal();
  if (refusal !== undefined) return context.skip(refusal);
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  // Its root is this machine's; its /tmp too.
  const report = join(tmpdir(), `sublane-contract-${process.pid}.json`);
  const command = `cd ${root} && exec ${process.execPath} ${vitest} run --project alone agent/kernel/contract.kernel.test.ts --reporter=json --outputFile=${report}`;
  try {
    const { output } = runInUml(['bash', '-c', command]);
    expect(output).not.toContain('FAIL');
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const of = (status: string) => results.filter((one) => one.status === status).map(({ title }) => title);
    expect(of('failed')).toEqual([]);
    // It has neither WireGuard nor wireguard-go.
    expect(of('skipped').filter((title) => !title.startsWith('WireGuard'))).toEqual([]);
    for (const kind of ['routed', 'a VLAN', 'GRE in IPv4', 'GRE in IPv6', 'IP in IPv4', 'IP in IPv6', 'VXLAN in IPv4'])
      expect(of('passed').filter((title) => title.startsWith(kind))).toHaveLength(3);
  } finally {
    rmSync(report, { force: true });
  }
});
