import { faultText } from '@sublane/basics';
import { adviceOn, adviceText } from '../configuration/advice.ts';
import { ROOT } from '../configuration/headend-data.ts';
import { readConfiguration } from '../configuration/model.ts';
import type { Place } from '../configuration/plan-file-places.ts';
import type { HeadendClient } from './headend-client.ts';

/**
 * What the configuration, as it is now, still lacks; nothing where it cannot be read. What is about the file just taken has
 * its place there.
 */
export async function adviceNotes(
  headend: HeadendClient,
  placeOf: (path: string) => Place | undefined = () => undefined,
): Promise<readonly string[]> {
  const data = await headend.configuration();
  const model = data.ok ? readConfiguration({ [ROOT]: { ...data.value } }) : undefined;
  if (model?.ok !== true) return [];
  return adviceOn(model.value).map((advice) => {
    const place = placeOf(advice.path);
    const text = place === undefined ? adviceText(advice) : faultText({ ...place, message: advice.message });
    return `note: ${text}`;
  });
}
