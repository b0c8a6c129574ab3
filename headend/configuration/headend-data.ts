import type { Data } from '@sublane/yang';

/** `/headend` of sublane-headend as RFC 7951 has it; the bindings' own types under the names the code here uses. */
export const ROOT = 'sublane-headend:headend';
export type HeadendData = NonNullable<Data[typeof ROOT]>;
type Entry<List extends 'location' | 'pool' | 'plan' | 'security-profile'> = NonNullable<HeadendData[List]>[number];
export type LocationData = Entry<'location'>;
export type PoolData = Entry<'pool'>;
export type ReservationData = NonNullable<PoolData['reservation']>[number];
export type AaaData = NonNullable<HeadendData['aaa']>;
export type SecurityProfileData = Entry<'security-profile'>;
export type PermitData = NonNullable<SecurityProfileData['permit']>[number];
export type PlanData = Entry<'plan'>;
export type ClassData = NonNullable<PlanData['class']>[number];
export type RuleData = NonNullable<PlanData['rule']>[number];
export type LimitData = NonNullable<ClassData['upld']>;
