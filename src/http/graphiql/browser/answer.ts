import * as z from 'zod/mini';

const errorSchema = z.object({
  message: z.string(),
  extensions: z._default(
    z.object({
      code: z.optional(z.string()),
      fields: z.optional(z.array(z.object({ message: z.string() }))),
    }),
    {},
  ),
});

const answerSchema = z
  .object({
    data: z.nullish(z.record(z.string(), z.unknown())),
    errors: z._default(z.array(errorSchema), []),
  })
  .check(z.refine(({ data, errors }) => Boolean(data) || errors.length > 0));

/** The parts of the API's answer that the page reads. */
export type Answer = z.infer<typeof answerSchema>;

/** Returns whether the answer is from the API rather than from a proxy in front of it. */
export function isAnswer(body: unknown): boolean {
  return answerSchema.safeParse(body).success;
}

/** Reads an answer of the API. @throws when it isn't one. */
export function readAnswer(body: unknown): Answer {
  return answerSchema.parse(body);
}

/** Returns whether an error in the answer has that code. */
export function hasCode(answer: Answer, code: string): boolean {
  return answer.errors.some(({ extensions }) => extensions.code === code);
}

/** Returns whether nothing was executed, solely because the token had expired. */
export function hasOnlyExpired({ data, errors }: Answer): boolean {
  const nothingDone = Object.values(data ?? {}).every((value) => value === null);
  return (
    nothingDone && errors.length > 0 && errors.every(({ extensions }) => extensions.code === 'TOKEN_EXPIRED')
  );
}

/** The API's error messages. Those for single fields say more than the one for all of them. */
export function sentencesOf({ errors }: Answer): string {
  const sentences = errors.flatMap(({ message, extensions: { fields = [] } }) =>
    fields.length > 0 ? fields.map((field) => field.message) : [message],
  );
  return [...new Set(sentences)].join(' ');
}
