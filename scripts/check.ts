// Types, lint and format, the architecture's rules, and generated files against what they are generated from.
import { runTool } from './commands.ts';

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What to do when it fails. */
  readonly advice: string;
}

const CHECKS: readonly Check[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.'], advice: 'Correct the types above.' },
  {
    name: 'lint and format',
    command: 'biome',
    args: ['check', '--error-on-warnings', '.'],
    advice: 'node_modules/.bin/biome check --write . corrects most of it.',
  },
  {
    name: 'architecture',
    command: 'vitest',
    args: ['run', '--project', 'programs', 'test/architecture'],
    advice: 'test/architecture/rules.ts says why each rule is there.',
  },
  {
    name: 'generated bindings',
    command: 'node',
    args: ['yang/generate/main.ts', '--check'],
    advice: 'npm run generate, then commit yang/bindings.',
  },
];

/** Runs the checks, prints a line for each and the output of those that fail; true if all hold. */
export async function check({ without = [] }: { without?: readonly string[] } = {}): Promise<boolean> {
  let good = true;
  for (const { name, command, args, advice } of CHECKS.filter((one) => !without.includes(one.name))) {
    const { code, seconds, output } = await runTool(command, args);
    console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(20)} ${seconds.toFixed(1)} s`);
    if (code === 0) continue;
    good = false;
    console.log(`${output.trimEnd()}\n${advice}\n`);
  }
  return good;
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1;
