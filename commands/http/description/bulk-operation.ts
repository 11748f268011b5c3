// What POST /v1/commands says of itself: NDJSON in, a command per line; NDJSON out, an answer per line.
import type { z } from 'zod'
import { component, type JsonSchema } from '../../../ledger/description/component.ts'
import { askedShape } from '../../../ledger/description/json-schema.ts'
import { NDJSON_TYPE, queryParameters, type Answer, type Operation } from '../../../ledger/description/operation.ts'
import { instantSchema } from '../../../ledger/instant.ts'
import { commands } from '../../registry.ts'
import { keySchema } from '../../submit/parse.ts'
import { dataShape, receiptShape, SUBMIT_PROBLEMS, SUBMITTERS } from './command-operation.ts'
import { actor, causationId, correlationId, traceparent } from './parameters.ts'
import { problemShape, statusOf } from './problem-answers.ts'

const lineShape = (): JsonSchema =>
  component('CommandLine', {
    type: 'object',
    properties: {
      command: { type: 'string', enum: commands.map(({ name }) => name) },
      entityId: {
        type: 'string',
        description: 'The entity named first. `kind:owner` where the command creates it and its local part is to be made.',
        examples: ['trade:alice:T-1'],
      },
      data: { anyOf: commands.map(dataShape) },
      commandId: { ...askedShape(keySchema), description: 'The idempotency key of this line.' },
      expectedVersion: { type: 'integer', minimum: 0, description: 'The version that the entity must be at; 0: not there yet.' },
      effectiveAt: askedShape(instantSchema),
    },
    required: ['command', 'entityId', 'data'],
    additionalProperties: false,
  })

const answerShape = (): JsonSchema =>
  component('AnswerLine', {
    type: 'object',
    description: 'What the single route would have answered: a receipt or a problem.',
    properties: {
      line: { type: 'integer', minimum: 1 },
      status: { type: 'integer', examples: [201] },
      receipt: receiptShape(),
      problem: problemShape(),
      replayed: { type: 'boolean', const: true, description: 'The line had been applied before, and this is the answer from then.' },
    },
    required: ['line', 'status'],
  })

/** Text of which every line has a shape. */
const linesOf = (schema: JsonSchema): JsonSchema => ({ type: 'string', contentMediaType: NDJSON_TYPE, contentSchema: schema })

function exampleText(): string {
  const [some, other] = commands.filter(({ creates, example }) => creates && example)
  return [some, other]
    .filter((command) => command !== undefined)
    .map(({ name, kind, example }, n) =>
      JSON.stringify({ command: name, entityId: `${kind}:alice:example-${n + 1}`, data: example, commandId: `example-${n + 1}` }),
    )
    .join('\n')
}

const FAILED: Answer = {
  description: 'An atomic request of which nothing was applied: the status of the line to blame; the others say `aborted`.',
  content: { [NDJSON_TYPE]: { schema: linesOf(answerShape()) } },
}

/** What a line can be answered with, beside receipts. */
const lineProblems = (): readonly string[] => [
  ...SUBMIT_PROBLEMS.filter((code) => code !== 'unsupported_media_type'),
  'not_found',
  'already_exists',
  'precondition_failed',
  ...commands.flatMap(({ rejections = [] }) => rejections),
]

export const bulkOperation = (query: z.ZodType): Operation => ({
  id: 'submitCommands',
  tag: 'bulk',
  summary: 'Any number of commands, a line each',
  description: `\`mode=continue\`: every line stands alone, streamed both ways; lines that touch the same entities take effect in their order. \`mode=atomic\`: one unit, all or none. Keys and preconditions stand in the lines; as headers they are refused. What the single routes have in their paths stands in \`entityId\`.`,
  parameters: [
    ...queryParameters(query, {
      mode: '`continue` if it is left out.',
      dryRun: 'true: decide and answer, and append nothing.',
    }),
    correlationId,
    causationId,
    actor,
    traceparent,
  ],
  body: {
    required: true,
    description: 'Blank lines are skipped but counted.',
    content: { [NDJSON_TYPE]: { schema: linesOf(lineShape()), example: exampleText() } },
  },
  answers: {
    ...Object.fromEntries([...new Set(lineProblems().map(statusOf))].map((status) => [status, FAILED])),
    200: {
      description: 'An answer per line, in the same order.',
      content: { [NDJSON_TYPE]: { schema: linesOf(answerShape()) } },
    },
  },
  problems: SUBMIT_PROBLEMS.filter((code) => !['idempotency_key_reused', 'version_conflict'].includes(code)),
  scopes: SUBMITTERS,
})
