import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runInUml, umlRefusal } from './uml.fixture.ts';

test('a stock kernel: ipvlan beside the uplink, fq_codel below each rate', (context) => {
  const refusal = umlRefusal();
  if (refusal !== undefined) return context.skip(refusal);
  const program = fileURLToPath(new URL('./stock-kernel.fixture.ts', import.meta.url));
  const { status, output } = runInUml([process.execPath, program]);
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringMatching(/^\{.*\}$/m) });
  const seen = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] as string);
  expect(seen).toEqual({
    means: 'ipvlan',
    lacks: ['tool:nft', 'nft-lanes', 'wireguard', 'wireguard-go', 'end-connections'],
    made: { ok: true },
    left: [],
    sources: ['192.0.2.51', '2001:db8:a::51'],
    answered: true,
    queues: ['fq_codel', 'fq_codel', 'htb'],
    removed: { ok: true },
    same: true,
  });
});
