import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runInUml, umlRefusal } from './uml.fixture.ts';

test('lanes of every attachment on a stock kernel: real traffic in both families, by the program and by its commands', (context) => {
  const refusal = umlRefusal();
  if (refusal !== undefined) return context.skip(refusal);
  const program = fileURLToPath(new URL('./stock-attachments.fixture.ts', import.meta.url));
  const { status, output } = runInUml([process.execPath, program], 220_000);
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringMatching(/^\{.*\}$/m) });
  const seen = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] as string) as Record<string, unknown>;
  const lane = (means: string, mtu: number) => ({
    means,
    made: [],
    mtu,
    sent: ['10.9.0.51 0 Message too long', '2001:db8:9::51 0 Message too long'],
    reached: [0, 0],
    removed: true,
    typed: [],
    gone: [],
    same: true,
  });
  expect(seen).toEqual({
    routed: lane('dummy', 1500),
    vlan: lane('ipvlan', 1500),
    'gre with a key': lane('tunnel', 1472),
    'gre, IPv6 outside': lane('tunnel', 1452),
    ipip: lane('tunnel', 1480),
    'ipip, IPv6 outside': lane('tunnel', 1460),
    vxlan: lane('ipvlan', 1450),
  });
}, 240_000);
