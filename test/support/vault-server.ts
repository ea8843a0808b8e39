import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TlsOptions } from 'node:tls';
import { z } from 'zod';

/** The server's requests in order. */
export interface VaultCall {
  readonly method: string;
  /** Below `/v1/`, with its query. */
  readonly path: string;
  readonly token: string | undefined;
  readonly namespace: string | undefined;
  readonly at: number;
}

/** The server's replacement answer; undefined for the normal answer. */
export type Disturbance = (
  call: VaultCall,
  response: ServerResponse,
) => Promise<boolean | undefined> | boolean | undefined;

/**
 * Speaks the part of Vault's HTTP protocol that is used here, as documented: KV version 2
 * (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2), tokens (…/api-docs/auth/token) and the login of
 * Kubernetes (…/api-docs/auth/kubernetes).
 */
export interface VaultServer {
  readonly url: string;
  readonly calls: VaultCall[];
  /** Tokens that are good, each with the seconds that it lasts; 0 for one that does not end. */
  readonly tokens: Map<string, { ttl: number; renewable: boolean; endsAt: number }>;
  /** Every version of every secret, by path. */
  readonly secrets: Map<string, (Record<string, unknown> | null)[]>;
  /** Replaces the server's answers until set to undefined. */
  disturb: Disturbance | undefined;
  /** Seconds that the tokens of the Kubernetes login last. */
  loginSeconds: number;
  makeToken(ttl?: number, renewable?: boolean): string;
  close(): Promise<void>;
}

const writeSchema = z.object({
  data: z.record(z.string(), z.unknown()),
  options: z.object({ cas: z.int().optional() }).optional(),
});
const loginSchema = z.object({ role: z.literal('cxg-api'), jwt: z.literal('service-account-jwt') });

/** Starts the server on a free port of 127.0.0.1; with TLS settings, for `https`. */
export async function startVaultServer(mount = 'secret', tls?: TlsOptions): Promise<VaultServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address() satisfies AddressInfo | string | null);

  const vault: VaultServer = {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    calls: [],
    tokens: new Map(),
    secrets: new Map(),
    disturb: undefined,
    loginSeconds: 3_600,
    makeToken(ttl = 0, renewable = false) {
      const token = `hvs.${randomUUID()}`;
      vault.tokens.set(token, { ttl, renewable, endsAt: ttl === 0 ? Infinity : Date.now() + ttl * 1_000 });
      return token;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', vault.url);
    const path = url.pathname.slice('/v1/'.length);
    const header = (name: string) => z.string().optional().parse(request.headers[name]);
    const call: VaultCall = {
      method: request.method ?? '',
      path: path + url.search,
      token: header('x-vault-token'),
      namespace: header('x-vault-namespace'),
      at: Date.now(),
    };
    vault.calls.push(call);
    const body = await text(request);
    if (await vault.disturb?.(call, response)) return;
    const reply = (status: number, content?: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(content === undefined ? undefined : JSON.stringify(content));
    };
    if (path === 'auth/kubernetes/login') {
      if (!loginSchema.safeParse(JSON.parse(body)).success)
        return reply(403, { errors: ['permission denied'] });
      const token = vault.makeToken(vault.loginSeconds, true);
      return reply(200, {
        auth: {
          client_token: token,
          lease_duration: vault.loginSeconds,
          renewable: true,
          policies: ['default'],
        },
      });
    }
    const token = vault.tokens.get(call.token ?? '');
    if (!token || token.endsAt <= Date.now()) return reply(403, { errors: ['permission denied'] });
    if (path === 'auth/token/lookup-self') {
      const ttl = token.ttl === 0 ? 0 : Math.ceil((token.endsAt - Date.now()) / 1_000);
      return reply(200, { data: { ttl, renewable: token.renewable } });
    }
    if (path === 'auth/token/renew-self') {
      token.endsAt = Date.now() + token.ttl * 1_000;
      return reply(200, {
        auth: { client_token: call.token, lease_duration: token.ttl, renewable: token.renewable },
      });
    }
    const [, kind, name = ''] = new RegExp(`^${mount}/(data|metadata)/(.+)$`).exec(path) ?? [];
    if (kind === 'metadata' && request.method === 'DELETE') {
      vault.secrets.delete(name);
      return reply(204);
    }
    if (kind !== 'data') return reply(404, { errors: [] });
    const versions = vault.secrets.get(name) ?? [];
    if (request.method === 'POST') {
      const { data, options } = writeSchema.parse(JSON.parse(body));
      if (options?.cas !== undefined && options.cas !== versions.length) {
        return reply(400, { errors: ['check-and-set parameter did not match the current version'] });
      }
      vault.secrets.set(name, [...versions, data]);
      return reply(200, { data: { ...metadata(versions.length + 1) } });
    }
    const version = Number(url.searchParams.get('version') ?? '0') || versions.length;
    const found = versions[version - 1];
    if (found === undefined) return reply(404, { errors: [] });
    return reply(found === null ? 404 : 200, {
      lease_duration: 0,
      data: { data: found, metadata: metadata(version) },
    });
  }

  return vault;
}

function metadata(version: number) {
  return { created_time: '2026-01-01T00:00:00Z', deletion_time: '', destroyed: false, version };
}
