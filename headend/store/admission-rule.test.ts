import { describe, expect, test } from 'vitest';
import { type AdmissionPlace, type LoadChange, refuseOverCapacity } from './admission-rule.ts';

const place = (name: string, dnld: number | undefined, guaranteed: number): AdmissionPlace => ({
  name,
  capacity: dnld === undefined ? {} : { dnld },
  guaranteed: { upld: 0, dnld: guaranteed },
});
const counted = (dnld: number, ...places: AdmissionPlace[]) => ({ rates: { upld: 0, dnld }, places });
const said = (...changes: LoadChange[]) =>
  refuseOverCapacity(changes).map(
    ({ groupId, location, direction, asked, left, retryAfter }) =>
      `${groupId}: ${asked} ${direction} at ${location}, ${left} left, ${retryAfter ?? 'never'}`,
  );

describe('capacity is not exceeded', () => {
  const region = place('region', 1000, 800);
  const cell = place('cell', 500, 300);
  const there = [cell, region];

  test('what fits exactly is admitted, one more is not', () => {
    expect(said({ groupId: 1, after: counted(200, ...there) })).toEqual([]);
    expect(said({ groupId: 1, after: counted(201, ...there) })).toEqual(['1: 201 dnld at cell, 200 left, 60']);
  });

  test('every larger location counts; the nearest that is full is named', () => {
    const wide = place('wide', undefined, 10_000);
    const full = place('full', 1000, 950);
    expect(said({ groupId: 1, after: counted(60, cell, wide, full) })).toEqual(['1: 60 dnld at full, 50 left, 60']);
  });

  test('what no ending makes possible says so', () => {
    expect(said({ groupId: 1, after: counted(501, ...there) })).toEqual(['1: 501 dnld at cell, 200 left, never']);
  });

  test('all groups of one message together: the first fit, the others are refused', () => {
    const want = (groupId: number, dnld: number) => ({ groupId, after: counted(dnld, ...there) });
    expect(said(want(1, 150), want(2, 100), want(3, 50))).toEqual(['2: 100 dnld at cell, 50 left, 60']);
  });

  test('what one group gives back another may have, in whatever order', () => {
    const grows = { groupId: 1, before: counted(100, ...there), after: counted(350, ...there) };
    const shrinks = { groupId: 2, before: counted(200, ...there), after: counted(150, ...there) };
    expect(said(grows, shrinks)).toEqual([]);
    expect(said(grows)).toEqual(['1: 350 dnld at cell, 300 left, 60']);
  });

  test('a lane that moves counts the difference where both places are parts of one', () => {
    const other = place('other', 500, 480);
    const moves = { groupId: 1, before: counted(250, ...there), after: counted(250, other, region) };
    expect(said(moves)).toEqual(['1: 250 dnld at other, 20 left, 60']);
    expect(said({ ...moves, after: counted(20, other, region) })).toEqual([]);
  });

  test('over a lowered capacity nothing is added; what stays or shrinks is not refused', () => {
    const lowered = place('lowered', 100, 300);
    expect(said({ groupId: 1, before: counted(200, lowered), after: counted(200, lowered) })).toEqual([]);
    expect(said({ groupId: 1, before: counted(200, lowered), after: counted(150, lowered) })).toEqual([]);
    expect(said({ groupId: 1, after: counted(1, lowered) })).toEqual(['1: 1 dnld at lowered, 0 left, 60']);
  });

  test('nowhere in particular, nothing is counted', () => {
    expect(said({ groupId: 1, after: counted(1_000_000) })).toEqual([]);
  });
});
