// Writes docs/netconf-conformance.md: node test/conformance/obligations/document.ts
import { writeFileSync } from 'node:fs';
import type { Obligation, Standard } from './obligation.ts';
import { RFC_6241 } from './rfc6241.ts';
import { RFC_6242 } from './rfc6242.ts';
import { RFC_8341 } from './rfc8341.ts';

export const STANDARDS: readonly Standard[] = [RFC_6241, RFC_6242, RFC_8341];
export const DOCUMENT = new URL('../../../docs/netconf-conformance.md', import.meta.url);

/** The document, from the obligations. */
export function conformanceDocument(): string {
  const files = [...new Set(STANDARDS.flatMap(({ obligations }) => obligations.flatMap(filesOf)))].sort();
  const numbers = new Map(files.map((file, at) => [file, at + 1]));
  return [
    '# NETCONF, sentence by sentence',
    '',
    'Every MUST, MUST NOT, SHALL and REQUIRED of RFC 6241, RFC 6242 and RFC 8341 that binds a server, with the test that holds `netconf-server` to it; of the SHOULDs those that say what a server does. A number stands for a file of the list at the end. A test checks that each test named here exists.',
    '',
    'What `netconf-server` does of other standards is in its [README](../shared/netconf-server/README.md); where it and yuma123’s `netconfd` answer the same message differently, and who is right by which sentence, is in `test/conformance/netconfd-messages.ts`.',
    ...STANDARDS.flatMap((standard) => section(standard, numbers)),
    '',
    '## Files',
    '',
    ...files.map((file) => `${numbers.get(file)}. [${file}](../${file})`),
    '',
  ].join('\n');
}

function section({ name, title, obligations }: Standard, numbers: ReadonlyMap<string, number>): string[] {
  const rows = obligations.map((one) => {
    const cells = [`§${one.section}`.replace('§Appendix', 'Appendix'), one.level, one.says, held(one, numbers)];
    return `| ${cells.map(escaped).join(' | ')} |`;
  });
  return ['', `## ${name}: ${title}`, '', '|  |  | says | held by |', '| --- | --- | --- | --- |', ...rows];
}

function held(obligation: Obligation, numbers: ReadonlyMap<string, number>): string {
  if ('why' in obligation) return obligation.why;
  const tests = obligation.tests.map(({ file, title }) => `${numbers.get(file)}: “${title}”`).join('<br>');
  return obligation.differs === undefined ? tests : `${tests}<br>Differs: ${obligation.differs}`;
}

const filesOf = (obligation: Obligation) => ('tests' in obligation ? obligation.tests.map(({ file }) => file) : []);

/** `<br>` is the one tag that is meant. */
function escaped(cell: string): string {
  return cell
    .replaceAll('|', '\\|')
    .replace(/<(?!br>)/g, '&lt;')
    .replaceAll('%s', '…')
    .replaceAll('%j', '…');
}

if (import.meta.main) writeFileSync(DOCUMENT, conformanceDocument());
