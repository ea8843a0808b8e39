import { z } from 'zod';
import { emailSchema } from '../../auth/email-addresses.ts';
import { passwordSchema } from '../../auth/password.ts';
import { usernameSchema } from '../../auth/usernames.ts';
import { tenantPlanSchema } from '../../catalogue/plans.ts';
import { defaultPort } from '../../config/datasource.ts';
import { tlsParts } from '../../config/tls-settings.ts';
import { textSchema } from '../../db/text.ts';
import { tenantKeySchema } from '../tenant-key.ts';
import { maximumApplicationRoleLength, maximumNameLength } from '../tenant-owner.ts';

/** PostgreSQL cuts longer names off silently. */
const identifierSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/, 'field.identifier');

/** Others would be normalised differently by different drivers. */
const givenPasswordSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\x21-\x7e]+$/, 'field.printableAscii');

const databasePasswordSchema = givenPasswordSchema.min(12);

const companyNameSchema = textSchema(255);
const maxUsersSchema = z.int().min(1).max(100_000);

/** The properties of a tenant that can be changed later. */
export const tenantChangesSchema = z.object({
  companyName: companyNameSchema.exactOptional(),
  plan: tenantPlanSchema.exactOptional(),
  maxUsers: maxUsersSchema.exactOptional(),
});

/** A host's name or address, or the folder of a Unix socket. */
const hostSchema = z.string().regex(/^([A-Za-z0-9.:_-]{1,255}|\/[A-Za-z0-9._/-]{1,254})$/, 'field.host');
const portSchema = z.int().min(1).max(65_535);

/** The address of a tenant's database, and the encryption of the way there. What is absent gets a default. */
export const databaseAddressSchema = z.object({
  dbHost: hostSchema.optional(),
  dbPort: portSchema.optional(),
  dbDirectHost: hostSchema.optional(),
  dbDirectPort: portSchema.optional(),
  dbSslmode: tlsParts.sslmode.optional(),
  dbSslrootcert: tlsParts.sslrootcert.optional(),
  dbSslcert: tlsParts.sslcert.optional(),
  dbSslkey: tlsParts.sslkey.optional(),
});

/** The properties of a new tenant. An absent one gets a default; an absent password is generated. */
export const provisioningRequestSchema = z.object({
  tenantKey: tenantKeySchema,
  companyName: companyNameSchema,
  plan: tenantPlanSchema.optional(),
  maxUsers: maxUsersSchema.optional(),
  ...databaseAddressSchema.shape,
  dbName: identifierSchema.optional(),
  dbUser: identifierSchema
    .regex(/^(?!pg_|public$|none$)/, 'field.identifier')
    .max(maximumApplicationRoleLength, `Use at most ${maximumApplicationRoleLength} characters.`)
    .optional(),
  dbPassword: databasePasswordSchema.optional(),
  adminUsername: usernameSchema.optional(),
  adminEmail: emailSchema.optional(),
  adminPassword: passwordSchema.optional(),
  createdBy: textSchema(255).optional(),
});

/** A name that an operator has given, which is taken as it is. A URL would lose a database named `.` or `..`. */
const givenNameSchema = z
  .string()
  .regex(/^(?!\.{1,2}$)\P{C}+$/u, 'field.givenName')
  .refine((name) => Buffer.byteLength(name) <= maximumNameLength, 'field.givenName');

/** The operator's own parts of a database that exists already. None of them has a default. */
export const existingDatabaseSchema = z.object({
  existingDatabase: z.literal(true),
  dbHost: hostSchema,
  dbPort: portSchema.default(defaultPort),
  dbName: givenNameSchema,
  dbUser: givenNameSchema,
  dbPassword: givenPasswordSchema,
  dbOwnerUser: givenNameSchema,
  dbOwnerPassword: givenPasswordSchema,
});

/** A request for a new tenant whose database and roles exist. */
export const existingDatabaseRequestSchema = z.object({
  ...provisioningRequestSchema.shape,
  ...existingDatabaseSchema.shape,
});

/** A checked request for a tenant, whose database and roles are to be made unless they exist. */
export type ProvisioningRequest = z.output<typeof provisioningRequestSchema> &
  Partial<
    Pick<z.output<typeof existingDatabaseSchema>, 'existingDatabase' | 'dbOwnerUser' | 'dbOwnerPassword'>
  >;
