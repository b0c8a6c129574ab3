import type { Capability } from '../lanes/capability.ts';

/** `service-agent doctor` for a terminal. */
export function doctorText(capabilities: readonly Capability[]): string {
  return capabilities
    .flatMap(({ name, present, purpose, instead, remedy, detail }) => {
      const mark = present ? 'yes' : instead === undefined ? 'NO ' : 'no ';
      const lines = [`${mark}  ${name}${detail ? ` (${detail})` : ''}: ${purpose}`];
      if (!present && instead !== undefined) lines.push(`     instead: ${instead}`);
      if (!present && remedy !== undefined) lines.push(`     you could: ${remedy}`);
      return lines;
    })
    .join('\n');
}
