/** Rows without a scenario, each with the reason. A row stands here or has a scenario, never both. */
const direct = 'Media go directly between the ends: there is no media engine yet, so bodies pass byte-exact (row 11) and nothing is relayed.';

export const refusals: Readonly<Record<number, string>> = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [148 + i, direct]));
