/** What every `expectedUpdatedAt` argument means. */
export const expectedUpdatedAtArgument =
  'The `updatedAt` that you have read: when somebody has changed it since, nothing is changed and `CONFLICT` says so.';
