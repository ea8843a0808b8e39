import type { ServerProcess } from './server-process.ts';

type Started<Servers extends readonly Promise<ServerProcess>[]> = {
  [Key in keyof Servers]: ServerProcess;
};

/** Runs `work` with servers that are being started, and stops them, however it ends. */
export async function withServers<T, const Servers extends readonly Promise<ServerProcess>[]>(
  servers: Servers,
  work: (servers: Started<Servers>) => Promise<T>,
): Promise<T> {
  try {
    return await work(await Promise.all(servers));
  } finally {
    const started = await Promise.allSettled(servers);
    await Promise.all(started.map((server) => (server.status === 'fulfilled' ? server.value.stop() : null)));
  }
}
