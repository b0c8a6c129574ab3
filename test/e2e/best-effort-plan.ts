import { writeFileSync } from 'node:fs';
import type { HeadendProgram } from './headend-program.ts';

const GOLD = `name: gold
default-class: best-effort
classes: { best-effort: { dscp: 0, priority: L, upld: { ceiling: 1000 }, dnld: { ceiling: unlimited } } }
groups-max: 8
`;

/** For tests of who is served, not of what: plan `gold` with one class and a pool for it, and subscribers who have it. */
export async function addBestEffort(program: HeadendProgram, ...subscribers: readonly string[]): Promise<void> {
  const prefix = '192.0.2.0/24';
  await program.must('pool', 'add', 'rest', '--class', 'best-effort', '--prefix', prefix, '--attach', 'routed');
  writeFileSync(program.file('gold.yaml'), GOLD);
  await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
  for (const name of subscribers) await program.must('subscriber', 'add', name, '--plan', 'gold');
}
