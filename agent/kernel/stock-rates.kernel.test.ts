import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runInUml, umlRefusal } from './uml.fixture.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test('a stock kernel: act_police for lanes and ports, fq_codel below HTB', { timeout: 120_000 }, (context) => {
  const refusal = umlRefusal();
  if (refusal !== undefined) return context.skip(refusal);
  const programs = ['./stock-rates.fixture.ts', './stock-ports.fixture.ts'].map(file);
  const { status, output } = runInUml(['sh', '-c', '"$0" "$1" && "$0" "$2"', process.execPath, ...programs]);
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  expect({ status, output: lines.length === 2 ? '' : output }).toEqual({ status: 0, output: '' });
  const [rates, ports] = lines.map((line) => JSON.parse(line));

  // What tc shows of a port is what it shows of the document's own commands.
  expect(ports.ours).toEqual(ports.document);
  expect(ports.ours[1]).toContain('basic');
  expect(ports.held).toMatchObject({ means: 'police', rate: 10_000, burst: 100_000 });
  expect(ports.held.dropped).toBeGreaterThan(0);
  expect(ports).toMatchObject({ left: null, after: '', theirs: true });

  expect(rates.lanes).toEqual([
    { means: 'ipvlan', shaping: 'uplink', policing: 'police' },
    { means: 'dummy', shaping: 'uplink', policing: 'police' },
  ]);
  expect(rates.left).toEqual([]);
  const [own, shared] = rates.filters;
  expect(own).toMatch(/protocol all pref \d+ basic/);
  // Both families of a lane share one action.
  expect([...shared.matchAll(/police (0x[0-9a-f]+) /g)].map(([, index]) => index)).toEqual([
    '0x5b1a4004',
    '0x5b1a4004',
  ]);
  for (const [flow, { kbps, bytes }] of Object.entries<{ kbps: number; bytes: number }>(rates.flows)) {
    const [, direction, protocol] = flow.split(' ');
    const most = (rates.rate * 1000 * rates.seconds) / 8;
    // A bucket lets through what was in it and what came in since, at whatever pace the machine runs; the receiver may
    // be late to look at its clock first.
    expect({ flow, bytes }).toSatisfy(() => bytes <= (most + rates.burst[direction as string]) * 1.1);
    // TCP rests after losses; on a busy machine the sender itself is late.
    expect({ flow, kbps }).toSatisfy(() => kbps >= rates.rate * (protocol === 'udp' ? 0.9 : 0.75));
  }
  expect(rates.together).toBeLessThan(1.05);
  expect(rates.together).toBeGreaterThan(0.6);
  expect(rates.gone).toEqual({ ok: true });
  expect(rates.trace).not.toMatch(/htb|ingress|police|5b1a|sl-?\d/);
});
