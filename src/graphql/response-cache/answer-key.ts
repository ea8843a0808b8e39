import { hash } from 'node:crypto';
import type { DocumentNode } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import type { Language } from '../../errors/index.ts';
import type { DirectoryTenant } from '../../tenancy/tenant.ts';

/** A request that has been let into a tenant: the viewer, the tenant and the language. */
export interface Asker {
  readonly tenant: Pick<DirectoryTenant, 'id' | 'tenantKey'>;
  readonly viewer: Pick<Viewer, 'userId' | 'role' | 'permissions' | 'reach'>;
  readonly language: Language;
}

/** An operation of a document as it was parsed, with the variables as they were sent. */
export interface Question {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * A key for everything that an answer follows from but the rows: equal for two requests only if the same rows give
 * them the same answer.
 * @param build what tells this program, and its schema, from every other.
 */
export function answerKey(build: string, { tenant, viewer, language }: Asker, question: Question): string {
  return digest(
    JSON.stringify([
      build,
      tenant.id,
      tenant.tenantKey,
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

/** Viewers stay the same objects from request to request, until their rights are read anew. */
const knownRights = new WeakMap<Asker['viewer'], string>();

/** The viewer's rights as text: equal only for equal permissions and scopes that reach the same owners. */
function rightsOf(viewer: Asker['viewer']): string {
  const known = knownRights.get(viewer);
  if (known !== undefined) return known;
  const { permissions, reach } = viewer;
  const rights = JSON.stringify([
    [...permissions].sort(),
    [...reach.scopes].map((grant) => grant.join(' ')).sort(),
    [...reach.colleagueIds].sort(),
  ]);
  knownRights.set(viewer, rights);
  return rights;
}

/**
 * The entity tag of an answer to that question from that version of the rows (RFC 9110, section 8.8.3). It tells
 * nothing of either to who knows neither.
 */
export function entityTag(key: string, version: string): string {
  return `"${digest(`${key} ${version}`)}"`;
}

/** Objects whose properties have another order are equal. */
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
