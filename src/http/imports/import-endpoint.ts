import { createFairSlots, NoSlotError } from '../../concurrency/fair-slots.ts';
import type { OriginMatcher } from '../../config/allowed-origins.ts';
import type { ImportDefinition } from '../../entities/imports/import-definition.ts';
import { type ImportOutcome, importFile } from '../../entities/imports/import-file.ts';
import { createSpool, type Spool } from '../../entities/imports/spool.ts';
import {
  type ErrorCode,
  fieldErrors,
  message,
  PayloadTooLargeError,
  RequestInvalidError,
  TenantBusyError,
  UnsupportedMediaTypeError,
} from '../../errors/index.ts';
import type { Context } from '../../graphql/context.ts';
import { nameDatabaseFailures } from '../../graphql/error-presentation.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import type { Cors } from '../cors.ts';
import { presentResult } from '../present-result.ts';
import type { RequestPipeline } from '../request-pipeline.ts';
import { type ConnectionFacts, RequestState } from '../request-state.ts';
import { asFailedResult } from '../run-operation.ts';

/** The dependencies of the imports. */
export interface ImportEndpointOptions {
  readonly definitions: readonly ImportDefinition[];
  readonly pipeline: RequestPipeline;
  readonly cors: Cors;
  readonly isAllowedOrigin: OriginMatcher;
}

/**
 * Answers requests to `/import/…`, whose body is a file. The files are no part of `/graphql`: the server library holds
 * whole uploads in memory, and forms on other sites' pages can send multipart bodies without a preflight.
 */
export interface ImportEndpoint {
  /** @returns null when nothing is imported at that path. */
  fetch(request: Request, facts: ConnectionFacts): Promise<Response> | null;
}

/** Fifty thousand rows of customers take a third of it. */
const fileLimitBytes = 32 * 1_024 * 1_024;

/** Each takes the disk space of its file twice at most, and the processor for some seconds. */
const importsAtOnce = 4;
const importsOfTenant = 1;
const waitMilliseconds = 10_000;
const busyRetrySeconds = 5;

const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  TENANT_SUSPENDED: 403,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TENANT_BUSY: 429,
  INTERNAL_SERVER_ERROR: 500,
  TENANT_UNAVAILABLE: 503,
  TENANT_OUTDATED: 503,
  SERVICE_UNAVAILABLE: 503,
};
const otherStatus = 400;
/** The file is understood, but not imported. */
const faultyFile = 422;

export function createImportEndpoint(options: ImportEndpointOptions): ImportEndpoint {
  const { definitions, pipeline, cors, isAllowedOrigin } = options;
  const slots = createFairSlots(importsAtOnce);

  async function run(
    definition: ImportDefinition,
    request: Request,
    state: RequestState,
    noteTenant: (tenantKey: string) => void,
  ): Promise<ImportOutcome> {
    assertSendable(request);
    const isChecked = isDryRun(request);
    const { signal } = request;
    const { authorization } = state;
    const enter = <Result>(execute: (context: Context) => Promise<Result>) =>
      pipeline(
        { facts: state, authorization, isSignIn: false, wantsVersion: false, signal },
        async (context) => {
          // Throws the reason when the request is in no tenant.
          noteTenant(context.tenant.tenantKey);
          assertPermission(context, `${definition.resource}:write`);
          return execute(context);
        },
      );
    // Nobody else gets a file stored. While it arrives, no client of the tenant is leased.
    const tenantKey = await enter(async ({ tenant }) => tenant.tenantKey);
    const leave = await slots
      .acquire({ group: tenantKey, limit: importsOfTenant, waitMilliseconds, signal })
      .catch((cause: unknown) => {
        throw cause instanceof NoSlotError ? new TenantBusyError(busyRetrySeconds, { cause }) : cause;
      });
    try {
      const file = await createSpool();
      try {
        await receive(request, file);
        return await enter((context) =>
          importFile(
            definition,
            { db: context.db, viewer: context.viewer, write: (work) => context.write(work) },
            file,
            isChecked,
          ),
        );
      } finally {
        await file.close();
      }
    } finally {
      leave();
    }
  }

  async function answer(
    definition: ImportDefinition,
    request: Request,
    state: RequestState,
  ): Promise<Response> {
    let tenantKey: string | null = null;
    try {
      const outcome = await run(definition, request, state, (entered) => {
        tenantKey = entered;
      });
      return outcomeAnswer(outcome, isDryRun(request), state);
    } catch (error) {
      return failureAnswer(error, tenantKey, state);
    }
  }

  return {
    fetch(request, facts) {
      const { pathname } = new URL(request.url);
      const definition = definitions.find(({ resource }) => pathname === `/import/${resource}`);
      if (!definition) return null;
      const state = new RequestState(request.headers, facts, isAllowedOrigin);
      const answering =
        request.method === 'OPTIONS'
          ? Promise.resolve(new Response(null, { status: 204 }))
          : request.method === 'POST'
            ? answer(definition, request, state)
            : Promise.resolve(
                Response.json({ error: 'Use POST.' }, { status: 405, headers: { allow: 'POST, OPTIONS' } }),
              );
      return answering.then((response) => withCors(response, cors.answerHeaders(request)));
    },
  };
}

/**
 * A body of this type takes a preflight, which CORS decides; cookies sign nobody in here.
 * @throws {UnsupportedMediaTypeError} for any other, and {@link PayloadTooLargeError} for one that is announced as such.
 */
function assertSendable({ headers }: Request): void {
  const [type = ''] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() !== 'text/csv') throw new UnsupportedMediaTypeError(message('request.csvType'));
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new UnsupportedMediaTypeError(message('request.csvEncoded'));
  if (Number(headers.get('content-length') ?? 0) > fileLimitBytes)
    throw new PayloadTooLargeError(fileLimitBytes);
}

async function receive({ body }: Request, file: Spool): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of body ?? []) {
      size += chunk.byteLength;
      // Is read to its end all the same: who is still sending would not hear the answer.
      if (size <= fileLimitBytes) await file.append(chunk);
    }
  } catch (error) {
    // A client that stopped sending won't receive this answer.
    throw new RequestInvalidError(message('request.bodyMissing'), { cause: error });
  }
  if (size > fileLimitBytes) throw new PayloadTooLargeError(fileLimitBytes);
}

/**
 * Returns whether the file is only to be checked.
 * @throws {RequestInvalidError} for a parameter that could be meant so, but isn't understood.
 */
function isDryRun({ url }: Request): boolean {
  let isWanted: boolean | null = null;
  for (const [parameter, value] of new URL(url).searchParams) {
    if (parameter !== 'dryRun' || isWanted !== null || !['true', 'false'].includes(value)) {
      const shown = parameter.slice(0, longestParameter);
      throw new RequestInvalidError(message('request.csvParameter', { parameter: shown }));
    }
    isWanted = value === 'true';
  }
  return isWanted ?? false;
}

const longestParameter = 64;

/** @param isChecked whether the file was only to be checked: its faults are then what was asked for. */
function outcomeAnswer(
  { isImported, encoding, rowCount, faults }: ImportOutcome,
  isChecked: boolean,
  state: RequestState,
): Response {
  const told = faults.kept.map(({ line, column, message: said }) => {
    const [{ message: text, reason } = {}] = fieldErrors([{ path: [], message: said }], state.language);
    return { line, column, message: text, reason };
  });
  const isRefused = !isChecked && faults.count > 0;
  return Response.json(
    { imported: isImported, encoding, rowCount, faultCount: faults.count, faults: told },
    { status: isRefused ? faultyFile : 200, headers: { 'content-language': state.language } },
  );
}

function failureAnswer(error: unknown, tenantKey: string | null, state: RequestState): Response {
  const { result, retryAfter } = presentResult(nameDatabaseFailures(asFailedResult(error), tenantKey), state);
  const code = result.errors?.[0]?.extensions.code;
  const [, status = otherStatus] = Object.entries(statuses).find(([known]) => known === code) ?? [];
  return Response.json(
    { errors: result.errors },
    {
      status,
      headers: {
        'content-language': state.language,
        ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
      },
    },
  );
}

function withCors(response: Response, headers: readonly string[]): Response {
  for (let index = 0; index < headers.length; index += 2) {
    response.headers.set(headers[index] ?? '', headers[index + 1] ?? '');
  }
  response.headers.set('vary', 'Origin, Accept-Language');
  return response;
}
