// What every route asks of a request: one schema for all of it, and errors that say where. A failure is thrown as InvalidRequest, with a JSON pointer into a body, or a query parameter's name.
import { z } from 'zod'
import { isEntityId, type EntityId } from './entity-id.ts'
import { InvalidRequest, type FieldError } from './failure.ts'
import { instantSchema, timeText } from './instant.ts'

export const DEFAULT_PAGE = 100
export const MAX_PAGE = 1_000
/** The greatest version number that can be kept: PostgreSQL's integer. */
export const MAX_VERSION = 2_147_483_647

/** A member's name or an index as part of a JSON pointer (RFC 6901). */
export const pointerPart = (part: PropertyKey): string => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`
export const pointerOf = (path: readonly PropertyKey[]): string => path.map(pointerPart).join('')

const detailOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required'
  return issue.message.replace(/^Invalid input: /, '')
}

/** A schema's issues, one per member that is to blame. */
export function fieldErrors(
  issues: readonly z.core.$ZodIssue[],
  toPointer: (path: readonly PropertyKey[]) => string,
): readonly FieldError[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), detail: 'is not known here' }))
      : [{ pointer: toPointer(issue.path), detail: detailOf(issue) }],
  )
}

function validated<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  what: string,
  toPointer: (path: readonly PropertyKey[]) => string,
): Output {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  const errors = fieldErrors(result.error.issues, toPointer)
  throw new InvalidRequest(
    `the ${what} is not valid: ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join('; ')}`,
    errors,
  )
}

/** A body, or one line of one. `prefix`: the JSON pointer of the value in the whole. */
export const bodyOf = <Output>(schema: z.ZodType<Output>, body: unknown, prefix = ''): Output =>
  validated(schema, body, 'body', (path) => prefix + pointerOf(path))

/** Query parameters; each at most once. */
export function queryOf<Output>(schema: z.ZodType<Output>, query: unknown): Output {
  const repeated = Object.entries(query ?? {}).filter(([, value]) => Array.isArray(value))
  if (repeated.length > 0) {
    throw new InvalidRequest(
      `given more than once: ${repeated.map(([name]) => name).join(', ')}`,
      repeated.map(([name]) => ({ pointer: name, detail: 'may be given once' })),
    )
  }
  return validated(schema, query ?? {}, 'query', (path) => path.join('.'))
}

/** The entity id in a route, of any kind or of one. Fastify has percent-decoded it. */
export function entityIdParam(params: unknown, kind?: string): EntityId {
  const id = (params as { readonly id?: unknown }).id
  if (typeof id === 'string' && isEntityId(id) && (kind === undefined || id.startsWith(`${kind}:`))) return id
  const detail = `must be an entity id, ${kind ?? 'kind'}:owner:local`
  throw new InvalidRequest(`the id in the path ${detail}`, [{ pointer: 'id', detail }])
}

/** A whole number in a query: up to `digits` digits, no sign. */
export const countSchema = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^\\d{1,${digits}}$`), { error: `must be a whole number of 1 to ${digits} digits` })
    .meta({ type: 'integer', pattern: undefined, minimum: 0, maximum: 10 ** digits - 1 })
    .transform(Number)

export const limitSchema = countSchema(4)
  .refine((limit) => limit >= 1 && limit <= MAX_PAGE, { error: `must be from 1 to ${MAX_PAGE}` })
  .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: MAX_PAGE })
  .default(DEFAULT_PAGE)

/** A version number: from 1. One that is greater than can be kept is not wrong, it is not there. */
export const versionSchema = countSchema(10)
  .refine((version) => version >= 1, { error: 'must be at least 1' })
  .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: MAX_VERSION })
  .transform((version) => Math.min(version, MAX_VERSION))

/** A time in a query, where an unescaped plus has become a space. */
export const instantParam = timeText.transform((text) => text.replace(/ (?=\d\d:\d\d$)/, '+')).pipe(instantSchema)
