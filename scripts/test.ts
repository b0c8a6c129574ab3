// All checks and all tests, with a summary at the end. With arguments: only the test files whose path contains one.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './check.ts';
import { ROOT, runTool } from './commands.ts';
import type { TestReport } from './test-report.ts';

interface Part {
  readonly name: string;
  readonly code: number;
  readonly seconds: number;
  readonly report: TestReport | undefined;
}

const PROJECTS = [
  { project: 'unit', name: 'unit tests' },
  { project: 'programs', name: 'whole programs, foreign peers' },
  { project: 'alone', name: 'kernel, traffic, crashes' },
] as const;

async function runProject({ project, name }: (typeof PROJECTS)[number], filters: readonly string[]): Promise<Part> {
  const file = join(ROOT, '.cache/test', `${project}.json`);
  rmSync(file, { force: true });
  const { code, seconds } = await runTool(
    'vitest',
    ['run', '--project', project, '--reporter=default', '--reporter=./scripts/test-report.ts', ...filters],
    { shown: true, env: { SUBLANE_TEST_REPORT: file } },
  );
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TestReport) : undefined;
  return { name, code, seconds, report };
}

function printSummary(parts: readonly Part[]): void {
  const skips = parts.flatMap(({ report }) => report?.skips ?? []);
  if (skips.length > 0) {
    console.log(`\nSkipped (${skips.length}):`);
    const byReason = Map.groupBy(skips, ({ reason }) => reason);
    for (const [reason, skipped] of byReason) {
      console.log(`  ${reason}`);
      for (const { file, test } of skipped) console.log(`    ${file}: ${test}`);
    }
  }
  console.log('');
  for (const { name, code, seconds, report } of parts) {
    const counts =
      report === undefined
        ? 'did not run to its end'
        : `${report.passed} passed, ${report.failed} failed, ${report.skips.length} skipped`;
    console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(32)} ${counts}, ${seconds.toFixed(0)} s`);
  }
}

async function main(filters: readonly string[]): Promise<number> {
  const checked = filters.length > 0 || (await check({ without: ['architecture'] })); // its tests run below with the others
  const parts: Part[] = [];
  for (const project of PROJECTS) {
    parts.push(await runProject(project, filters.length > 0 ? ['--passWithNoTests', ...filters] : []));
  }
  printSummary(parts);
  const good = checked && parts.every(({ code }) => code === 0);
  if (!checked) console.log('✗ the checks above did not hold');
  return good ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
