/** The environment is missing something or holds something that can't be right; the message names each variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
