/** The columns of a tenant whose server is reached directly, with libpq's default use of TLS. */
export const directly = {
  dbSslmode: null,
  dbSslrootcert: null,
  dbSslcert: null,
  dbSslkey: null,
  dbDirectHost: null,
  dbDirectPort: null,
} as const;
