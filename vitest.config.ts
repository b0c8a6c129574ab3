import { defineConfig } from 'vitest/config';

// Tests of the kernel share it, and those that look at traffic or count what was acknowledged before a kill want the
// machine for themselves: one file at a time. Programs and foreign peers wait for each other most of the time: two files.
const ALONE = [
  '**/*.kernel.test.ts',
  'test/lab/**/*.test.ts',
  'test/e2e/headend-crash.test.ts',
  'test/e2e/headend-quota.test.ts',
  'test/e2e/service-agent-ports.test.ts',
];
const NEVER = '**/node_modules/**';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{agent,headend,yang,scripts}/**/*.test.ts', 'shared/**/*.test.ts'],
          exclude: [NEVER, '**/*.kernel.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'programs',
          include: ['test/**/*.test.ts'],
          exclude: [NEVER, ...ALONE],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'alone',
          include: ALONE,
          exclude: [NEVER],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
