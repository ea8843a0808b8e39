import * as z from 'zod/mini';

/** The data that the page's script reads from the page. */
export const pageDataSchema = z.object({
  /** The script's own texts, in the page's language. */
  texts: z.object({
    checkingSession: z.string(),
    manager: z.string(),
    sessionEnded: z.string(),
    mustChangePassword: z.string(),
    unreachable: z.string(),
    unreadable: z.string(),
  }),
  /** The URLs of the editor's workers, by purpose. */
  workers: z.object({ editorWorkerService: z.string(), json: z.string(), graphql: z.string() }),
});

/** The data that the server embeds in the page for its script. */
export type PageData = z.infer<typeof pageDataSchema>;
