import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A proxy before a Redis, and the URL of that Redis through it. */
export interface RedisProxy extends TcpProxy {
  readonly url: string;
}

/** Starts a proxy before the Redis at `url`. */
export async function startRedisProxy(url: string): Promise<RedisProxy> {
  const target = new URL(url);
  const proxy = await startTcpProxy(target.hostname, Number(target.port || '6379'));
  target.hostname = '127.0.0.1';
  target.port = String(proxy.port);
  return { ...proxy, url: target.href };
}
