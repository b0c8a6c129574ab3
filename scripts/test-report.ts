// A vitest reporter that keeps what a summary needs: how many of each outcome, and every skip with its reason.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly { readonly test: string; readonly file: string; readonly reason: string }[];
}

export default class ReportWriter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const file = process.env.SUBLANE_TEST_REPORT;
    if (file === undefined) return;
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })));
    const report: TestReport = {
      passed: tests.filter(({ test }) => test.result().state === 'passed').length,
      failed:
        tests.filter(({ test }) => test.result().state === 'failed').length +
        modules.filter((module) => module.errors().length > 0).length +
        // A hook that failed: its tests did not run.
        modules.flatMap((module) => [...module.children.allSuites()]).filter((suite) => suite.errors().length > 0)
          .length +
        unhandled.length,
      skips: tests.flatMap(({ module, test }) => {
        const result = test.result();
        if (result.state !== 'skipped') return [];
        return [{ test: test.fullName, file: module.relativeModuleId, reason: result.note ?? 'no reason given' }];
      }),
    };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(report));
  }
}
