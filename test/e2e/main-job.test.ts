import { afterAll, beforeAll, expect, it } from 'vitest';
import { SCENES } from '../demo/scenes/index.ts';
import { openStage, type Stage } from '../demo/stage.ts';
import { silentTeller } from '../demo/teller.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';

// The demo's story and what has to be so in it; a scene needs those before it.
describeInLab('the main job', () => {
  let stage: Stage;
  let stopped: string | undefined;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage?.close());

  for (const scene of SCENES) {
    it(scene.title, async (context) => {
      if (stopped !== undefined) context.skip(`needs “${stopped}”, which did not come to its end`);
      stopped = scene.title;
      const checks = await scene.play(stage, silentTeller);
      stopped = undefined;
      expect(checks.filter(({ holds }) => !holds)).toEqual([]);
      expect(checks.length).toBeGreaterThan(0);
    });
  }
});
