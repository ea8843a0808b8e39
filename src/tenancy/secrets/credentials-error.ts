/** A stored credential can't be used. The message names the tenant and never the content. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

/** The place where secrets are kept does not answer right now. Try again later. */
export class SecretsUnavailableError extends Error {
  override readonly name = 'SecretsUnavailableError';
}
