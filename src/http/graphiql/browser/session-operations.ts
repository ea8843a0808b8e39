import * as z from 'zod/mini';

/** A GraphQL request. */
export interface GraphQLRequest {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string | null | undefined;
}

/** The part of an `AuthPayload` that a session needs. */
export const payloadSchema = z.object({
  accessToken: z.string(),
  expiresIn: z.number(),
  refreshToken: z.nullable(z.string()),
});

const payloadFields = 'accessToken expiresIn refreshToken';

const personSchema = z.nullable(z.object({ username: z.string(), fullName: z.string() }));

/** The person who is signed in, and their tenant. */
export const viewerSchema = z.object({
  viewer: z.object({
    user: personSchema,
    manager: personSchema,
    tenant: z.nullable(z.object({ key: z.string(), companyName: z.string() })),
  }),
});

export const loginDocument = `mutation ($input: LoginInput!) { login(input: $input) { ${payloadFields} } }`;
export const refreshDocument = `mutation ($refreshToken: String, $tenantKey: String) {
  refreshToken(refreshToken: $refreshToken, tenantKey: $tenantKey) { ${payloadFields} }
}`;
export const logoutDocument = `mutation ($refreshToken: String, $tenantKey: String) {
  logout(refreshToken: $refreshToken, tenantKey: $tenantKey) { success }
}`;
export const viewerDocument = `{ viewer {
  user { username fullName } manager { username fullName } tenant { key companyName }
} }`;
