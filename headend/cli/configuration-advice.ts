import { adviceOn, adviceText } from '../configuration/advice.ts';
import { ROOT } from '../configuration/headend-data.ts';
import { readConfiguration } from '../configuration/model.ts';
import type { HeadendClient } from './headend-client.ts';

/** What the configuration, as it is now, still lacks; nothing where it cannot be read. */
export async function adviceNotes(headend: HeadendClient): Promise<readonly string[]> {
  const data = await headend.configuration();
  const model = data.ok ? readConfiguration({ [ROOT]: { ...data.value } }) : undefined;
  return model?.ok ? adviceOn(model.value).map((advice) => `note: ${adviceText(advice)}`) : [];
}
