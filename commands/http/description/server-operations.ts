// What the routes about the server itself say of themselves.
import type { JsonSchema } from '../../../ledger/description/component.ts'
import { ANY_PROBLEMS, JSON_TYPE, READ_PROBLEMS, type Operation } from '../../../ledger/description/operation.ts'

const status = (
  id: string,
  summary: string,
  word: string,
  problems: readonly string[],
  more: { readonly shapes: Readonly<Record<string, JsonSchema>>; readonly example: object } = { shapes: {}, example: {} },
): Operation => ({
  id,
  tag: 'server',
  summary,
  parameters: [],
  answers: {
    200: {
      description: 'It is.',
      content: {
        [JSON_TYPE]: {
          schema: {
            type: 'object',
            properties: { status: { type: 'string', const: word }, ...more.shapes },
            required: ['status', ...Object.keys(more.shapes)],
          },
          example: { status: word, ...more.example },
        },
      },
    },
  },
  problems,
  scopes: [],
})

export const liveOperation = status('getLive', 'Whether the process answers', 'live', ANY_PROBLEMS)

const troubled: JsonSchema = {
  type: 'array',
  description:
    'Projections that stand still until a person, or their sink, does something. The server is ready all the same: they stop only themselves.',
  items: {
    type: 'object',
    properties: { sink: { type: 'string' }, view: { type: 'string' }, state: { type: 'string', enum: ['stopped', 'retrying'] } },
    required: ['sink', 'view', 'state'],
  },
}
export const readyOperation = status('getReady', 'Whether the server can do its work', 'ready', [...ANY_PROBLEMS, 'unavailable'], {
  shapes: { troubled },
  example: { troubled: [] },
})

export const metricsOperation: Operation = {
  id: 'getMetrics',
  tag: 'server',
  summary: 'What the server counts, for Prometheus',
  description: 'From the same machine without a token.',
  parameters: [],
  answers: {
    200: { description: 'Metrics, in the text format.', content: { 'text/plain': { schema: { type: 'string' } } } },
  },
  problems: READ_PROBLEMS,
  scopes: ['operate', 'audit'],
}
