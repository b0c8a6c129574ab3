import type { HostStep } from '../service/lane-host.ts';

/**
 * `service-agent plan` for a terminal: the commands in their order, each with what undoes it, under what they are for.
 * Scripts are shortened where nothing of their meaning is lost.
 */
export function planText(steps: readonly HostStep[]): string {
  if (steps.length === 0) return 'nothing to do: this host is as it should be';
  const width = String(steps.length).length;
  const margin = ' '.repeat(width + 2);
  const lines = steps.flatMap((step, index) => {
    const heading = step.why === steps[index - 1]?.why ? [] : [...(index === 0 ? [] : ['']), `${step.why}:`];
    const [first = '', ...more] = typed(step.do);
    const [undo = '', ...rest] = typed(step.undo);
    const number = String(index + 1).padStart(width);
    return [
      ...heading,
      `${number}  ${first}`,
      ...more.map((line) => `${margin}${line}`),
      `${margin}undo: ${undo}`,
      ...rest.map((line) => `${margin}      ${line}`),
    ];
  });
  const count = steps.length === 1 ? 'one step' : `${steps.length} steps`;
  return [...lines, '', `${count}; undone from the last to the first`].join('\n');
}

/** A script of nft in one document, as the engine gives it. */
const SCRIPT = /^nft -f - <<END\n([\s\S]*)\nEND$/;
/** By this a rule is known again; it does nothing. `--json` has it. */
const FINGERPRINT = / comment "sl:[0-9a-f]+"/g;
const WIDE = 100;

/** The lines of a command as a person would type it. */
function typed(command: string): string[] {
  const script = SCRIPT.exec(command)?.[1];
  if (script === undefined) return command.split('\n');
  const lines = script.replace(FINGERPRINT, '').split('\n');
  if (lines.length === 1) return [`nft ${lines[0]}`];
  return ['nft -f - <<END', ...lines.flatMap(folded), 'END'];
}

/** A long list in braces, a member a line: nft takes it so. */
function folded(line: string): string[] {
  const list = /^(.*\{) (.*, .*) (\}.*)$/.exec(line);
  if (line.length <= WIDE || list === null) return [line];
  const [, before = '', members = '', after = ''] = list;
  const each = members.split(', ');
  return [before, ...each.map((one, index) => `  ${one}${index < each.length - 1 ? ',' : ''}`), after];
}
