import type { HostStep } from '../service/lane-host.ts';

/** `service-agent plan` for a terminal: each step, why, and what undoes it. */
export function planText(steps: readonly HostStep[]): string {
  if (steps.length === 0) return 'nothing to do: this host is as it should be';
  const width = String(steps.length).length;
  const margin = ' '.repeat(width);
  return steps
    .map((step, index) => {
      const number = String(index + 1).padStart(width);
      return `${number}  ${step.do}\n${margin}    why   ${step.why}\n${margin}    undo  ${step.undo}`;
    })
    .join('\n');
}
