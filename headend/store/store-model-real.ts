import { kilobitsPerSecond, type Result, seconds } from '@sublane/basics';
import type fc from 'fast-check';
import type { PoolShape } from '../pools/pool.ts';
import type { LocationLimits, Store } from './store.ts';
import { deed, kinds as kindsOf, shape } from './store-fixture.ts';
import type { ModelPool, StoreModel } from './store-model.ts';

/** The real store; `reopen` closes it and opens what it left behind. */
export interface Real {
  store: Store;
  readonly reopen?: () => Promise<Store>;
}

export type StoreCommand = fc.AsyncCommand<StoreModel, Real>;

/** The kinds of its refusals, counted among what was met. */
export function kinds(model: StoreModel, answer: Result<unknown, unknown>): readonly string[] {
  const said = kindsOf(answer);
  for (const kind of new Set(said)) model.meet(kind);
  return said;
}

/** One step of a walk: done to both, which must answer alike. */
export class Step implements StoreCommand {
  readonly #text: string;
  readonly #run: (model: StoreModel, real: Real) => Promise<void>;

  constructor(text: string, run: (model: StoreModel, real: Real) => Promise<void>) {
    this.#text = text;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(model: StoreModel, real: Real): Promise<void> {
    await this.#run(model, real);
  }

  toString(): string {
    return this.#text;
  }
}

const ORIGINS: Readonly<Record<string, { readonly ipv4: string; readonly ipv6?: string }>> = {
  calls: { ipv4: '192.0.2.', ipv6: '2001:db8:a::' },
  more: { ipv4: '198.51.100.' },
  films: { ipv4: '203.0.113.', ipv6: '2001:db8:f::' },
};
export const POOLS = Object.keys(ORIGINS);
/** What a pool is that nothing was said about. */
export const PLAIN = { begin: 0, excluded: [], reserved: [], rest: 0, state: 'open' as const };
export const HOSTS: Readonly<Record<string, string>> = { laptop: 'alice', phone: 'alice', tablet: 'bob' };
export const SUBSCRIBERS = ['alice', 'bob'];

export function shapeOf(name: string, { begin, length, excluded, reserved, rest }: ModelPool): PoolShape {
  const { ipv4, ipv6 } = ORIGINS[name]!;
  const at = (index: number) => `${ipv4}${index}`;
  // The same size in both families, so that they can be moved together.
  const second = ipv6 === undefined ? [] : [`${ipv6}${begin.toString(16)}/${96 + length}`];
  return shape(name, [`${at(begin)}/${length}`, ...second], {
    excludes: excluded.map(at),
    reservations: reserved.map(({ index, subscriber, host: hostId }) => ({
      address: at(index),
      subscriber,
      ...(hostId !== undefined && { hostId }),
    })),
    rest: seconds(rest),
  });
}

export function limitsOf(model: StoreModel): LocationLimits[] {
  return [...model.locations].map(([name, { parent, upld, dnld }]) => ({
    name,
    ...(parent !== undefined && { parent }),
    ...(upld !== undefined && { upldCapacity: kilobitsPerSecond(upld) }),
    ...(dnld !== undefined && { dnldCapacity: kilobitsPerSecond(dnld) }),
  }));
}

/** What the store is asked for, so that it holds what the model says. */
export async function commit(
  model: StoreModel,
  { store }: Real,
  pools: ReadonlyMap<string, ModelPool>,
): Promise<Result<unknown, unknown>> {
  const shapes = [...pools].map(([name, pool]) => shapeOf(name, pool));
  const answer = await store.configuration.commit(
    { content: '', pools: shapes, locations: limitsOf(model) },
    deed(model.now),
  );
  if (answer.ok) model.trail.push('configuration-committed - -');
  return answer;
}
