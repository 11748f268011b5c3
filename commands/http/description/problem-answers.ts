// Problems as a description has them: one shape, an example of each code, and for a route an answer per status that its codes have.
import { component, type JsonSchema } from '../../../ledger/description/component.ts'
import { problem, problemKinds, rejected, type Problem } from '../../problem.ts'
import { rejections, type RejectionCode } from '../../rejection.ts'
import { problemText } from '../problems.ts'

const PROBLEM_TYPE = 'application/problem+json'
const EXAMPLE_ID = 'trade:alice:T-1'
const EXAMPLE_PATH = `/v1/trades/${EXAMPLE_ID}/amend`

type Kind = keyof typeof problemKinds

const isKind = (code: string): code is Kind => Object.hasOwn(problemKinds, code)
const isRejection = (code: string): code is RejectionCode => Object.hasOwn(rejections, code)

function exampleOf(code: string): Problem {
  if (isRejection(code)) return rejected({ code, detail: rejections[code] }, EXAMPLE_ID)
  if (!isKind(code)) throw new Error(`${code} is no code of a problem`)
  const { title } = problemKinds[code]
  if (code === 'invalid_request')
    return problem(code, '/quantity: must be greater than zero', {
      errors: [{ pointer: '/quantity', detail: 'must be greater than zero' }],
    })
  if (code === 'precondition_failed') return problem(code, title, { entityId: EXAMPLE_ID, expectedVersion: 3, actualVersion: 4 })
  if (code === 'not_yet') return problem(code, title, { seen: { partition: 3, position: 118 } })
  return problem(code, title)
}

/** Throws for a code that nobody knows. */
export const statusOf = (code: string): number => exampleOf(code).status

const summaryOf = (code: string): string => exampleOf(code).title

export const problemShape = (): JsonSchema =>
  component('Problem', {
    type: 'object',
    description: 'Problem details (RFC 9457). Programs go by `code`, which is stable; texts are for people and may change.',
    properties: {
      type: { type: 'string', format: 'uri', examples: ['urn:strata:problem:not_found'] },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string' },
      instance: { type: 'string', description: 'The path that was asked.' },
      code: { type: 'string', enum: [...Object.keys(problemKinds), ...Object.keys(rejections)] },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            pointer: { type: 'string', description: 'A JSON pointer into the body, or the name of a query parameter or header.' },
            detail: { type: 'string' },
          },
          required: ['pointer', 'detail'],
        },
      },
      entityId: { type: 'string' },
      expectedVersion: { type: 'integer', minimum: 0 },
      actualVersion: { type: 'integer', minimum: 0 },
      seen: {
        type: 'object',
        description: 'What the view has seen of the partition.',
        properties: { partition: { type: 'integer', minimum: 0 }, position: { type: 'integer', minimum: 0 } },
        required: ['partition', 'position'],
      },
    },
    required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  })

export const problemExamples = (codes: Iterable<string>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...codes].sort().map((code) => [code, { summary: summaryOf(code), value: JSON.parse(problemText(exampleOf(code), EXAMPLE_PATH)) }]),
  )

const retryAfter = { 'Retry-After': { description: 'After how many seconds to try again.', schema: { type: 'integer', minimum: 1 } } }
const RETRIED = [429, 503]

export interface DescribedAnswer {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content: Readonly<Record<string, unknown>>
}

/** An answer with one of these codes, which have one status. */
export function problemAnswer(codes: readonly string[]): DescribedAnswer {
  const [first = ''] = codes
  const schema =
    codes.length === Object.keys(problemKinds).length
      ? problemShape()
      : { allOf: [problemShape(), { type: 'object', properties: { code: { enum: codes } } }] }
  return {
    description: codes.map((code) => `\`${code}\`: ${summaryOf(code).replace(/\.?$/, '.')}`).join(' '),
    ...(RETRIED.includes(statusOf(first)) && { headers: retryAfter }),
    content: {
      [PROBLEM_TYPE]: {
        schema,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  }
}

/** Codes by the status they have. */
export function byStatus(codes: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, readonly string[]>()
  for (const code of new Set(codes)) {
    const status = statusOf(code)
    found.set(status, [...(found.get(status) ?? []), code])
  }
  return found
}
