import * as v from 'valibot';

/** An object of exactly these members; a person's slip is named: unknown members, missing ones, no object at all. */
export function members<const T extends v.ObjectEntries>(entries: T) {
  const known = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ expected, received }) => {
    if (expected === 'never') return `unknown member; expected one of ${known}`;
    if (received === 'undefined' && expected !== 'Object') return 'is missing';
    return `expected members as ${known}`;
  });
}
