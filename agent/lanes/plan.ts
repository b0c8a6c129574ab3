/** What will be done, in order. Data: printed, journalled, tested. */
export interface Plan {
  readonly steps: readonly Step[];
  /** What a person should know before. */
  readonly notes: readonly string[];
}

export interface Step {
  /** The command as a person would type it. */
  readonly do: string;
  readonly undo: string;
  readonly why: string;
}
