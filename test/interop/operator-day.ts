import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { HeadendProcess, hostKey } from '../programs/index.ts';

/** What a foreign client made of one step of an operator's day. */
export type DayResult =
  | { readonly ok: unknown }
  | {
      readonly errors: readonly {
        readonly tag: string;
        readonly info: string | null;
        readonly message: string | null;
      }[];
    }
  /** What the client itself could not do. */
  | { readonly failed: string };

/**
 * A headend of its own for the tests of a file, with olga, who may do all that people may.
 * @param settings what its headend.yaml has besides
 */
export function headendForADay(missing: string | undefined, settings: () => Promise<string> | string = () => '') {
  const key = hostKey('olga');
  const day: { headend: HeadendProcess; readonly key: typeof key; readonly user: 'olga' } = {
    headend: undefined as unknown as HeadendProcess,
    key,
    user: 'olga',
  };
  beforeAll(async () => {
    if (missing !== undefined) return;
    day.headend = await HeadendProcess.init();
    appendFileSync(join(day.headend.folder, 'headend.yaml'), await settings());
    await day.headend.start();
    await using operator = await day.headend.operator();
    await operator.call('sublane-headend:add-operator', {
      name: day.user,
      role: 'administrator',
      'public-key': key.public,
    });
  });
  afterAll(() => day.headend?.[Symbol.asyncDispose]());
  return day;
}

/** Free ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.once('listening', () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
