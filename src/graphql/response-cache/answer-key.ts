import { hash } from 'node:crypto';
import type { DocumentNode } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import type { Language } from '../../errors/index.ts';
import type { DirectoryTenant } from '../../tenancy/tenant.ts';
import { timeZoneSetting } from '../../tenancy/time-zone.ts';

/** A request admitted to a tenant: the viewer, the tenant and the language. */
export interface Requester {
  readonly tenant: Pick<DirectoryTenant, 'id' | 'tenantKey' | 'publicSettings'>;
  readonly viewer: Pick<Viewer, 'userId' | 'role' | 'permissions' | 'reach'>;
  readonly language: Language;
}

/** An operation of a parsed document, with the variables as sent. */
export interface Question {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Returns a key of everything that an answer depends on except the rows: two requests have equal keys only if the same
 * rows give them the same answer.
 * @param build identifies this program, including its schema.
 */
export function answerKey(
  build: string,
  { tenant, viewer, language }: Requester,
  question: Question,
): string {
  return digest(
    JSON.stringify([
      build,
      tenant.id,
      tenant.tenantKey,
      // No row, but days and months begin by it.
      tenant.publicSettings.find(({ key }) => key === timeZoneSetting)?.value ?? null,
      viewer.role,
      viewer.userId,
      rightsOf(viewer),
      language,
      question.operationName,
      JSON.stringify(question.variables, sortProperties),
      digestOf(question.document),
    ]),
  );
}

/** A viewer stays the same object from request to request until their rights are reread. */
const knownRights = new WeakMap<Requester['viewer'], string>();

/**
 * Returns the viewer's rights as text: equal only for equal permissions and for scopes that include the same owners.
 */
function rightsOf(viewer: Requester['viewer']): string {
  const known = knownRights.get(viewer);
  if (known !== undefined) return known;
  const { permissions, reach } = viewer;
  const rights = JSON.stringify([
    [...permissions].sort(),
    [...reach.scopes].map((grant) => grant.join(' ')).sort(),
    [...reach.colleagueIds].sort(),
    [...reach.headedIds].sort(),
  ]);
  knownRights.set(viewer, rights);
  return rights;
}

/**
 * Returns the entity tag of an answer to that question from that version of the rows (RFC 9110, section 8.8.3). It
 * reveals neither of them.
 */
export function entityTag(key: string, version: string): string {
  return `"${digest(`${key} ${version}`)}"`;
}

/** Objects are equal regardless of the order of their properties. */
function sortProperties(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const digests = new WeakMap<DocumentNode, string>();

function digestOf(document: DocumentNode): string {
  const known = digests.get(document);
  if (known !== undefined) return known;
  if (!document.loc) throw new Error('A document without its text has no key.');
  const found = digest(document.loc.source.body);
  digests.set(document, found);
  return found;
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
