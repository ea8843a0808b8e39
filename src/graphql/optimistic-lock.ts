/** The description of every `expectedUpdatedAt` argument. */
export const expectedUpdatedAtArgument =
  'The `updatedAt` that you last read. If somebody has changed the row since, nothing is changed and the error is `CONFLICT`.';
