import { kilobitsPerSecond, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import { overloadAdvice } from '../configuration/overload-advice.ts';
import type { HeadendClient } from './headend-client.ts';

export type LocationEntry = NonNullable<RpcOutput<'sublane-headend:list-locations'>['location']>[number];

export function locationTable(locations: readonly LocationEntry[]): string {
  return table(
    ['NAME', 'PARENT', 'ACCESS PREFIXES', 'UPLD GUARANTEED/CAPACITY', 'DNLD GUARANTEED/CAPACITY (kbit/s)'],
    locations.map((one) => [
      one.name,
      one.parent,
      one['access-prefix']?.join(' '),
      share(one['upld-guaranteed'], one['upld-capacity']),
      share(one['dnld-guaranteed'], one['dnld-capacity']),
    ]),
    'no locations; add one: headend location add NAME --access-prefix PREFIX',
  );
}

/** Locations in which more is guaranteed than their capacity, as it is now. */
export async function overloadNotes(headend: HeadendClient): Promise<readonly string[]> {
  const listed = await headend.call('sublane-headend:list-locations', { limit: 1000 });
  if (!listed.ok) return [];
  return (listed.value.location ?? []).flatMap((one) => {
    const [upld, dnld] = [one['upld-capacity'], one['dnld-capacity']];
    return overloadAdvice({
      name: one.name,
      ...(upld !== undefined && { upldCapacity: kilobitsPerSecond(upld) }),
      ...(dnld !== undefined && { dnldCapacity: kilobitsPerSecond(dnld) }),
      guaranteed: { upld: Number(one['upld-guaranteed']), dnld: Number(one['dnld-guaranteed']) },
    }).map((advice) => `note: ${advice}`);
  });
}

function share(guaranteed: string, capacity: number | undefined): string {
  return `${guaranteed}/${capacity ?? 'no limit'}`;
}
