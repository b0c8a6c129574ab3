import { defineConfig } from 'vitest/config';

// Tests of the kernel, of foreign peers and of whole programs share the machine: one file at a time. Unit tests do not.
const WHOLE = ['test/**/*.test.ts', '**/*.kernel.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{agent,headend,yang,scripts}/**/*.test.ts', 'shared/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.kernel.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'whole',
          include: WHOLE,
          exclude: ['**/node_modules/**'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
