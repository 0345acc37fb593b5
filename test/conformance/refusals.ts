/** Rows without a scenario, each with the reason. A row stands here or has a scenario, never both. */
const direct = 'media go directly between the ends, whose session descriptions pass unchanged (rows 11, 154 to 156, 160): there is no media engine yet';

export const refusals: Readonly<Record<number, string>> = {
  148: direct,
  149: direct,
  150: direct,
  151: direct,
  152: direct,
  153: direct,
  157: direct,
  158: direct,
  159: direct,
};
