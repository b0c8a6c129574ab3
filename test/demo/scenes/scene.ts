import type { Stage } from '../stage.ts';
import type { Check, Teller } from '../teller.ts';

/** A step of the story: plays on the stage, tells what it does, and returns what has to be so after it. */
export interface Scene {
  readonly title: string;
  play(stage: Stage, teller: Teller): Promise<readonly Check[]>;
}
