import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runInUml, umlRefusal } from './uml.fixture.ts';

test('a stock kernel leads DNS queries to a group’s server, too', (context) => {
  const refusal = umlRefusal();
  if (refusal !== undefined) return context.skip(refusal);
  const program = fileURLToPath(new URL('./dns-stock-kernel.fixture.ts', import.meta.url));
  const { status, output } = runInUml([process.execPath, program]);
  expect({ status, output }).toMatchObject({ status: 0, output: expect.stringMatching(/^\{.*\}$/m) });
  expect(JSON.parse(/^\{.*\}$/m.exec(output)?.[0] as string)).toEqual({
    attached: ['127.0.0.9'],
    answers: ['127.0.0.53', '::ffff:127.0.0.53', 'Operation not permitted'],
    detached: 'nothing left',
  });
});
