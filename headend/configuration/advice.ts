import type { Configuration } from '../policy/configuration.ts';

/** What is permitted and yet will disappoint somebody: sentences for the operator, none where all is well. */
export function adviceOn({ pools, plans }: Configuration): readonly string[] {
  const pooled = new Set([...pools.values()].map((pool) => pool.class));
  const classes = new Set([...plans.values()].flatMap((plan) => [...plan.classes.keys()]));
  const advice: string[] = [];
  for (const plan of plans.values()) {
    for (const name of plan.classes.keys())
      if (!pooled.has(name))
        advice.push(
          `plan ${plan.name}: no pool serves class ${name}, so requests for it are refused; ` +
            `add one: headend pool add NAME --class ${name} --prefix PREFIX`,
        );
    for (const { name, upld, dnld } of plan.classes.values())
      if (!upld && !dnld)
        advice.push(
          `plan ${plan.name}: class ${name} has no ceiling in either direction, so nothing can be asked of it`,
        );
    for (const { name, scope, routes } of plan.classes.values())
      if (scope === 'internal' && routes.length === 0 && plan.routes.length === 0)
        advice.push(`plan ${plan.name}: class ${name} is internal and has no routes, so its lanes lead nowhere`);
  }
  for (const pool of pools.values())
    if (plans.size > 0 && !classes.has(pool.class))
      advice.push(`pool ${pool.name}: no plan has a class ${pool.class}, so nobody gets its addresses`);
  return advice;
}
