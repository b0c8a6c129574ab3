import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('each begins when the one before has ended, well or not, and has its own result', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take(async () => {
    order.push('first begins');
    await gate.promise;
    order.push('first ends');
    throw new Error('first failed');
  });
  const second = turns.take(() => {
    order.push('second');
    return 2;
  });
  gate.resolve();
  await expect(first).rejects.toThrow('first failed');
  expect(await second).toBe(2);
  expect(order).toEqual(['first begins', 'first ends', 'second']);
});
