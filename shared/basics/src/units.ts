declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** 1,000 bits of layer 3 a second. */
export type KilobitsPerSecond = Unit<'kbit/s'>;
export type Bytes = Unit<'B'>;
export type Milliseconds = Unit<'ms'>;
export type Seconds = Unit<'s'>;

export const kilobitsPerSecond = (value: number): KilobitsPerSecond => value as KilobitsPerSecond;
export const bytes = (value: number): Bytes => value as Bytes;
export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const seconds = (value: number): Seconds => value as Seconds;

export const toMilliseconds = (value: Seconds): Milliseconds => milliseconds(value * 1000);
export const toSeconds = (value: Milliseconds): Seconds => seconds(value / 1000);
