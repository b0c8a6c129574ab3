import { ok } from '@sublane/basics';
import type { RunningConfiguration } from '../configuration/running.ts';
import type { LocationLoad } from '../store/records.ts';
import type { LocationStore } from '../store/store.ts';
import { pageOf } from './record-rpcs.ts';
import { type Handlers, handler } from './rpc-handlers.ts';

export interface LocationRpcsParts {
  readonly locations: LocationStore;
  readonly configuration: RunningConfiguration;
}

/** Locations and what is guaranteed there. */
export function locationRpcs({ locations, configuration }: LocationRpcsParts): Handlers {
  return handler('sublane-headend:list-locations', async ({ location: name, ...page }) => {
    const loads = await locations.list();
    const { limit, cursor } = pageOf(page);
    const wanted = loads.filter(
      (one) => (name === undefined || one.name === name) && (cursor === undefined || one.name > cursor),
    );
    const given = wanted.slice(0, limit);
    const last = given.at(-1)?.name;
    const prefixesOf = (place: string) => configuration.current().locations.get(place)?.accessPrefixes ?? [];
    return ok({
      location: given.map((load) => locationEntry(load, prefixesOf(load.name))),
      ...(wanted.length > given.length && last !== undefined && { 'next-cursor': last }),
    });
  });
}

function locationEntry(load: LocationLoad, accessPrefixes: readonly string[]) {
  const { name, parent, upldCapacity, dnldCapacity, guaranteed } = load;
  return {
    name,
    ...(parent !== undefined && { parent }),
    'access-prefix': accessPrefixes,
    ...(upldCapacity !== undefined && { 'upld-capacity': upldCapacity }),
    ...(dnldCapacity !== undefined && { 'dnld-capacity': dnldCapacity }),
    'upld-guaranteed': String(guaranteed.upld),
    'dnld-guaranteed': String(guaranteed.dnld),
  };
}
