import { ok } from '@sublane/basics';
import { childElements } from '@sublane/netconf';
import { isComplete } from '../edit/misfits.ts';
import { nmdaEndpoint } from '../nmda/datastore-names.ts';
import { OK, refused } from '../rpc-table.ts';
import { contentOf, fetchConfig, NO_DATASTORES, readEndpoint, xmlOf } from './endpoint.ts';
import type { Operation } from './operation.ts';
import { readParameters } from './parameters.ts';

/** RFC 6241 §8.6.4.1: could running be so? The schema is asked, and all who have a say in a commit. */
export const validate: Operation = async ({ operation, session }, { datastores, schema }) => {
  if (datastores === undefined) return refused(NO_DATASTORES);
  const parameters = readParameters(operation, ['source']);
  if (!parameters.ok) return refused(parameters.failure);
  const source =
    nmdaEndpoint(parameters.value.source, 'configuration', datastores, schema) ??
    readEndpoint(parameters.value.source, 'source', ['datastore', 'config', 'url'], datastores);
  if (!source.ok) return refused(source.failure);
  const from = source.value;
  const config = from.kind === 'url' ? await fetchConfig(from) : ok(from.kind === 'config' ? from.config : undefined);
  if (!config.ok) return refused(config.failure);
  const given = config.value === undefined ? [] : childElements(config.value);
  const complete = isComplete(given, schema);
  if (!complete.ok) return refused(complete.failure);
  const wanted = () => ok(from.kind === 'datastore' ? contentOf(from, datastores).xml : xmlOf(given));
  // What <commit> would delete of the candidate is no fault of it.
  const prune = from.kind === 'datastore';
  const valid = await datastores.running.commit(wanted, { session, testOnly: true, prune });
  return valid.ok ? OK : refused(...valid.failure);
};
