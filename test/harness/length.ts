/** How long load scenarios run: a few seconds, or their full length with `npm test -- --full`. */
export const full = process.env['SIGNALBOX_TEST_FULL'] === '1';

/** `long` seconds in a full run, else `short`. */
export const seconds = (short: number, long: number): number => (full ? long : short);
