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

/** An answer of the API, reduced to the parts that the page reads. */
export type Answer = z.infer<typeof answerSchema>;

/** Returns whether the API has answered this, rather than something in front of it. */
export function isAnswer(body: unknown): boolean {
  return answerSchema.safeParse(body).success;
}

/** Reads an answer of the API. @throws when it is of something else. */
export function readAnswer(body: unknown): Answer {
  return answerSchema.parse(body);
}

/** Returns whether an error of the answer has that code. */
export function hasCode(answer: Answer, code: string): boolean {
  return answer.errors.some(({ extensions }) => extensions.code === code);
}

/** Returns whether nothing was done, and only because the token had expired. */
export function hasOnlyExpired({ data, errors }: Answer): boolean {
  const nothingDone = Object.values(data ?? {}).every((value) => value === null);
  return (
    nothingDone && errors.length > 0 && errors.every(({ extensions }) => extensions.code === 'TOKEN_EXPIRED')
  );
}

/** The API's sentences about its errors. Those about single fields say more than the one about all of them. */
export function sentencesOf({ errors }: Answer): string {
  const sentences = errors.flatMap(({ message, extensions: { fields = [] } }) =>
    fields.length > 0 ? fields.map((field) => field.message) : [message],
  );
  return [...new Set(sentences)].join(' ');
}
