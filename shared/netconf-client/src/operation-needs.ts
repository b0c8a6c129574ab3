import type {
  ConfigUrl,
  Datastore,
  EditConfig,
  Filter,
  GetConfigOptions,
  GetData,
  InlineConfig,
  OfNmda,
  WithDefaults,
} from './operations.ts';
import { type firstMissing, needs } from './server-support.ts';

type Checks = Parameters<typeof firstMissing>[1];

interface Reading {
  readonly filter?: Filter;
  readonly withDefaults?: WithDefaults;
}

export function filterNeeds({ filter, withDefaults }: Reading): Checks {
  return [
    filter !== undefined && 'xpath' in filter ? needs.xpath : undefined,
    withDefaults && needs.withDefaults(withDefaults),
  ];
}

export function configNeeds({ source = 'running', ...reading }: GetConfigOptions): Checks {
  return [...placeNeeds(source), ...filterNeeds(reading)];
}

export function dataNeeds(options: GetData): Checks {
  return [needs.nmda, ...filterNeeds(options)];
}

/** A datastore, a file or a configuration as it is. */
export function placeNeeds(place: Datastore | ConfigUrl | InlineConfig | OfNmda): Checks {
  if (place === 'candidate') return [needs.candidate];
  if (place === 'startup') return [needs.startup];
  if (typeof place === 'string' || 'config' in place) return [];
  return ['url' in place ? needs.url(place.url) : needs.nmda];
}

/** RFC 6241 §7.2. */
export function editNeeds(options: EditConfig): Checks {
  const { target = 'running', testOption, errorOption } = options;
  return [
    target === 'running' ? needs.writableRunning : needs.candidate,
    testOption === undefined ? undefined : testOption === 'test-only' ? needs.testOnly : needs.validate,
    errorOption === 'rollback-on-error' ? needs.rollbackOnError : undefined,
    'url' in options ? needs.url(options.url) : undefined,
  ];
}
